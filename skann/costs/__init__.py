"""From probabilities to decisions by what each outcome costs; NumPy only."""

from skann.costs._priors import move_to_prior, prior_shift, undo_prior_shift

__all__ = ["move_to_prior", "prior_shift", "undo_prior_shift"]
