"""What decisions cost."""

import warnings

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_consistent_length

from skann._labels import check_labels, positive_class
from skann._typing import Label, Labels, Weights
from skann.costs._matrix import Costs, read_costs
from skann.metrics._arrays import weights


def expected_cost(
    y_true: Labels,
    y_pred: Labels,
    *,
    fn_cost: ArrayLike = 1.0,
    fp_cost: ArrayLike = 1.0,
    tp_cost: ArrayLike = 0.0,
    tn_cost: ArrayLike = 0.0,
    pos_label: Label | None = None,
    sample_weight: Weights | None = None,
) -> float:
    """Return what decisions cost per customer.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        Labels.
    fn_cost, fp_cost, tp_cost, tn_cost : float or array-like of shape (n_samples,)
        What each outcome costs, by default 1 for a mistake and 0 otherwise; a benefit is a
        negative cost.
    pos_label : label, default=None
        The positive class; None takes the second label in sorted order.
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    float
        Weighted mean, in units of cost.

    Raises
    ------
    ValueError
        If labels are missing, of different kinds or more than two, ``pos_label`` is not one of
        them, or costs are not finite or differ from y_true in length.

    Examples
    --------
    >>> from skann.metrics import expected_cost
    >>> expected_cost([0, 0, 1, 1], [0, 1, 0, 1], fn_cost=100, fp_cost=5)
    26.25
    """
    positive, contacted, costs, weight = _read(
        y_true, y_pred, (fn_cost, fp_cost, tp_cost, tn_cost), pos_label, sample_weight
    )
    return _mean_cost(costs, positive, contacted, weight)


def savings_score(
    y_true: Labels,
    y_pred: Labels,
    *,
    fn_cost: ArrayLike = 1.0,
    fp_cost: ArrayLike = 1.0,
    tp_cost: ArrayLike = 0.0,
    tn_cost: ArrayLike = 0.0,
    pos_label: Label | None = None,
    sample_weight: Weights | None = None,
) -> float:
    """Return the share of the cost that decisions save.

    They are compared with contacting nobody or everybody, whichever is cheaper.

    Parameters
    ----------
    y_true, y_pred, fn_cost, fp_cost, tp_cost, tn_cost, pos_label, sample_weight
        As in ``expected_cost``.

    Returns
    -------
    float
        1 where nothing is paid any more, 0 where nothing is saved, negative where the decisions
        cost more. Where the cheaper of the two earns money, its earnings are the unit. NaN where
        it costs nothing, since no share can be taken then.

    Warns
    -----
    UndefinedMetricWarning
        If the share is NaN.

    References
    ----------
    Correa Bahnsen, Aouada, Ottersten, "Example-Dependent Cost-Sensitive Decision Trees", Expert
    Systems with Applications 2015, section 2.

    Examples
    --------
    Contacting everybody would cost 2.5 per customer:

    >>> from skann.metrics import savings_score
    >>> savings_score([0, 0, 1, 1], [0, 1, 1, 1], fn_cost=100, fp_cost=5)
    0.5
    """
    positive, contacted, costs, weight = _read(
        y_true, y_pred, (fn_cost, fp_cost, tp_cost, tn_cost), pos_label, sample_weight
    )
    nobody = np.zeros_like(positive)
    simple = min(_mean_cost(costs, positive, everyone, weight) for everyone in (nobody, ~nobody))
    if simple == 0:
        warnings.warn(
            "Savings are undefined: contacting nobody, or everybody, costs nothing. Use "
            "expected_cost.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        return float("nan")
    return (simple - _mean_cost(costs, positive, contacted, weight)) / abs(simple)


def _read(
    y_true: Labels,
    y_pred: Labels,
    costs: tuple[ArrayLike, ...],
    pos_label: Label | None,
    sample_weight: Weights | None,
) -> tuple[np.ndarray, np.ndarray, Costs, np.ndarray]:
    check_consistent_length(y_true, y_pred)
    true, predicted = check_labels(y_true, name="y_true"), check_labels(y_pred, name="y_pred")
    positive = positive_class(pos_label, y_true=true, y_pred=predicted)
    n_samples = len(true)
    return (
        true == positive,
        predicted == positive,
        read_costs(costs, None, n_samples),
        weights(sample_weight, n_samples),
    )


def _mean_cost(
    costs: Costs, positive: np.ndarray, contacted: np.ndarray, weight: np.ndarray
) -> float:
    return float(np.average(costs.of_decisions(positive, contacted), weights=weight))
