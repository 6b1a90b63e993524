"""Models in files that hold numbers, texts and names of known classes, and run no code."""
