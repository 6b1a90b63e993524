"""Decisions on customers who churn at another rate than those that a cut was tuned on."""

from numbers import Real
from typing import NamedTuple

import numpy as np

from skann.costs._actions import Offers
from skann.costs._matrix import Costs
from skann.costs._prior_estimate import estimate_prior
from skann.costs._priors import move_to_prior
from skann.costs._tuning import tune


class TunedOn(NamedTuple):
    """The customers that a cut was tuned on; each array of shape (n,)."""

    probability: np.ndarray
    churned: np.ndarray
    offers: Offers
    weight: np.ndarray

    def at_prior(self, own: float, prior: float) -> tuple[float, float, Costs | None]:
        """Return threshold, cut and constant costs of the cheapest cut if so many of them churned.

        Parameters
        ----------
        own : float
            Churn rate at which the probabilities are calibrated.
        prior : float
            Churn rate to tune for.
        """
        probability = move_to_prior(self.probability, from_prior=own, to_prior=prior)
        weight = self.weight * np.where(self.churned, prior / own, (1 - prior) / (1 - own))
        costs = self.offers.best(probability).costs
        seed = np.random.RandomState(0)  # for the spread alone, which nobody asks for here
        tuned = tune(probability, self.churned, costs, weight, "empirical", seed)
        return tuned.threshold, tuned.cut, costs if costs.constant else None


def moved(
    probability: np.ndarray, own: float, prior: float | str | None
) -> tuple[np.ndarray, float | None]:
    """Return probabilities at the churn rate of new customers, and that rate; None leaves them.

    Parameters
    ----------
    probability : ndarray of shape (n_customers,)
    own : float
        Churn rate at which they are calibrated.
    prior : float, "estimate" or None
    """
    if prior is None:
        return probability, None
    rate = check_prior(prior, probability, own)
    return move_to_prior(probability, from_prior=own, to_prior=rate), rate


def check_prior(prior: float | str, probability: np.ndarray, own: float) -> float:
    """Return a churn rate, given or to be estimated.

    Parameters
    ----------
    prior : float or "estimate"
    probability : ndarray of shape (n_customers,)
        Of the customers to estimate it from.
    own : float
        Churn rate at which the probabilities are calibrated.

    Raises
    ------
    ValueError
        If it is neither a number strictly between 0 and 1 nor "estimate".
    """
    if isinstance(prior, str) and prior == "estimate":
        return estimate_prior(probability, own).prior
    if isinstance(prior, Real) and not isinstance(prior, bool) and 0 < prior < 1:
        return float(prior)
    raise ValueError(
        f"prior must be a churn rate strictly between 0 and 1, or 'estimate', got {prior!r}"
    )
