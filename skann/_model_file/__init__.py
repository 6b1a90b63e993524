"""Models in files that hold numbers, strings and names of known classes, and run no code."""
