"""Which raw columns the ranking of customers rests on."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance

from skann._typing import Table
from skann.preprocessing._table import as_table

_MAX_ROWS = 1000
_N_REPEATS = 3


def column_importance(
    estimator: BaseEstimator, X: Table, y: np.ndarray, random_state: int
) -> pd.DataFrame:
    """Return how much AUC is lost when a column is shuffled, the largest loss first.

    Columns "column", "auc_lost" and "spread" (standard deviation over shuffles). No more than a
    thousand rows are shuffled.

    Breiman, "Random Forests", Machine Learning 2001, section 10.
    """
    table = as_table(X)
    found = permutation_importance(
        estimator,
        table if hasattr(X, "columns") else table.to_numpy(),
        np.asarray(y),
        scoring="roc_auc",
        n_repeats=_N_REPEATS,
        max_samples=min(_MAX_ROWS, len(table)),
        random_state=random_state,
    )
    importance = pd.DataFrame(
        {
            "column": table.columns,
            "auc_lost": found.importances_mean,
            "spread": found.importances_std,
        }
    )
    return importance.sort_values("auc_lost", ascending=False, kind="stable", ignore_index=True)
