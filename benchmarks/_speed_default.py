"""Fits of the default: against CatBoost's default on real tables, and several at a time."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from _data import available, load
from _measure import installed, interleaved
from _models import MODELS
from joblib import Parallel, delayed, parallel_config

TABLES = ("telco", "bank", "telecom_mlc", "hr", "tv")


def benchmark_default(quick: bool) -> dict[str, float]:
    """Fits of the default and of CatBoost's, two threads each, on every churn table."""
    result = {}
    with_catboost = installed("catboost")
    for table in [name for name in TABLES if name in available()] or ["made"]:
        X, y = load(table, 500 if quick else None)
        fits: dict[str, Callable[[], Any]] = {f"skann, {table}": lambda X=X, y=y: _fit(X, y, quick)}
        if with_catboost:
            model = MODELS["catboost"].build(X, 0)
            fits[f"CatBoost, {table}"] = lambda model=model, X=X, y=y: model.fit(X, y)
        if quick:
            result |= interleaved(fits, 1)
            break
        for fit in fits.values():
            fit()
        result |= interleaved(fits, 5)
    return result


def benchmark_throughput(quick: bool) -> dict[str, float]:
    """Eight default fits on Telco: one after another, in two threads, in two processes."""
    n_fits, repeats = (2, 1) if quick else (8, 3)
    X, y = load(available()[0], 200 if quick else None)
    # Workers get their threads from joblib, unless these speak up.
    for variable in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.pop(variable, None)

    def fits(backend: str, n_fits: int, **settings: Any) -> list[int]:
        with parallel_config(backend, n_jobs=2, **settings):
            return Parallel()(delayed(_fit)(X, y, quick, seed) for seed in range(n_fits))

    def one_by_one() -> None:
        for seed in range(n_fits):
            _fit(X, y, quick, seed)

    processes: dict[str, Any] = {"backend": "loky", "inner_max_num_threads": 1}
    _fit(X, y, quick)
    while len(set(fits(n_fits=4, **processes))) < 2:  # until each has its TensorFlow and graphs
        pass
    runs = {
        "one after another": one_by_one,
        "two threads": lambda: fits("threading", n_fits),
        "two processes": lambda: fits(n_fits=n_fits, **processes),
    }
    return interleaved(runs, repeats)


def _fit(X: pd.DataFrame, y: np.ndarray, quick: bool, seed: int = 0) -> int:
    """Fit a default; return the process in which it was."""
    model = MODELS["skann"].build(X, seed)
    model.set_params(epochs=3 if quick else model.epochs).fit(X, y)
    return os.getpid()
