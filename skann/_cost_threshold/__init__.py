"""The estimator that decides by cost, and what is its own."""
