"""A new table of customers beside the one that a model was trained on."""
