"""What decisions cost and earn, and scorers for scikit-learn's ``scoring=``."""

from skann.metrics._cost import expected_cost, savings_score
from skann.metrics._lift import lift_score, precision_at_top, recall_at_top
from skann.metrics._profit import emp_churn_score, max_profit_score
from skann.metrics._scorer import (
    emp_churn_scorer,
    lift_scorer,
    make_cost_scorer,
    max_profit_scorer,
    precision_at_top_scorer,
    recall_at_top_scorer,
)

__all__ = [
    "emp_churn_score",
    "emp_churn_scorer",
    "expected_cost",
    "lift_score",
    "lift_scorer",
    "make_cost_scorer",
    "max_profit_score",
    "max_profit_scorer",
    "precision_at_top",
    "precision_at_top_scorer",
    "recall_at_top",
    "recall_at_top_scorer",
    "savings_score",
]
