"""Scorers for the ``scoring=`` of scikit-learn."""

from collections.abc import Callable
from typing import Any

from sklearn.metrics import make_scorer

from skann._typing import Label, Labels, Table, Weights
from skann.costs._matrix import DEFAULT_COSTS, read_amount
from skann.metrics._cost import expected_cost, savings_score
from skann.metrics._lift import lift_score, precision_at_top, recall_at_top
from skann.metrics._profit import emp_churn_score, max_profit_score


class _ColumnCostScorer:
    """Scores decisions by costs that are columns of X."""

    def __init__(self, costs: dict[str, float | str], savings: bool, pos_label: Label | None):
        self.costs = costs
        self.savings = savings
        self.pos_label = pos_label

    def __call__(
        self, estimator: Any, X: Table, y_true: Labels, sample_weight: Weights | None = None
    ) -> float:
        y_pred = estimator.predict(X)
        costs = {name: read_amount(name, cost, X, len(y_pred)) for name, cost in self.costs.items()}
        metric, sign = (savings_score, 1.0) if self.savings else (expected_cost, -1.0)
        return sign * metric(
            y_true, y_pred, **costs, pos_label=self.pos_label, sample_weight=sample_weight
        )

    def __repr__(self) -> str:
        return f"make_cost_scorer({self.costs}, savings={self.savings})"


def make_cost_scorer(
    *,
    fn_cost: float | str = 1.0,
    fp_cost: float | str = 1.0,
    tp_cost: float | str = 0.0,
    tn_cost: float | str = 0.0,
    savings: bool = False,
    pos_label: Label | None = None,
) -> Callable[..., float]:
    """Return a scorer that judges an estimator's decisions by what they cost.

    Parameters
    ----------
    fn_cost, fp_cost, tp_cost, tn_cost : float or str, default=1.0, 1.0, 0.0, 0.0
        What each outcome costs, or the name of the column of X that says it for each customer. The
        estimator gets that column as well; ``CostThresholdClassifier`` sets it aside.
    savings : bool, default=False
        Score by ``savings_score`` instead of the negative of ``expected_cost``.
    pos_label : label, default=None
        The positive class; None takes the second label in sorted order.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``, where higher is better, for ``scoring=`` in
        ``cross_validate``, ``GridSearchCV`` and the like. With numbers it is a scorer of
        scikit-learn, which also takes costs as metadata:
        ``scorer.set_score_request(fn_cost=True)``.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> from skann import CostThresholdClassifier
    >>> from skann.metrics import make_cost_scorer
    >>> X, y = make_classification(weights=[0.8], random_state=0)
    >>> scorer = make_cost_scorer(fn_cost=100, fp_cost=5)
    >>> plain = cross_val_score(LogisticRegression(), X, y, scoring=scorer).mean()
    >>> model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5)
    >>> bool(cross_val_score(model, X, y, scoring=scorer).mean() > plain)
    True
    """
    costs = {"fn_cost": fn_cost, "fp_cost": fp_cost, "tp_cost": tp_cost, "tn_cost": tn_cost}
    if any(isinstance(cost, str) for cost in costs.values()):
        return _ColumnCostScorer(costs, savings, pos_label)
    # Costs left at the metrics' own defaults stay free to come as metadata.
    changed = {name: cost for name, cost in costs.items() if cost != DEFAULT_COSTS[name]}
    return make_scorer(
        savings_score if savings else expected_cost,
        greater_is_better=savings,
        pos_label=pos_label,
        **changed,
    )


def _score_scorer(metric: Callable[..., Any], **options: Any) -> Callable[..., float]:
    return make_scorer(metric, response_method=("predict_proba", "decision_function"), **options)


max_profit_scorer = _score_scorer(max_profit_score)
emp_churn_scorer = _score_scorer(emp_churn_score)
lift_scorer = _score_scorer(lift_score)
precision_at_top_scorer = _score_scorer(precision_at_top)
recall_at_top_scorer = _score_scorer(recall_at_top)
