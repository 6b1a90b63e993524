"""The rule by which customers are contacted."""

from typing import NamedTuple

import numpy as np

from skann.costs._actions import Offer
from skann.costs._decision import contact_gain, contact_outside, contestable, loss_share
from skann.costs._matrix import Costs
from skann.costs._selection import (
    check_contact_cost,
    contact_order,
    within_budget,
    within_capacity,
)


class Rule(NamedTuple):
    """A tuned cut, and a limit on the contacts."""

    threshold: float  # contact above this probability, where costs are the constant ones
    cut: float  # contact above this loss share, for other costs
    constant_costs: Costs | None
    capacity: int | float | None = None
    budget: float | None = None

    def chosen(self, probability: np.ndarray, costs: Costs) -> np.ndarray:
        """Return whom to contact if there were no limit.

        Where contact pays at every probability or at none, or both mistakes pay, the expected gain
        decides.
        """
        if costs.constant and costs == self.constant_costs:
            return probability > self.threshold
        with np.errstate(invalid="ignore", divide="ignore"):
            share = loss_share(probability, costs)
        return np.where(contestable(costs), share > self.cut, contact_outside(probability, costs))

    def order(self, probability: np.ndarray, offer: Offer) -> np.ndarray:
        """Return the rows from the first to contact to the last."""
        price = None if self.budget is None else check_contact_cost(offer.contact_cost)
        gain = contact_gain(probability, offer.costs)
        return contact_order(self.chosen(probability, offer.costs), gain, probability, price)

    def contacted(self, probability: np.ndarray, offer: Offer) -> np.ndarray:
        """Return whom to contact."""
        chosen = self.chosen(probability, offer.costs)
        if self.capacity is not None:
            return chosen & within_capacity(self.order(probability, offer), self.capacity)
        if self.budget is not None:
            order = self.order(probability, offer)[: chosen.sum()]
            price = np.broadcast_to(offer.contact_cost, len(probability))
            gain = contact_gain(probability, offer.costs)
            return within_budget(order, gain, price, self.budget)
        return chosen


class Decisions(NamedTuple):
    """What a rule says of customers whose probabilities and costs are known."""

    probability: np.ndarray
    offer: Offer
    rule: Rule

    def contacted(self) -> np.ndarray:
        """Return whom to contact."""
        return self.rule.contacted(self.probability, self.offer)

    def gain(self) -> np.ndarray:
        """Return what contacting each customer gains in expectation over leaving them alone."""
        return contact_gain(self.probability, self.offer.costs)

    def order(self) -> np.ndarray:
        """Return the rows from the first to contact to the last."""
        return self.rule.order(self.probability, self.offer)
