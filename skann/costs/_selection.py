"""Whom to contact where not everybody can be: a number of customers, or an amount of money."""

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike


def contact_order(
    chosen: np.ndarray,
    gain: np.ndarray,
    probability: np.ndarray,
    contact_cost: np.ndarray | float | None = None,
) -> np.ndarray:
    """Return the rows from the first to contact to the last.

    The chosen come first, then the higher gain (per unit of contact cost, where that is given),
    then the higher probability, then the earlier row.
    """
    worth = gain
    if contact_cost is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = np.where(gain > 0, gain / contact_cost, gain)
    return np.lexsort((-probability, -worth, ~chosen))


def within_capacity(order: np.ndarray, capacity: int | float) -> np.ndarray:
    """Return the first customers in order: this number, or this fraction of them, rounded down."""
    slots = capacity
    if not isinstance(capacity, Integral):
        slots = np.floor(np.round(capacity * len(order), 9))  # 0.29 * 100 is 28.999...
    selected = np.zeros(len(order), dtype=bool)
    selected[order[: int(slots)]] = True
    return selected


def within_budget(
    order: np.ndarray, gain: np.ndarray, contact_cost: np.ndarray, budget: float
) -> np.ndarray:
    """Return the customers that the money reaches, taken greedily in order.

    Whoever costs more than what is left is passed over. Where the single best customer within the
    budget gains more than all of those together, that one is taken instead.
    """
    left = budget * (1 + 1e-12)  # ten contacts at 0.1 fit a budget of 1
    selected = np.zeros(len(gain), dtype=bool)
    waiting = order
    while len(waiting):
        waiting = waiting[contact_cost[waiting] <= left]
        spent = np.cumsum(contact_cost[waiting])
        n_paid = int(np.searchsorted(spent, left, side="right"))
        selected[waiting[:n_paid]] = True
        left -= spent[n_paid - 1] if n_paid else 0.0
        waiting = waiting[n_paid + 1 :]
    payable = order[contact_cost[order] <= budget]
    if len(payable):
        best = payable[np.argmax(gain[payable])]
        if gain[best] > gain[selected].sum():
            selected[:] = False
            selected[best] = True
    return selected


def select_within_budget(
    gain: ArrayLike, contact_cost: ArrayLike, budget: float
) -> tuple[np.ndarray, float]:
    """Choose the customers to contact for a given amount of money.

    Customers who gain are taken in the order of gain per unit of contact cost. This is exact where
    all contacts cost the same. Where they do not, the choice gains at least half of what the best
    choice does, and the returned bound says how much the best could gain.

    Parameters
    ----------
    gain : array-like of shape (n_customers,)
        Expected gain of contacting each customer.
    contact_cost : array-like of shape (n_customers,) or float
        Part of the budget that contacting each customer takes; not negative.
    budget : float
        Money to spend, in the unit of ``contact_cost``.

    Returns
    -------
    selected : ndarray of bool, shape (n_customers,)
    bound : float
        No choice within the budget gains more than this (the optimum if customers could be
        contacted in part).

    Raises
    ------
    ValueError
        If a contact cost or the budget is negative.

    References
    ----------
    Dantzig, "Discrete-Variable Extremum Problems", Operations Research 1957.

    Examples
    --------
    >>> from skann.costs import select_within_budget
    >>> select_within_budget(gain=[60, 100, 120], contact_cost=[10, 20, 30], budget=50)
    (array([ True,  True, False]), 240.0)
    """
    gain = np.asarray(gain, dtype=np.float64)
    contact_cost = check_contact_cost(np.broadcast_to(contact_cost, gain.shape))
    if not budget >= 0:
        raise ValueError(f"budget must not be negative, got {budget!r}")
    worthwhile = gain > 0
    order = contact_order(worthwhile, gain, np.zeros(len(gain)), contact_cost)
    order = order[: worthwhile.sum()]
    selected = within_budget(order, gain, contact_cost, budget)
    return selected, _fractional_optimum(gain[order], contact_cost[order], budget)


def check_contact_cost(contact_cost: ArrayLike) -> np.ndarray:
    """Return contact costs as float64, and refuse those that a budget cannot pay."""
    contact_cost = np.asarray(contact_cost, dtype=np.float64)
    if not np.all(contact_cost >= 0):
        raise ValueError("contact_cost must not be negative or NaN under a budget")
    return contact_cost


def _fractional_optimum(gain: np.ndarray, cost: np.ndarray, budget: float) -> float:
    spent = np.append(0.0, np.cumsum(cost))
    gained = np.append(0.0, np.cumsum(gain))
    return float(np.interp(budget, spent, gained))
