"""Find the churn rate of customers whose labels are not known yet."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import logit
from scipy.stats import chi2

from skann._warnings import EstimateWarning, warn
from skann.costs._priors import check_probability, move_to_prior

_EDGE = 1e-9  # how near to 0 and 1 a churn rate is sought
_WIDE = 0.5  # an interval this wide says next to nothing


class PriorEstimate(NamedTuple):
    """A churn rate, and the bounds of its interval.

    Attributes
    ----------
    prior : float
        The likeliest churn rate.
    low, high : float
        Bounds between which the rate lies with the confidence that was asked for.
    """

    prior: float
    low: float
    high: float


def estimate_prior(
    probability: ArrayLike, prior: float, *, confidence: float = 0.95
) -> PriorEstimate:
    """Estimate the churn rate of customers from their probabilities alone.

    If customers of either class look as they did in training and only the class shares changed,
    then calibrated probabilities tell the new share: it is the one of highest likelihood, at which
    expectation maximisation converges.

    Parameters
    ----------
    probability : array-like of shape (n_customers,)
        Calibrated probabilities of the positive class for customers of the new population, from a
        model that was trained at another churn rate.
    prior : float in (0, 1)
        Churn rate at which the probabilities are calibrated, that of the training data:
        ``model.class_prior_[1]``.
    confidence : float in (0, 1), default=0.95
        Share of intervals that hold the true rate, by the likelihood ratio. It allows for the
        chance of the sample, and not for a model whose probabilities are off.

    Returns
    -------
    PriorEstimate
        Namedtuple of prior, low and high.

    Raises
    ------
    ValueError
        If a probability lies outside 0 and 1, or ``prior`` or ``confidence`` outside (0, 1).

    Warns
    -----
    EstimateWarning
        If the probabilities hardly differ between customers, so that the interval is wider than
        one half: they do not support an estimate.

    References
    ----------
    Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori
    Probabilities", Neural Computation 14(1), 2002, sections 2.2 and 2.3.

    Examples
    --------
    Trained on a balanced sample, asked about a population of which few leave:

    >>> import numpy as np
    >>> from scipy.special import expit
    >>> from skann.costs import estimate_prior
    >>> random = np.random.default_rng(0)
    >>> churned = random.random(20_000) < 0.02
    >>> score = random.normal(np.where(churned, 1.0, -1.0))
    >>> probability = expit(2 * score)  # right where both classes are equally frequent
    >>> estimate = estimate_prior(probability, prior=0.5)
    >>> round(estimate.prior, 2), bool(estimate.low < churned.mean() < estimate.high)
    (0.02, True)
    """
    odds_ratio = _likelihood_ratios(probability, prior)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {confidence!r}")
    # The likelihood of a rate is concave, so its slope has one root, at most.
    if _slope(_EDGE, odds_ratio) <= 0:
        best = _EDGE
    elif _slope(1 - _EDGE, odds_ratio) >= 0:
        best = 1 - _EDGE
    else:
        best = float(brentq(_slope, _EDGE, 1 - _EDGE, args=(odds_ratio,)))
    least = _log_likelihood(best, odds_ratio) - chi2.ppf(confidence, df=1) / 2
    low, high = (_bound(edge, best, least, odds_ratio) for edge in (_EDGE, 1 - _EDGE))
    if high - low > _WIDE:
        warn(
            f"The probabilities of {len(odds_ratio):,} customers do not tell their churn rate: it "
            f"may be anything from {low:.0%} to {high:.0%}. Score more customers, or wait for "
            "labels.",
            EstimateWarning,
        )
    return PriorEstimate(best, low, high)


def _likelihood_ratios(probability: ArrayLike, prior: float) -> np.ndarray:
    """Return how much likelier each customer's columns are among churners than among others."""
    probability = np.ravel(check_probability(probability))
    if not len(probability):
        raise ValueError("probability holds no customers")
    balanced = move_to_prior(probability, from_prior=prior, to_prior=0.5)
    clipped = np.clip(balanced, 1e-12, 1 - 1e-12)
    return np.asarray(np.exp(logit(clipped)))


def _log_likelihood(rate: float, ratio: np.ndarray) -> float:
    return float(np.log(rate * ratio + 1 - rate).sum())


def _slope(rate: float, ratio: np.ndarray) -> float:
    return float(((ratio - 1) / (rate * ratio + 1 - rate)).sum())


def _bound(edge: float, best: float, least: float, ratio: np.ndarray) -> float:
    """Return the rate between the best one and an edge of likelihood ``least``."""

    def above(rate: float) -> float:
        return _log_likelihood(rate, ratio) - least

    return edge if above(edge) >= 0 else float(brentq(above, *sorted((edge, best))))
