"""From probabilities to decisions by the cost of each outcome."""

from skann.costs._forecast import CostForecast, forecast_cost
from skann.costs._prior_estimate import PriorEstimate, estimate_prior
from skann.costs._priors import move_to_prior, prior_shift, undo_prior_shift
from skann.costs._retention import retention_costs
from skann.costs._selection import select_within_budget
from skann.costs._training import mistake_weights

__all__ = [
    "CostForecast",
    "PriorEstimate",
    "estimate_prior",
    "forecast_cost",
    "mistake_weights",
    "move_to_prior",
    "prior_shift",
    "retention_costs",
    "select_within_budget",
    "undo_prior_shift",
]
