"""Profit of a retention campaign at the best fraction to contact."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc
from sklearn.isotonic import isotonic_regression

from skann._labels import check_labels, positive_class
from skann._typing import Label, Labels, Weights
from skann.costs._decision import ranked_groups
from skann.costs._retention import retention_costs
from skann.metrics._arrays import scores, weights


def max_profit_score(
    y_true: Labels,
    y_score: ArrayLike,
    *,
    clv: float = 200.0,
    incentive: float = 10.0,
    contact: float = 1.0,
    acceptance: float = 0.3,
    pos_label: Label | None = None,
    sample_weight: Weights | None = None,
    return_fraction: bool = False,
) -> float | tuple[float, float]:
    """Return the maximum profit per customer of a retention campaign (MPC).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels, churners positive.
    y_score : array-like of shape (n_samples,)
        Probabilities or any score that is higher for likelier churners.
    clv, incentive, contact : float, default=200.0, 10.0, 1.0
        Customer lifetime value, what an accepted offer costs, and what one contact costs.
    acceptance : float, default=0.3
        Probability that a churner accepts the offer.
    pos_label : label, default=None
        The positive class; None takes the second label in sorted order.
    sample_weight : array-like of shape (n_samples,), default=None
    return_fraction : bool, default=False
        Whether to return the fraction of customers to contact as well.

    Returns
    -------
    profit : float
        Per customer, in the unit of ``clv``; 0 where contacting nobody is best.
    fraction : float
        Smallest fraction of customers at which it is reached.

    References
    ----------
    Verbraken, Verbeke, Baesens, "A Novel Profit Maximizing Metric for Measuring Classification
    Performance of Customer Churn Prediction Models", IEEE TKDE 2013, section 4.

    Examples
    --------
    >>> from skann.metrics import max_profit_score
    >>> max_profit_score([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.8], return_fraction=True)
    (25.25, 0.75)
    """
    churners, loyal = _contacted_shares(y_true, y_score, pos_label, sample_weight)
    costs = retention_costs(clv, incentive, contact, acceptance)
    profit = -costs["tp_cost"] * churners - costs["fp_cost"] * loyal
    best = int(np.argmax(profit))
    if return_fraction:
        return float(profit[best]), float(churners[best] + loyal[best])
    return float(profit[best])


def emp_churn_score(
    y_true: Labels,
    y_score: ArrayLike,
    *,
    clv: float = 200.0,
    incentive: float = 10.0,
    contact: float = 1.0,
    alpha: float = 6.0,
    beta: float = 14.0,
    pos_label: Label | None = None,
    sample_weight: Weights | None = None,
    return_fraction: bool = False,
) -> float | tuple[float, float]:
    """Return the expected maximum profit per customer of a retention campaign (EMPC).

    How many churners accept is not known beforehand: acceptance follows a Beta distribution, and
    the fraction contacted is the best one for each acceptance. This has a closed form on the
    segments of the ROC curve's convex hull.

    Parameters
    ----------
    y_true, y_score, clv, incentive, contact
        As in ``max_profit_score``.
    alpha, beta : float, default=6.0, 14.0
        Parameters of the Beta distribution of acceptance, whose mean is 0.3 by default.
    pos_label, sample_weight, return_fraction
        As in ``max_profit_score``.

    Returns
    -------
    profit : float
        Per customer, in the unit of ``clv``.
    fraction : float
        Expected fraction of customers to contact.

    References
    ----------
    Verbraken, Verbeke, Baesens, "A Novel Profit Maximizing Metric for Measuring Classification
    Performance of Customer Churn Prediction Models", IEEE TKDE 2013, sections 4 and 5.

    Examples
    --------
    >>> from skann.metrics import emp_churn_score
    >>> profit, fraction = emp_churn_score([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.8], return_fraction=True)
    >>> round(profit, 3), round(fraction, 3)
    (25.25, 0.75)
    """
    if not (alpha > 0 and beta > 0):
        raise ValueError(f"alpha and beta must be positive, got {alpha!r} and {beta!r}")
    costs = retention_costs(clv, incentive, contact, acceptance=0.0)
    kept = clv - incentive  # what one accepted offer is worth
    churners, loyal = _hull(*_contacted_shares(y_true, y_score, pos_label, sample_weight))
    spent = contact * churners + costs["fp_cost"] * loyal
    if kept <= 0:  # no offer is worth its price, whoever accepts
        return (0.0, 0.0) if return_fraction else 0.0
    # Hull vertex j, of profit kept * acceptance * churners[j] - spent[j], is the best one between
    # the acceptances at which it overtakes its left neighbour and is overtaken by its right one.
    gained = kept * np.diff(churners)
    with np.errstate(divide="ignore"):
        overtaken = np.where(gained > 0, np.diff(spent) / gained, np.inf)
    bounds = np.clip(np.concatenate([[0.0], overtaken, [1.0]]), 0.0, 1.0)
    probability = np.diff(betainc(alpha, beta, bounds))
    accepted = alpha / (alpha + beta) * np.diff(betainc(alpha + 1.0, beta, bounds))
    profit = float(kept * churners @ accepted - spent @ probability)
    if return_fraction:
        return profit, float((churners + loyal) @ probability)
    return profit


def _contacted_shares(
    y_true: Labels, y_score: ArrayLike, pos_label: Label | None, sample_weight: Weights | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return contacted churners and contacted others, as shares of all customers, per cut."""
    true = check_labels(y_true, name="y_true")
    positive = true == positive_class(pos_label, y_true=true)
    weight = weights(sample_weight, len(positive))
    order, last = ranked_groups(scores(y_score, len(positive)))
    weight, positive = weight[order] / weight.sum(), positive[order]
    churners = np.append(0.0, np.cumsum(weight * positive)[last])
    loyal = np.append(0.0, np.cumsum(weight * ~positive)[last])
    return churners, loyal


def _hull(churners: np.ndarray, loyal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices of the upper convex hull.

    The hull's slopes are the isotonic regression of the churn rate between neighbouring cuts.
    """
    size = np.diff(churners) + np.diff(loyal)
    steps = np.flatnonzero(size > 0)
    if not len(steps):
        return churners[:1], loyal[:1]
    rate = np.diff(churners)[steps] / size[steps]
    slope = isotonic_regression(rate, sample_weight=size[steps], increasing=False)
    ends = steps[np.append(slope[1:] != slope[:-1], True)] + 1
    vertices = np.append(0, ends)
    return churners[vertices], loyal[vertices]
