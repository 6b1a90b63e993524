"""What decisions will cost, before anyone knows who leaves."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from skann.costs._matrix import read_costs
from skann.costs._priors import check_probability


class CostForecast(NamedTuple):
    """A cost per customer, and the bounds of its interval.

    Attributes
    ----------
    cost : float
        Expected cost per customer.
    low, high : float
        Bounds between which the cost lies with the confidence that was asked for.
    """

    cost: float
    low: float
    high: float


def forecast_cost(
    probability: ArrayLike,
    contacted: ArrayLike,
    *,
    fn_cost: ArrayLike = 1.0,
    fp_cost: ArrayLike = 1.0,
    tp_cost: ArrayLike = 0.0,
    tn_cost: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> CostForecast:
    """Forecast the cost per customer of decisions, from probabilities alone.

    Parameters
    ----------
    probability : array-like of shape (n_customers,)
        Calibrated probabilities of the positive class.
    contacted : array-like of bool, shape (n_customers,)
        Whom the decisions contact.
    fn_cost, fp_cost, tp_cost, tn_cost : float or array-like of shape (n_customers,)
        Cost of each outcome, by default 1 for a mistake and 0 otherwise; a benefit is a negative
        cost.
    confidence : float in (0, 1), default=0.95
        Share of populations whose cost lies within the bounds. It allows for who happens to leave
        at these probabilities, and not for a model whose probabilities are off.

    Returns
    -------
    CostForecast
        Namedtuple of cost, low and high, each per customer. What decisions have cost once labels
        are there is ``skann.metrics.expected_cost``.

    Raises
    ------
    ValueError
        If there are no customers, lengths differ, or costs are not finite.

    Examples
    --------
    >>> from skann.costs import forecast_cost
    >>> forecast = forecast_cost([0.5, 0.1], [True, False], fn_cost=100, fp_cost=5)
    >>> forecast.cost  # half of 5, and a tenth of 100, over two customers
    6.25
    """
    probability = check_probability(probability)
    contacted = np.asarray(contacted)
    n_customers = len(probability) if probability.ndim else 0
    if probability.ndim != 1 or contacted.shape != probability.shape or not n_customers:
        raise ValueError(
            "probability and contacted must hold one value per customer, got shapes "
            f"{probability.shape} and {contacted.shape}"
        )
    if contacted.dtype != bool:
        raise ValueError(f"contacted must hold bools, got dtype {contacted.dtype}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {confidence!r}")
    costs = read_costs((fn_cost, fp_cost, tp_cost, tn_cost), None, n_customers)
    if_churner = costs.of_decisions(np.ones(n_customers, dtype=bool), contacted)
    if_loyal = costs.of_decisions(np.zeros(n_customers, dtype=bool), contacted)
    cost = float(np.mean(probability * if_churner + (1 - probability) * if_loyal))
    variance = probability * (1 - probability) * (if_churner - if_loyal) ** 2
    half = float(norm.ppf(0.5 + confidence / 2) * np.sqrt(variance.sum()) / n_customers)
    return CostForecast(cost, cost - half, cost + half)
