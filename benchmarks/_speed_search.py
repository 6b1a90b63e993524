"""The search as people run it: nine candidates, three folds, early stopping, a raw table.

Every library tunes its learning rate and one regulariser, behind the preprocessing that suits it.
Each search has a process of its own, so what it compiles counts, and imports don't.
"""

import statistics
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
from _data import available, load
from _measure import in_fresh_process, installed
from _models import MODELS, behind_scaling
from _speed_networks import auc_scorer, scikeras_network
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skann.model_selection import StagedSearchCV

Grid = dict[str, list[Any]]


class Search(NamedTuple):
    """An estimator, the two parameters to tune, and how to run it."""

    label: str
    build: Callable[[pd.DataFrame, int], Any]  # from the raw table and a seed
    grid: Grid
    settings: dict[str, Any] = {}
    quick: dict[str, Any] = {}  # settings that only show that it runs
    backend: str = "sequential"  # of joblib, for two fits at a time
    library: str = "sklearn"
    in_stages: bool = False
    slow: bool = False  # runs once


def _scikeras(X: pd.DataFrame, seed: int) -> Any:
    """The textbook network as one writes it: Keras' own early stopping on a share of the rows."""
    import keras

    stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
    network = scikeras_network(200, fit__validation_split=0.15, callbacks=[stop])
    return behind_scaling(network.set_params(model__dropout=0.0), X)


_FEW_EPOCHS = {"epochs": 3}
_DEFAULT_GRID: Grid = {"learning_rate": [2e-3, 4e-3, 8e-3], "l2": [2e-4, "auto", 1e-3]}
_DEFAULT = Search(
    "skann, default", MODELS["skann"].build, _DEFAULT_GRID, quick=_FEW_EPOCHS, library="tensorflow"
)
_TEXTBOOK = Search(
    "skann, textbook",
    MODELS["skann_mlp"].build,
    {"learning_rate": [5e-4, 1e-3, 2e-3], "l2": [0.0, 1e-4, 1e-3]},
    quick=_FEW_EPOCHS,
    library="tensorflow",
)
_MLP = Search(
    "MLPClassifier",
    MODELS["mlp"].build,
    {
        "mlpclassifier__learning_rate_init": [5e-4, 1e-3, 2e-3],
        "mlpclassifier__alpha": [1e-4, 1e-2, 1.0],
    },
    quick={"mlpclassifier__max_iter": 3},
)
SEARCHES = {
    "default": _DEFAULT,
    "default_threads": _DEFAULT._replace(label="skann, default, 2 threads", backend="threading"),
    "stages": _DEFAULT._replace(label="skann, default, in stages", in_stages=True),
    "textbook": _TEXTBOOK,
    "textbook_threads": _TEXTBOOK._replace(label="skann, textbook, 2 threads", backend="threading"),
    "mlp": _MLP,
    "mlp_processes": _MLP._replace(label="MLPClassifier, 2 processes", backend="loky"),
    "hgb": Search(
        "HistGradientBoosting",
        MODELS["hgb"].build,
        {
            "histgradientboostingclassifier__learning_rate": [0.03, 0.1, 0.3],
            "histgradientboostingclassifier__l2_regularization": [0.0, 1.0, 10.0],
        },
        settings={
            "histgradientboostingclassifier__early_stopping": True,
            "histgradientboostingclassifier__max_iter": 300,
        },
    ),
    "lightgbm": Search(
        "LightGBM",
        MODELS["lightgbm"].build,
        {
            "lgbmclassifier__learning_rate": [0.03, 0.1, 0.3],
            "lgbmclassifier__reg_lambda": [0.0, 1.0, 10.0],
        },
        library="lightgbm",
    ),
    "catboost": Search(
        "CatBoost",
        MODELS["catboost"].build,
        {
            "catboostclassifier__learning_rate": [0.03, 0.06, 0.1],
            "catboostclassifier__l2_leaf_reg": [1.0, 3.0, 10.0],
        },
        quick={"catboostclassifier__iterations": 10},
        library="catboost",
        slow=True,
    ),
    "scikeras": Search(
        "scikeras, textbook",
        _scikeras,
        {
            "kerasclassifier__model__learning_rate": [5e-4, 1e-3, 2e-3],
            "kerasclassifier__model__l2": [0.0, 1e-4, 1e-3],
        },
        quick={"kerasclassifier__epochs": 3},
        library="tensorflow",
        slow=True,
    ),
}


