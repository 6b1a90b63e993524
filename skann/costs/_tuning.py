"""Choose the cut from scored customers whose outcome is known."""

from typing import NamedTuple

import numpy as np

from skann.costs._decision import (
    Sweep,
    bayes_threshold,
    best_cut,
    bootstrap_cuts,
    contact_outside,
    contestable,
    loss_share,
    sweep,
)
from skann.costs._matrix import Costs


class Tuning(NamedTuple):
    """What tuning found."""

    threshold: float  # probability; with costs per customer, for one with the mean costs
    cut: float  # the same on the scale of the loss share, where 1/2 is Bayes' rule
    curve: dict[str, np.ndarray]  # threshold, cost (per customer), contacted (fraction)
    spread: tuple[float, float]  # 5% and 95% quantiles of the best threshold over resamples


def tune(
    probability: np.ndarray,
    positive: np.ndarray,
    costs: Costs,
    weight: np.ndarray,
    method: str,
    random_state: np.random.RandomState,
) -> Tuning:
    """Find the best cut.

    With costs that are the same for all customers, one threshold on the probability is tuned.
    Where they differ, one shift of all log-odds is; customers for whom contact pays at every
    probability, or at none, stay outside and are decided by their expected gain.

    Parameters
    ----------
    probability : ndarray of shape (n,)
    positive : ndarray of bool, shape (n,)
    costs : Costs
    weight : ndarray of shape (n,)
        Rows of weight 0 are left out.
    method : {"empirical", "bayes"}
        The cut is the cheapest on these customers, or follows from the costs alone.
    random_state : RandomState
        For the resamples behind ``spread``.
    """
    rows = np.flatnonzero(weight > 0)
    search = _tune_threshold if costs.constant else _tune_shift
    return search(
        probability[rows], positive[rows], costs.rows(rows), weight[rows], method, random_state
    )


def _tune_threshold(
    probability: np.ndarray,
    positive: np.ndarray,
    costs: Costs,
    weight: np.ndarray,
    method: str,
    random_state: np.random.RandomState,
) -> Tuning:
    expected = bayes_threshold(costs)
    swept, best, spread = _search(
        probability, positive, costs, weight, expected, method, random_state
    )
    cost_of_nobody = weight @ costs.of_decisions(positive, np.zeros_like(positive))
    curve = _curve(swept.middles(), cost_of_nobody - swept.gain, swept.contacted, weight)
    if not contestable(costs):
        cut = 0.5
    else:
        cut = float(loss_share(best, costs)) if np.isfinite(best) else best
    return Tuning(best, cut, curve, spread)


def _tune_shift(
    probability: np.ndarray,
    positive: np.ndarray,
    costs: Costs,
    weight: np.ndarray,
    method: str,
    random_state: np.random.RandomState,
) -> Tuning:
    inside = np.broadcast_to(contestable(costs), len(weight))
    open_costs, open_weight = costs.rows(inside), weight[inside]
    share = loss_share(probability[inside], open_costs)
    swept, cut, spread = _search(
        share, positive[inside], open_costs, open_weight, 0.5, method, random_state
    )
    outside = ~inside & contact_outside(probability, costs)
    missed = _mean(open_costs.missed, open_weight)
    wasted = _mean(open_costs.wasted, open_weight)
    threshold = _as_threshold(swept.middles(), missed, wasted)
    cost = weight @ costs.of_decisions(positive, outside) - swept.gain
    contacted = weight @ outside + swept.contacted
    if not inside.all():  # add the cuts that contact nobody and everybody, whatever the gain
        threshold = np.concatenate([[np.inf], threshold, [-np.inf]])
        nobody = np.zeros_like(positive)
        ends = [weight @ costs.of_decisions(positive, all_) for all_ in (nobody, ~nobody)]
        cost = np.concatenate([ends[:1], cost, ends[1:]])
        contacted = np.concatenate([[0.0], contacted, [weight.sum()]])
    low, high = _as_threshold(np.array(spread), missed, wasted)
    return Tuning(
        threshold=float(_as_threshold(np.array(cut), missed, wasted)),
        cut=cut,
        curve=_curve(threshold, cost, contacted, weight),
        spread=(float(low), float(high)),
    )


def _search(
    score: np.ndarray,
    positive: np.ndarray,
    costs: Costs,
    weight: np.ndarray,
    expected: float,
    method: str,
    random_state: np.random.RandomState,
) -> tuple[Sweep, float, tuple[float, float]]:
    """Return all cuts, the best one, and where it lies over resamples."""
    realised = weight * np.where(positive, costs.missed, -costs.wasted)
    swept = sweep(score, realised, weight)
    if not np.isfinite(expected):
        return swept, expected, (expected, expected)
    resampled = bootstrap_cuts(score, realised, random_state)
    low, high = np.quantile(resampled, [0.05, 0.95], method="nearest")
    best = expected if method == "bayes" else best_cut(swept, expected)
    return swept, best, (float(low), float(high))


def _curve(
    threshold: np.ndarray, cost: np.ndarray, contacted: np.ndarray, weight: np.ndarray
) -> dict[str, np.ndarray]:
    total = weight.sum()
    return {"threshold": threshold, "cost": cost / total, "contacted": contacted / total}


def _as_threshold(cut: np.ndarray, missed: float, wasted: float) -> np.ndarray:
    """Return the probability that a cut of the loss share is for a customer with these costs."""
    with np.errstate(invalid="ignore"):
        threshold = cut * wasted / (cut * wasted + (1.0 - cut) * missed)
    return np.where(np.isinf(cut), cut, threshold)


def _mean(amounts: np.ndarray | float, weight: np.ndarray) -> float:
    """Return the weighted mean; NaN over no customer at all."""
    if not len(weight):
        return np.nan
    return float(np.average(np.broadcast_to(amounts, weight.shape), weights=weight))
