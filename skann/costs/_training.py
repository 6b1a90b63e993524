"""Training weights from what mistakes cost."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from skann.costs._matrix import COST_NAMES, Costs


def mistake_weights(churned: np.ndarray, costs: Mapping[str, ArrayLike]) -> np.ndarray:
    """Return the cost of a mistake on each customer, as a weight for training.

    A classifier that is trained on weighted examples minimises the weighted mistakes (Zadrozny,
    Langford and Abe 2003, "Cost-sensitive learning by cost-proportionate example weighting",
    section 2).

    Parameters
    ----------
    churned : ndarray of bool, shape (n_customers,)
    costs : dict of {"fn_cost", "fp_cost", "tp_cost", "tn_cost"} to float or array
        The first two are required; the others count as 0 where they are missing.

    Returns
    -------
    ndarray of shape (n_customers,)
        ``fn_cost - tp_cost`` for churners, ``fp_cost - tn_cost`` for the others.

    Raises
    ------
    ValueError
        If fn_cost or fp_cost is missing, or a mistake would be rewarded.

    Examples
    --------
    >>> import numpy as np
    >>> from skann.costs import mistake_weights
    >>> mistake_weights(np.array([True, False]), {"fn_cost": [100, 80], "fp_cost": 5})
    array([100.,   5.])
    """
    missing = [name for name in ("fn_cost", "fp_cost") if name not in costs]
    if missing:
        raise ValueError(f"training on costs needs {' and '.join(missing)} in fit")
    amounts = Costs(*(np.asarray(costs.get(name, 0.0), dtype=float) for name in COST_NAMES))
    weights = np.where(churned, amounts.missed, amounts.wasted)
    rewarded = np.flatnonzero(weights < 0)
    if len(rewarded):
        raise ValueError(
            f"a mistake on customer {rewarded[0]} and {len(rewarded) - 1} others is rewarded: "
            "fn_cost must be at least tp_cost, and fp_cost at least tn_cost"
        )
    if not weights.any():
        raise ValueError("every mistake costs 0, so there is nothing to train for")
    return weights
