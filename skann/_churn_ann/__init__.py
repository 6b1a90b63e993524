"""The network estimator, and what is its own."""
