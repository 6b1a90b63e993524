"""How much of the churn the top of the ranking holds."""

import numpy as np
from numpy.typing import ArrayLike

from skann._labels import check_labels, positive_class
from skann._typing import Label, Labels, Weights
from skann.costs._decision import ranked_groups
from skann.metrics._arrays import scores, weights


def lift_score(
    y_true: Labels,
    y_score: ArrayLike,
    *,
    fraction: float = 0.1,
    pos_label: Label | None = None,
    sample_weight: Weights | None = None,
) -> float:
    """Return the churn rate among the customers with the highest scores over that of all.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels.
    y_score : array-like of shape (n_samples,)
        Probabilities or any score that is higher for likelier churners.
    fraction : float in (0, 1], default=0.1
        Fraction of the customers, or of their weight, that counts as the top. Customers with
        equal scores at its edge count in equal part, which is the mean over all their orders.
    pos_label : label, default=None
        The positive class; None takes the second label in sorted order.
    sample_weight : array-like of shape (n_samples,), default=None

    Returns
    -------
    float
        1 for a random ranking; NaN where nobody is positive.

    Examples
    --------
    >>> from skann.metrics import lift_score
    >>> lift_score([1, 0, 1, 0, 0, 0], [0.9, 0.8, 0.7, 0.3, 0.2, 0.1], fraction=0.5)
    2.0
    """
    found, churners = _top(y_true, y_score, fraction, pos_label, sample_weight)
    return found / (fraction * churners) if churners else float("nan")


def precision_at_top(
    y_true: Labels,
    y_score: ArrayLike,
    *,
    fraction: float = 0.1,
    pos_label: Label | None = None,
    sample_weight: Weights | None = None,
) -> float:
    """Return the churn rate among the customers with the highest scores.

    Parameters
    ----------
    y_true, y_score, fraction, pos_label, sample_weight
        As in ``lift_score``.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> from skann.metrics import precision_at_top
    >>> precision_at_top([1, 0, 0, 1], [0.9, 0.8, 0.7, 0.3], fraction=0.5)
    0.5
    """
    found, _ = _top(y_true, y_score, fraction, pos_label, sample_weight)
    return found / fraction


def recall_at_top(
    y_true: Labels,
    y_score: ArrayLike,
    *,
    fraction: float = 0.1,
    pos_label: Label | None = None,
    sample_weight: Weights | None = None,
) -> float:
    """Return the share of all churners found among the customers with the highest scores.

    Parameters
    ----------
    y_true, y_score, fraction, pos_label, sample_weight
        As in ``lift_score``.

    Returns
    -------
    float
        From 0 to 1; NaN where nobody is positive.

    Examples
    --------
    >>> from skann.metrics import recall_at_top
    >>> recall_at_top([1, 0, 0, 1], [0.9, 0.8, 0.7, 0.3], fraction=0.25)
    0.5
    """
    found, churners = _top(y_true, y_score, fraction, pos_label, sample_weight)
    return found / churners if churners else float("nan")


def _top(
    y_true: Labels,
    y_score: ArrayLike,
    fraction: float,
    pos_label: Label | None,
    sample_weight: Weights | None,
) -> tuple[float, float]:
    """Return churners in the top and among all, as shares of all customers."""
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must lie in (0, 1], got {fraction!r}")
    true = check_labels(y_true, name="y_true")
    positive = true == positive_class(pos_label, y_true=true)
    weight = weights(sample_weight, len(positive))
    order, last = ranked_groups(scores(y_score, len(positive)))
    weight = weight[order] / weight.sum()
    contacted = np.append(0.0, np.cumsum(weight)[last])
    churners = np.append(0.0, np.cumsum(weight * positive[order])[last])
    return float(np.interp(fraction, contacted, churners)), float(churners[-1])
