"""How much the fits of a model differ that differ in their seed alone."""

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

TEST_SIZE = 0.3


def top_tenth_agreement(probabilities: np.ndarray) -> float:
    """Mean over pairs of fits of the share of customers that are in the top tenth of both.

    `probabilities` of shape (n_fits, n_customers).
    """
    size = max(1, probabilities.shape[1] // 10)
    tops = [set(np.argsort(-row, kind="stable")[:size].tolist()) for row in probabilities]
    return float(np.mean([len(one & other) / size for one, other in combinations(tops, 2)]))


def spread(y: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """AUC over fits, and how far they agree on whom to contact first."""
    aucs = [roc_auc_score(y, row) for row in probabilities]
    return {
        "mean": float(np.mean(aucs)),
        "sd": float(np.std(aucs, ddof=1)),
        "least": float(min(aucs)),
        "most": float(max(aucs)),
        "top_tenth": top_tenth_agreement(probabilities),
    }


def fits_of_seeds(
    build: Callable[[pd.DataFrame, int], Any],
    X: pd.DataFrame,
    y: np.ndarray,
    *,
    seeds: Iterable[int],
    split_seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of the test rows of one split, and their probabilities, a row a seed."""
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=TEST_SIZE, stratify=y, random_state=split_seed
    )
    models = (build(X, seed).fit(X_train, y_train) for seed in seeds)
    return y_test, np.array([model.predict_proba(X_test)[:, 1] for model in models])


def table_of_seeds(records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A row a table and model."""
    frame = pd.DataFrame(records).set_index(["data", "model"]).rename_axis([None, None])
    shown = frame[["mean", "sd", "least", "most"]].map("{:.4f}".format)
    shown["same top tenth"] = frame["top_tenth"].map("{:.0%}".format)
    return shown
