"""The parts that a model file may hold."""

import importlib
from collections.abc import Iterator
from numbers import Number
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
from scipy.sparse import issparse

# By module, what `load` knows beside the estimators of scikit-learn that skops knows. Files name
# classes by these modules: a class that moves must stay reachable by its old name.
_KNOWN = {
    "skann._churn_ann._classifier": ["ChurnANNClassifier"],
    "skann._churn_ann._saved_network": ["SavedNetwork"],
    "skann._churn_ann._steps": ["to_numbers"],
    "skann._cost_threshold._classifier": ["CostThresholdClassifier"],
    "skann._cost_threshold._calibration": ["_LogOdds"],
    "skann._cost_threshold._changed_rate": ["TunedOn"],
    "skann.costs._actions": ["Offers"],
    "skann.costs._matrix": ["Costs"],
    "skann.model_selection._forward_folds": ["ForwardFolds"],
    "skann.preprocessing._cleaner": ["TableCleaner"],
    "skann.preprocessing._encoder": ["TableEncoder", "_Levels"],
    "skann.preprocessing._onehot": ["OneHotCodes"],
    "skann.preprocessing._piecewise": ["PiecewiseLinearEncoder"],
    "skann.preprocessing._smooth_clip": ["SmoothClipScaler"],
    "skann.preprocessing._telling_values": ["TellingValues"],
    "numpy": ["dtype"],
    "sklearn.calibration": ["_CalibratedClassifier", "_SigmoidCalibration", "_TemperatureScaling"],
    "sklearn.model_selection._split": [
        *("GroupKFold", "GroupShuffleSplit", "KFold", "LeaveOneGroupOut", "LeaveOneOut"),
        *("LeavePGroupsOut", "LeavePOut", "PredefinedSplit", "RepeatedKFold"),
        *("RepeatedStratifiedKFold", "ShuffleSplit", "StratifiedGroupKFold", "StratifiedKFold"),
        *("StratifiedShuffleSplit", "TimeSeriesSplit"),
    ],
    "sklearn.metrics._scorer": ["_PassthroughScorer"],
    "sklearn.neural_network._stochastic_optimizers": ["AdamOptimizer", "SGDOptimizer"],
    "sklearn.utils._bunch": ["Bunch"],
    "imblearn.combine._smote_enn": ["SMOTEENN"],
    "imblearn.combine._smote_tomek": ["SMOTETomek"],
    "imblearn.over_sampling._adasyn": ["ADASYN"],
    "imblearn.over_sampling._random_over_sampler": ["RandomOverSampler"],
    "imblearn.over_sampling._smote.base": ["SMOTE", "SMOTEN", "SMOTENC"],
    "imblearn.over_sampling._smote.cluster": ["KMeansSMOTE"],
    "imblearn.over_sampling._smote.filter": ["BorderlineSMOTE", "SVMSMOTE"],
    "imblearn.pipeline": ["Pipeline"],
    "imblearn.under_sampling._prototype_generation._cluster_centroids": ["ClusterCentroids"],
    "imblearn.under_sampling._prototype_selection._condensed_nearest_neighbour": [
        "CondensedNearestNeighbour"
    ],
    "imblearn.under_sampling._prototype_selection._edited_nearest_neighbours": [
        *("AllKNN", "EditedNearestNeighbours", "RepeatedEditedNearestNeighbours"),
    ],
    "imblearn.under_sampling._prototype_selection._instance_hardness_threshold": [
        "InstanceHardnessThreshold"
    ],
    "imblearn.under_sampling._prototype_selection._nearmiss": ["NearMiss"],
    "imblearn.under_sampling._prototype_selection._neighbourhood_cleaning_rule": [
        "NeighbourhoodCleaningRule"
    ],
    "imblearn.under_sampling._prototype_selection._one_sided_selection": ["OneSidedSelection"],
    "imblearn.under_sampling._prototype_selection._random_under_sampler": ["RandomUnderSampler"],
    "imblearn.under_sampling._prototype_selection._tomek_links": ["TomekLinks"],
}
KNOWN_PARTS = frozenset(f"{module}.{name}" for module in _KNOWN for name in _KNOWN[module])
# What skops trusts, too, of what a fitted `ChurnANNClassifier` holds.
PLAIN_PARTS = frozenset(
    {
        *(f"builtins.{name}" for name in ("bool", "float", "int", "list", "set", "str", "tuple")),
        *(f"numpy.{name}" for name in ("bool", "float32", "float64", "int32", "int64", "uint64")),
        "sklearn.compose._column_transformer.ColumnTransformer",
        "sklearn.frozen._frozen.FrozenEstimator",
        "sklearn.preprocessing._data.QuantileTransformer",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
    }
)

_LIBRARIES_LEFT_BEHIND = {"keras", "pandas", "polars", "scikeras", "tensorflow"}


def check_portable(part: object, path: str, seen: set[int] | None = None) -> None:
    """Refuse a model with a part that cannot be written as numbers, strings and names.

    Parameters
    ----------
    part : object
    path : str
        Path from the model to the part.
    seen : set of int, optional
        Parts on the path.

    Raises
    ------
    TypeError
        The message names the part.
    """
    seen = set() if seen is None else seen
    if id(part) in seen or part is None or isinstance(part, str | bytes | Number | np.generic):
        return
    seen.add(id(part))
    reason = _reason_to_stay(part)
    if reason:
        raise TypeError(f"{path} cannot be saved: {reason}")
    try:
        inner = list(_inner_parts(part))
    except TypeError as error:
        raise TypeError(f"{path} cannot be saved: {error}") from error
    for step, child in inner:
        check_portable(child, path + step, seen)
    seen.discard(id(part))


def _reason_to_stay(part: object) -> str | None:
    if isinstance(part, np.ufunc):
        return None
    named = part if isinstance(part, type | FunctionType | BuiltinFunctionType) else type(part)
    module, name = named.__module__, named.__qualname__
    if module.partition(".")[0] in _LIBRARIES_LEFT_BEHIND:
        return f"a file holds no objects of {module.partition('.')[0]}, and this is {part!r}"
    if name == "<lambda>":
        return "it is a lambda; a function of an importable module can be found again by its name"
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        found = None
    if found is not named and not (part is not named and module == "builtins"):
        return f"{module}.{name} cannot be found again by its name"
    if isinstance(part, dict) and any(
        isinstance(key, bool | np.bool_) or not isinstance(key, str | Number) for key in part
    ):
        return f"its keys must be strings or numbers, got {list(part)}"
    return None


def _inner_parts(part: object) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        yield from ((f"[{key!r}]", value) for key, value in part.items())
    elif isinstance(part, list | tuple | set | frozenset):
        yield from ((f"[{index}]", value) for index, value in enumerate(part))
    elif isinstance(part, np.ndarray):
        if part.dtype == object:
            yield from ((f"[{index}]", value) for index, value in enumerate(part.ravel()))
    elif not (isinstance(part, type | np.ufunc | FunctionType | slice) or issparse(part)):
        state = part.__getstate__()
        if isinstance(state, dict):
            yield from ((f".{name}", value) for name, value in state.items())
