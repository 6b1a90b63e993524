"""Fits, grids of equal epochs, and predictions of the same network in every library."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from _data import available, load
from _measure import in_fresh_process, installed, interleaved, peak_memory_rise, seconds
from _models import behind_scaling
from _speed_networks import (
    auc_scorer,
    made_rows,
    scikeras_network,
    skann_network,
    sklearn_network,
    skorch_network,
)
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, StratifiedKFold


def benchmark_fit(quick: bool) -> dict[str, float]:
    """One fit: 6,400 rows for training and 1,600 for validation, 30 features, 30 epochs."""
    n_rows, epochs, repeats = _fit_size(quick)
    X, y = made_rows(n_rows)
    rows, validation = _split(X, y)
    fits: dict[str, Callable[[], Any]] = {
        "skann": lambda: skann_network(epochs).fit(*rows, validation_data=validation),
        "skann without dropout": lambda: skann_network(epochs, 0.0).fit(
            *rows, validation_data=validation
        ),
        "scikeras": lambda: scikeras_network(epochs).fit(*rows, validation_data=validation),
        "MLPClassifier (no dropout)": lambda: sklearn_network(epochs).fit(X, y),
    }
    for fit in fits.values():
        fit()
    result = interleaved(fits, repeats)
    if installed("skorch", "torch"):
        result["skorch"] = in_fresh_process(skorch_fits, quick=quick)
    return result | in_fresh_process(first_fits, quick=quick)


def skorch_fits(quick: bool) -> float:
    """Return seconds of a fit; in a process of its own, for PyTorch may crash TensorFlow's."""
    n_rows, epochs, repeats = _fit_size(quick)
    X, y = made_rows(n_rows)
    fit = partial(skorch_network(epochs, X.shape[1]).fit, X, y.astype(np.float32))
    fit()
    return seconds(fit, repeats)


def first_fits(quick: bool) -> dict[str, float]:
    """Return seconds of the first fit of this process, and of the first of another network."""
    n_rows, epochs, _ = _fit_size(quick)
    rows, validation = _split(*made_rows(n_rows))
    start = time.perf_counter()
    import skann.networks  # noqa: F401

    imported = time.perf_counter() - start
    first = seconds(lambda: skann_network(epochs).fit(*rows, validation_data=validation))
    # One unit fewer: as much work, by a graph that has to be compiled.
    other = skann_network(epochs, hidden_layer_sizes=(63, 32))
    compiled = seconds(lambda: other.fit(*rows, validation_data=validation))
    return {
        "skann, first fit of a process": first,
        "the same with importing TensorFlow": imported + first,
        "skann, first fit of a network": compiled,
    }


def _fit_size(quick: bool) -> tuple[int, int, int]:
    return (2_000, 5, 1) if quick else (8_000, 30, 7)


def _split(X: np.ndarray, y: np.ndarray) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    n_train = len(y) * 4 // 5
    return (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])


def benchmark_grid(quick: bool) -> dict[str, float]:
    """GridSearchCV of 9 candidates and 3 folds on raw Telco, 20 epochs each."""
    epochs, repeats = (2, 1) if quick else (20, 3)
    X, y = load(available()[0], 1_000 if quick else None)
    grid = {"learning_rate": [1e-3], "dropout": [0.1]}
    if not quick:
        grid = {"learning_rate": [5e-4, 1e-3, 2e-3], "dropout": [0.1, 0.2, 0.3]}
    folds = StratifiedKFold(2 if quick else 3, shuffle=True, random_state=0)

    def skann_search(n_jobs: int = 1) -> None:
        network = skann_network(
            epochs, preprocessor="auto", numeric_encoding="standard", categorical_encoding="onehot"
        )
        search = GridSearchCV(
            network, grid, scoring="roc_auc", cv=folds, n_jobs=n_jobs, refit=False
        )
        search.fit(X, y)

    def skann_threads() -> None:
        with parallel_config("threading"):
            skann_search(n_jobs=2)

    def scikeras_search() -> None:
        network = scikeras_network(epochs, fit__validation_split=0.15, random_state=None)
        search = GridSearchCV(
            behind_scaling(network, X),
            {f"kerasclassifier__model__{name}": values for name, values in grid.items()},
            scoring=auc_scorer,
            cv=folds,
            refit=False,
        )
        search.fit(X, y)

    ours = {"skann": skann_search, "skann, n_jobs=2 threads": skann_threads}
    return interleaved(ours, repeats) | {"scikeras": seconds(scikeras_search)}


def benchmark_predict(quick: bool) -> dict[str, float]:
    """predict_proba on 1,000 and on 1,000,000 rows of 30 float32 features."""
    X, y = made_rows(3_000)
    many, _ = made_rows(20_000 if quick else 1_000_000, seed=1)
    skann = skann_network(3).fit(X, y)
    network = skann.pipelines_[0]["network"].model_
    mlp = sklearn_network(3).fit(X, y)
    result = {}
    for rows, repeats in ((many[:1_000], 10), (many, 1 if quick else 3)):
        runs: dict[str, Callable[[], Any]] = {
            "skann": lambda rows=rows: skann.predict_proba(rows),
            "model.predict": lambda rows=rows: network.predict(rows, batch_size=1024, verbose=0),
            "MLPClassifier": lambda rows=rows: mlp.predict_proba(rows),
        }
        for run in runs.values():
            run()
        found = interleaved(runs, repeats)
        result |= {f"{name}, {len(rows):,} rows": value for name, value in found.items()}
    peak = peak_memory_rise(lambda: skann.predict_proba(many))
    result["skann, peak memory above the input, x"] = peak / (many.nbytes / 2**20)
    return result