def benchmark_search(quick: bool) -> dict[str, float]:
    """A search as people run it: raw Telco, early stopping, 9 candidates and 3 folds."""
    keys = [key for key, search in SEARCHES.items() if installed(search.library)]
    run = run_search if quick else partial(in_fresh_process, run_search)
    found: dict[str, list[dict[str, float]]] = {key: [] for key in keys}
    for turn in range(1 if quick else 3):
        for key in keys:
            if turn == 0 or not SEARCHES[key].slow:
                found[key].append(run(key=key, quick=quick))
    result = {}
    for key, runs in found.items():
        label = SEARCHES[key].label
        result[label] = statistics.median(one["seconds"] for one in runs)
        result[f"{label}: best AUC"] = runs[0]["auc"]
        if "epochs" in runs[0]:
            result[f"{label}: epochs"] = runs[0]["epochs"]
    grid, stages = SEARCHES["default"].label, SEARCHES["stages"].label
    result["AUC that stages lose"] = result[f"{grid}: best AUC"] - result[f"{stages}: best AUC"]
    return result


def run_search(key: str, quick: bool) -> dict[str, float]:
    """Run one of `SEARCHES`; return its seconds, its best AUC and, for skann, the epochs."""
    search = SEARCHES[key]
    X, y = load(available()[0], 600 if quick else None)
    model = search.build(X, 0).set_params(**search.settings, **(search.quick if quick else {}))
    n_values = 3 - quick * (1 + search.slow)
    grid = {name: values[:n_values] for name, values in search.grid.items()}
    counted = {}
    if search.library == "tensorflow":
        import skann.networks  # noqa: F401
    if search.build in (_DEFAULT.build, _TEXTBOOK.build):
        counted["epochs"] = _count_epochs(model)
    common: dict[str, Any] = dict(
        scoring=auc_scorer if key == "scikeras" else "roc_auc",
        cv=StratifiedKFold(2 if quick else 3, shuffle=True, random_state=0),
        n_jobs=None if search.backend == "sequential" else 2,
        refit=False,
    )
    tuned: Any
    if search.in_stages:
        tuned = StagedSearchCV(model, {name: {name: grid[name]} for name in grid}, **common)
    else:
        tuned = GridSearchCV(model, grid, **common)
    threads = {"inner_max_num_threads": 1} if search.backend == "loky" else {}
    with parallel_config(search.backend, **threads):
        if search.backend == "loky":
            _start_workers()
        start = time.perf_counter()
        tuned.fit(X, y)
        duration = time.perf_counter() - start
    found = {"seconds": duration, "auc": float(tuned.best_score_)}
    return found | {name: float(count()) for name, count in counted.items()}


def _start_workers() -> None:
    """Let workers start and import scikit-learn before the clock runs."""
    X, y = load("made", 200)
    search = GridSearchCV(MODELS["logistic"].build(X, 0), {}, cv=4, n_jobs=2)
    search.fit(X, y)


def _count_epochs(model: Any) -> Callable[[], int]:
    """Let a network count the epochs of all its clones."""
    import keras

    lock = threading.Lock()

    class EpochCounter(keras.callbacks.Callback):
        leaves_weights_alone = True
        n_epochs = 0

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            with lock:
                EpochCounter.n_epochs += 1

    model.set_params(callbacks=[EpochCounter])
    return lambda: EpochCounter.n_epochs
