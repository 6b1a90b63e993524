"""Several ways to contact a customer, of which each customer gets the one with the highest gain."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from skann._typing import Amount, Table
from skann.costs._decision import contact_gain
from skann.costs._matrix import COST_NAMES, Costs, amounts_of, read_amount, read_costs

ACTION_KEYS = ("fp_cost", "tp_cost", "contact_cost")


class Offer(NamedTuple):
    """What contacting each customer means, under the action chosen for that customer."""

    costs: Costs
    contact_cost: Amount  # taken from a budget
    action: np.ndarray  # index of the action, shape (n_customers,)


class Offers(NamedTuple):
    """The actions that there are to choose from."""

    names: list[str]
    costs: list[Costs]
    contact_costs: list[Amount]

    def rows(self, rows: np.ndarray) -> "Offers":
        """Return the same for some customers."""
        contact_costs = [amounts_of(cost, rows) for cost in self.contact_costs]
        return Offers(self.names, [costs.rows(rows) for costs in self.costs], contact_costs)

    def best(self, probability: np.ndarray) -> Offer:
        """Choose for each customer the action with the highest expected gain, or the first such."""
        if len(self.names) == 1:
            action = np.zeros(len(probability), dtype=np.intp)
            return Offer(self.costs[0], self.contact_costs[0], action)
        gains = [contact_gain(probability, costs) for costs in self.costs]
        action = np.stack(gains).argmax(axis=0)
        costs = Costs(*(_pick(amounts, action) for amounts in zip(*self.costs, strict=True)))
        return Offer(costs, _pick(self.contact_costs, action), action)


def _pick(amounts: Sequence[Amount], action: np.ndarray) -> np.ndarray:
    table = np.stack([np.broadcast_to(amount, len(action)) for amount in amounts])
    return table[action, np.arange(len(action))]


def read_offers(
    own: Mapping[str, Any],
    actions: Mapping[str, Mapping[str, Any]] | None,
    X: Table,
    n_customers: int,
) -> Offers:
    """Read costs and actions.

    Parameters
    ----------
    own : mapping of the four cost names and "contact_cost" to number, array or column name
        None as contact cost takes the cost of a false positive.
    actions : mapping of action name to a mapping that overrides some of ``own``, or None
    X : DataFrame or any
        Where columns are looked up.
    n_customers : int
        Required length of arrays.

    Raises
    ------
    ValueError
        If an action has a key that it cannot have, or a cost cannot be read.
    """
    read = Offers([], [], [])
    for name, changes in ({"contact": {}} if actions is None else actions).items():
        _check_action(name, changes, own)
        values = {**own, **changes}
        where = "" if actions is None else f"action {name!r}: "
        costs = read_costs([values[key] for key in COST_NAMES], X, n_customers, where)
        contact_cost = costs.fp_cost
        if values["contact_cost"] is not None:
            contact_cost = read_amount(
                where + "contact_cost", values["contact_cost"], X, n_customers
            )
        read.names.append(name)
        read.costs.append(costs)
        read.contact_costs.append(contact_cost)
    if not read.names:
        raise ValueError("actions is empty: name at least one, or leave it None")
    return read


def _check_action(name: str, changes: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    if not isinstance(changes, Mapping):
        raise ValueError(
            f"action {name!r} must be a dict with keys among {list(ACTION_KEYS)}, got {changes!r}"
        )
    for key, value in changes.items():
        if key in ("fn_cost", "tn_cost"):  # what leaving costs is the same for all actions
            if np.any(value != own[key]):
                raise ValueError(
                    f"action {name!r} has {key}={value!r}, but leaving a customer alone costs the "
                    f"same whatever the action: give {key} to the estimator (now {own[key]!r})"
                )
        elif key not in ACTION_KEYS:
            raise ValueError(
                f"action {name!r} has the key {key!r}; it can have {list(ACTION_KEYS)}"
            )


def cost_columns(
    own: Mapping[str, Any], actions: Mapping[str, Mapping[str, Any]] | None
) -> set[str]:
    """Return the names of the columns that hold costs."""
    values = [*own.values()]
    for changes in (actions or {}).values():
        values += changes.values()
    return {value for value in values if isinstance(value, str)}
