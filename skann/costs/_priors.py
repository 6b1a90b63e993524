"""Undo what resampling and class weights did to the probabilities of a classifier."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit


def prior_shift(ratio_positive: float, ratio_negative: float) -> float:
    """Return the log-odds that training added by treating the two classes differently.

    Parameters
    ----------
    ratio_positive, ratio_negative : float
        How much more each class counted: its class weight, or its number of rows after resampling
        over that before. Where training did both, multiply the two.

    Returns
    -------
    float
        ``ln(ratio_positive / ratio_negative)``, for ``undo_prior_shift``.

    Raises
    ------
    ValueError
        If a ratio is not positive and finite.

    Examples
    --------
    >>> from skann.costs import prior_shift
    >>> round(prior_shift(3.0, 1.0), 4)
    1.0986
    """
    for name, ratio in (("ratio_positive", ratio_positive), ("ratio_negative", ratio_negative)):
        if not (ratio > 0 and math.isfinite(ratio)):
            raise ValueError(f"{name} must be positive and finite, got {ratio!r}")
    return math.log(ratio_positive) - math.log(ratio_negative)


def undo_prior_shift(probability: ArrayLike, log_odds_shift: float) -> np.ndarray:
    """Return the probabilities that training would have led to had it left the class shares alone.

    Parameters
    ----------
    probability : array-like
        Probabilities of the positive class, from the classifier that saw other class shares.
    log_odds_shift : float
        What training added to the log-odds, see ``prior_shift``.

    Returns
    -------
    ndarray of the same shape
        ``expit(logit(probability) - log_odds_shift)``; 0 and 1 stay 0 and 1.

    Raises
    ------
    ValueError
        If a probability lies outside 0 and 1, or the shift is not finite.

    References
    ----------
    Elkan, "The Foundations of Cost-Sensitive Learning", IJCAI 2001, theorem 2.
    Dal Pozzolo et al., "Calibrating Probability with Undersampling for Unbalanced
    Classification", IEEE SSCI 2015, section 3.

    Examples
    --------
    Training counted the positive class threefold:

    >>> from skann.costs import prior_shift, undo_prior_shift
    >>> undo_prior_shift([0.0, 0.5, 1.0], prior_shift(3.0, 1.0))
    array([0.  , 0.25, 1.  ])
    """
    if not math.isfinite(log_odds_shift):
        raise ValueError(f"log_odds_shift must be finite, got {log_odds_shift!r}")
    return expit(logit(check_probability(probability)) - log_odds_shift)


def check_probability(probability: ArrayLike) -> np.ndarray:
    """Return probabilities as float64, and refuse what is not one."""
    probability = np.asarray(probability, dtype=np.float64)
    if probability.size and not (probability.min() >= 0 and probability.max() <= 1):
        raise ValueError("probability must hold numbers from 0 to 1 only")
    return probability


def move_to_prior(probability: ArrayLike, *, from_prior: float, to_prior: float) -> np.ndarray:
    """Return probabilities for a population whose churn rate differs from the training data's.

    Parameters
    ----------
    probability : array-like
        Probabilities of the positive class.
    from_prior, to_prior : float in (0, 1)
        Share of positives in the training data and in the new population.

    Returns
    -------
    ndarray of the same shape
        Odds times ``to_prior / (1 - to_prior) * (1 - from_prior) / from_prior``, as
        probabilities.

    Raises
    ------
    ValueError
        If a prior lies outside (0, 1).

    References
    ----------
    Elkan, "The Foundations of Cost-Sensitive Learning", IJCAI 2001, theorem 2.

    Examples
    --------
    >>> from skann.costs import move_to_prior
    >>> move_to_prior([0.5], from_prior=0.5, to_prior=0.1)
    array([0.1])
    """
    for name, prior in (("from_prior", from_prior), ("to_prior", to_prior)):
        if not 0 < prior < 1:
            raise ValueError(f"{name} must lie strictly between 0 and 1, got {prior!r}")
    return undo_prior_shift(probability, float(logit(from_prior) - logit(to_prior)))
