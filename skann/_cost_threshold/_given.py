"""What `fit` and `predict` of `CostThresholdClassifier` are given: costs, weights, metadata."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import has_fit_parameter

from skann._lazy_frames import refuse_lazy_frames
from skann.costs._actions import Offers, cost_columns, read_offers
from skann.costs._matrix import COST_NAMES, without_columns


def only_costs(method: str, **costs: Any) -> dict[str, Any]:
    """Return the costs that a method was given, by name; refuse what is none."""
    unknown = costs.keys() - set(COST_NAMES)
    if unknown:
        raise TypeError(f"{method} got {sorted(unknown)}; it takes X and {list(COST_NAMES)}.")
    return {name: cost for name, cost in costs.items() if cost is not None}


def offers_of(settings: Any, X: Any, given: dict[str, Any], n_customers: int) -> Offers:
    """Read what contacting costs: a number, a column of X, or what was given for each customer.

    Parameters
    ----------
    settings : CostThresholdClassifier
        Its costs and ``actions`` are read.
    X : DataFrame or array-like of shape (n_customers, n_features)
    given : dict of {cost name: array-like of shape (n_customers,)}
    n_customers : int
    """
    return read_offers({**_own_costs(settings), **given}, settings.actions, X, n_customers)


def features_of(settings: Any, X: Any) -> Any:
    """Return X as the estimator gets it: less its cost columns, unless they are to stay."""
    refuse_lazy_frames(X=X)
    costs = cost_columns(_own_costs(settings), settings.actions)
    names = [column for column in getattr(X, "columns", ()) if column in costs]
    return without_columns(X, names) if names and settings.drop_cost_columns else X


def _own_costs(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in (*COST_NAMES, "contact_cost")}


def check_weight(sample_weight: ArrayLike | None, n_customers: int) -> np.ndarray:
    """Return the weight of each customer in the choice of the cut."""
    if sample_weight is None:
        return np.ones(n_customers)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n_customers,):
        raise ValueError(
            f"sample_weight has shape {weight.shape}; give one weight a customer: "
            f"shape ({n_customers},)."
        )
    if not np.all(np.isfinite(weight)) or weight.min() < 0 or weight.sum() == 0:
        raise ValueError("sample_weight must hold finite weights, none negative and not all zero.")
    return weight


def routed(
    model: Any, sample_weight: Any, groups: Any, given: dict[str, Any], params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the estimator's `fit` and the splitter's `split` get.

    Parameters
    ----------
    model : CostThresholdClassifier
    sample_weight, groups, given, params
        What its `fit` was given.
    """
    own = {"sample_weight": sample_weight, "groups": groups}
    own = {name: values for name, values in own.items() if values is not None}
    if get_config()["enable_metadata_routing"]:
        to_each = process_routing(model, "fit", **own, **params, **given)
        return to_each["estimator"]["fit"], to_each["splitter"]["split"]
    if params:
        raise ValueError(
            f"fit got {sorted(params)}: extra arguments reach the estimator through metadata "
            "routing only, sklearn.set_config(enable_metadata_routing=True)."
        )
    taken = {name: own[name] for name in own if has_fit_parameter(model.estimator, name)}
    return taken, {} if groups is None else {"groups": groups}
