"""Faults that show in the rows: leaks, identifiers, twins, early scaling or resampling."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import kurtosis
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from skann._typing import Label
from skann._warnings import held_back
from skann.inspection._audit._findings import Finding
from skann.preprocessing._columns import Column
from skann.preprocessing._roles import USED, read_column

_MAX_ROWS = 5000  # of which a column's own AUC is told
_MIN_ROWS = 50  # below, single rows decide
_FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)
_LEAK_AUC = 0.95
_SHARED_ROWS = 0.02
_REPEATED_ROWS = 0.05
_COPIED_ROWS = 0.3
_CHANCE = 0.01  # above this share of twins by chance, twins say nothing


def leaking_columns(table: pd.DataFrame, churned: np.ndarray) -> Iterator[Finding]:
    """Find columns that predict the label almost perfectly, alone and out of fold."""
    if len(table) < _MIN_ROWS or np.bincount(churned, minlength=2).min() < 10:
        return
    if len(table) > _MAX_ROWS:
        rows = np.random.default_rng(0).choice(len(table), _MAX_ROWS, replace=False)
        table, churned = table.iloc[rows], churned[rows]
    for name, series in table.items():
        column = _read(series)
        if column.role in USED and (auc := _own_auc(column, churned)) >= _LEAK_AUC:
            yield Finding(
                "leak: a column tells the label",
                "error",
                f"Column {name!r} alone predicts the label with an AUC of {auc:.3f}.",
                f"Ask when {name!r} becomes known. If that is after the decision, drop it.",
            )


def _read(series: pd.Series) -> Column:
    with held_back():
        return read_column(series)


def _own_auc(column: Column, churned: np.ndarray) -> float:
    scores = np.empty(len(churned))
    if column.texts is not None:
        codes = column.texts[0] + 1
        for train, test in _FOLDS.split(codes, churned):
            scores[test] = _level_rates(codes[train], churned[train], codes.max() + 1)[codes[test]]
    else:
        values = np.reshape(np.asarray(column.numbers), (len(churned), -1))[
            :, :1
        ]  # of a date its day
        tree = DecisionTreeClassifier(
            max_leaf_nodes=8, min_samples_leaf=max(5, len(churned) // 200), random_state=0
        )
        for train, test in _FOLDS.split(values, churned):
            scores[test] = tree.fit(values[train], churned[train]).predict_proba(values[test])[:, 1]
    return float(roc_auc_score(churned, scores))


def _level_rates(codes: np.ndarray, churned: np.ndarray, n_levels: int) -> np.ndarray:
    """Return the churn rate of each level, that of rare ones drawn to that of all."""
    counts = np.bincount(codes, minlength=n_levels)
    found = np.bincount(codes, weights=churned, minlength=n_levels)
    return (found + churned.mean()) / (counts + 1)


def identifiers(table: pd.DataFrame, handled: set[Label]) -> Iterator[Finding]:
    """Find identifiers that reach the model."""
    ids = [name for name, series in table.items() if _read(series).role == "id"]
    reaching = [name for name in ids if name not in handled]
    if reaching:
        yield Finding(
            "identifier among the columns",
            "error",
            f"{_names(reaching)} differ in (nearly) every row, so a model can learn customers by "
            "heart.",
            "Drop them, or let ChurnANNClassifier's preprocessor='auto' do it.",
        )


def shared_rows(table: pd.DataFrame, test: pd.DataFrame) -> Iterator[Finding]:
    """Find test rows that are training rows as well."""
    if _twins_by_chance(table) > _CHANCE:
        return
    train_keys = _row_keys(table)
    shared = np.isin(_row_keys(test[list(table.columns)]), train_keys)
    if shared.mean() > _SHARED_ROWS:
        yield Finding(
            "leak: test rows among the training rows",
            "error",
            f"{shared.sum():,} of {len(test):,} test rows equal a training row.",
            "Drop duplicates before the split, and split once, with "
            "train_validation_test_split; give groups= where a customer has several rows.",
        )


def repeated_rows(table: pd.DataFrame, churned: np.ndarray) -> Iterator[Finding]:
    """Find resampling before the split, or else twins that a split may part."""
    if len(table) < _MIN_ROWS:
        return
    keys = _row_keys(table)
    repeated = pd.Series(keys).duplicated(keep=False).to_numpy()
    is_rarer = churned if churned.mean() <= 0.5 else ~churned
    rates = [float(repeated[mask].mean()) if mask.any() else 0.0 for mask in (is_rarer, ~is_rarer)]
    n_each = np.bincount(churned, minlength=2)
    copied = max(rates) > _COPIED_ROWS and max(rates) > 5 * min(rates)
    if copied or (n_each[0] == n_each[1] and len(table) >= 4 * _MIN_ROWS):
        evidence = f"Both classes have {n_each[0]:,} rows."
        if copied:
            evidence = (
                f"{max(rates):.0%} of the rows of one class are copies of each other, "
                f"{min(rates):.0%} of the other's."
            )
        yield Finding(
            "resampled before the split",
            "error",
            f"{evidence} Copies and synthetic rows of the same customers would be in training and "
            "validation.",
            "Give raw rows, and let the classifier resample its training rows: "
            "ChurnANNClassifier(resampler='over').",
        )
    elif repeated.mean() > _REPEATED_ROWS and _twins_by_chance(table) < _CHANCE:
        yield Finding(
            "leak: repeated rows",
            "warning",
            f"{repeated.sum():,} of {len(table):,} rows have a twin, which a split may put on the "
            "other side.",
            "Drop duplicates, or keep twins together: train_validation_test_split(groups=...).",
        )


def scaled_columns(table: pd.DataFrame) -> Iterator[Finding]:
    """Find numbers that were scaled outside the pipeline."""
    columns = [
        values[np.isfinite(values)]
        for _, series in table.items()
        if (column := _read(series)).role == "numeric" and series.nunique() > 2
        for values in [np.asarray(column.numbers)]
    ]
    if len(columns) < 2 or len(table) < _MIN_ROWS:
        return
    for scale, fits in (("mean 0 and deviation 1", _is_standard), ("0 to 1", _is_unit_range)):
        n_scaled = sum(map(fits, columns))
        if n_scaled >= 2 and 2 * n_scaled > len(columns):
            yield Finding(
                "scaled outside the pipeline",
                "warning",
                f"{n_scaled} of {len(columns)} numeric columns have {scale}, as a scaler leaves "
                "them. If it was fitted before the split, it has seen the test rows.",
                "Give raw columns; a scaler belongs in the pipeline, as "
                "ChurnANNClassifier's preprocessor.",
            )


def _is_standard(values: np.ndarray) -> bool:
    """Tell whether mean and deviation are 0 and 1, as in a random part of scaled rows."""
    n = len(values)
    deviation_error = np.sqrt(max(kurtosis(values), 0) + 2) / (2 * np.sqrt(n))
    return bool(abs(values.mean()) < 3 / np.sqrt(n) and abs(values.std() - 1) < 3 * deviation_error)


def _is_unit_range(values: np.ndarray) -> bool:
    return bool(0 <= values.min() < 0.02 and 0.98 < values.max() <= 1)


def _twins_by_chance(table: pd.DataFrame) -> float:
    """Return the share of rows that would have a twin if columns were independent."""
    match = 1.0
    for position in range(table.shape[1]):
        shares = table.iloc[:, position].value_counts(normalize=True, dropna=False).to_numpy()
        match *= float((shares**2).sum())
    return match * len(table)


def _row_keys(table: pd.DataFrame) -> np.ndarray:
    return pd.util.hash_pandas_object(table.astype(str), index=False).to_numpy()


def _names(names: list[Label]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return f"Columns {shown}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")
