"""The stages of a search: what is tried first, and what later, around the best so far."""

from collections.abc import Iterator, Mapping
from typing import Any

import joblib
from sklearn.base import BaseEstimator
from sklearn.model_selection import ParameterGrid

from skann._churn_ann._classifier import ChurnANNClassifier
from skann._churn_ann._defaults import HIDDEN_LAYER_SIZES

# The learning rate matters most (Bengio 2012, section 3.1), so it comes first.
_RATE_FACTORS = (0.1, 0.3, 1.0, 3.0)
_DROPOUTS = (0.0, 0.1, 0.3)
_L2_PENALTIES = (0.0, "auto")
_SIZE_FACTORS = (0.5, 1.0, 2.0)

Stages = dict[str, Any]


def read_stages(stages: Any, estimator: BaseEstimator) -> Stages:
    """Return the parameter grid of each stage, by the stage's name.

    Raises
    ------
    ValueError
        If there are no stages, a stage is not a parameter grid, or "default" does not find exactly
        one network to tune.
    """
    if isinstance(stages, str):
        return default_stages(estimator)
    if not stages:
        raise ValueError("stages is empty: give at least one, as {'rate': {'alpha': [1, 10]}}")
    for name, grid in stages.items():
        try:
            ParameterGrid(grid)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"stages[{name!r}] is not a parameter grid, such as {{'alpha': [1, 10]}}: {error}"
            ) from error
    return dict(stages)


def default_stages(estimator: BaseEstimator) -> Stages:
    """Return stages around the settings of the one ChurnANNClassifier inside an estimator."""
    prefix, network = _find_network(estimator)
    own = network.hidden_layer_sizes
    layers = HIDDEN_LAYER_SIZES if isinstance(own, str) else own
    sizes = [
        own if factor == 1 else tuple(max(1, round(units * factor)) for units in layers)
        for factor in _SIZE_FACTORS
    ]
    rates = [network.learning_rate * factor for factor in _RATE_FACTORS]
    return {
        "learning_rate": {f"{prefix}learning_rate": rates},
        "regularisation": {
            f"{prefix}dropout": sorted({*_DROPOUTS, network.dropout}),
            f"{prefix}l2": list(dict.fromkeys((*_L2_PENALTIES, network.l2))),
        },
        "size": {f"{prefix}hidden_layer_sizes": list(dict.fromkeys(sizes))},
    }


def candidates(grid: Any, best: Mapping[str, Any], tried: set[str]) -> Iterator[dict[str, Any]]:
    """Vary the best settings so far over a grid; yield what was not tried yet, and note it."""
    for variation in ParameterGrid(grid):
        settings = {**best, **variation}
        key = joblib.hash(sorted(settings.items(), key=lambda item: item[0]))
        if key not in tried:
            tried.add(key)
            yield settings


def own_settings(stages: Stages, estimator: BaseEstimator) -> dict[str, Any]:
    """Return what the estimator has for each parameter that some stage varies."""
    own = estimator.get_params()
    names = set().union(*map(names_in, stages.values()))
    return {name: own[name] for name in sorted(names) if name in own}


def names_in(grid: Any) -> set[str]:
    """Return the parameters that a grid varies."""
    return {name for point in ParameterGrid(grid) for name in point}


def _find_network(estimator: BaseEstimator) -> tuple[str, ChurnANNClassifier]:
    found = {
        f"{name}__": value
        for name, value in estimator.get_params().items()
        if isinstance(value, ChurnANNClassifier)
    }
    if isinstance(estimator, ChurnANNClassifier):
        found = {"": estimator}
    if len(found) != 1:
        where = f"holds {len(found)}, at {sorted(found)}" if found else "holds none"
        raise ValueError(
            "stages='default' tunes one ChurnANNClassifier, wherever it sits, but "
            f"{type(estimator).__name__} {where}. Give stages of your own, as "
            "{'rate': {'learning_rate': [0.001, 0.01]}, 'size': {...}}."
        )
    return next(iter(found.items()))
