"""Faults of a split: customers on both sides of it, and a future that teaches the past."""

from collections.abc import Iterator
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict

from skann._typing import Label, Labels
from skann._warnings import held_back
from skann.inspection._audit._findings import Finding
from skann.inspection._baselines import boosting_baseline
from skann.inspection._unwrap import layers
from skann.preprocessing._roles import _names_id, read_column

_MAX_ROWS = 5000  # that a comparison of splits is made on
_N_FOLDS = 3
_REPEATED_ROWS = 0.05
_SHARED_ROWS = 0.02
_MIN_CUSTOMERS = 50
_IN_ORDER = 0.9  # rank correlation of row and date


def parted_customers(
    table: pd.DataFrame, churned: np.ndarray, groups: Labels | None
) -> Iterator[Finding]:
    """Find customers with several rows that no groups keep together."""
    for name in [] if groups is not None else _identifiers(table):
        repeated = table[name].duplicated(keep=False) & table[name].notna()
        if repeated.mean() <= _REPEATED_ROWS:
            continue
        evidence = f"{repeated.sum():,} of {len(table):,} rows share their {name!r} with another."
        codes = pd.factorize(table[name], use_na_sentinel=False)[0]
        yield Finding(
            "leak: customers on both sides of a split",
            "error",
            evidence + _flattery_of_customers(table.drop(columns=name), churned, codes),
            f"Keep the rows of a customer together: groups=X[{name!r}] in fit and in "
            "train_validation_test_split (and here, once that is done); in the command, --group.",
        )


def shared_customers(table: pd.DataFrame, test: pd.DataFrame) -> Iterator[Finding]:
    """Find customers of the test rows among the training rows."""
    for name in _identifiers(table):
        if name in test:
            shared = (test[name].isin(table[name]) & test[name].notna()).to_numpy()
            if shared.mean() > _SHARED_ROWS:
                yield Finding(
                    "leak: customers among both training and test rows",
                    "error",
                    f"{shared.sum():,} of {len(test):,} test rows have the {name!r} of a training "
                    "row.",
                    f"Split once, by customer: train_validation_test_split(groups={name!r}).",
                )


def future_rows(
    estimator: BaseEstimator, table: pd.DataFrame, churned: np.ndarray
) -> Iterator[Finding]:
    """Find rows in order of time that folds shuffle."""
    if not _shuffles(estimator) or len(table) < _MIN_CUSTOMERS:
        return
    for name, series in table.items():
        with held_back():
            column = read_column(series)
        if column.role != "datetime" or column.numbers is None:
            continue
        days = column.numbers[:, 0]
        order = spearmanr(np.arange(len(days)), days, nan_policy="omit").statistic
        if abs(order) > _IN_ORDER:
            yield Finding(
                "leak: a shuffled split of rows in order of time",
                "warning",
                f"Rows are in the order of {name!r}, and folds shuffle them, so that the future "
                f"teaches the past.{_flattery_of_time(table, churned, days)}",
                f"Test on the newest rows: train_validation_test_split(time={name!r}); and train "
                "with cv=TimeSeriesSplit() on rows sorted by it; in the command, --time.",
            )
            return


def _identifiers(table: pd.DataFrame) -> list[Label]:
    """Return the columns that name customers, also where each has several rows."""
    found = []
    for name, series in table.items():
        with held_back():
            is_id = read_column(series).role == "id"
        n_customers = series.nunique()
        many = n_customers >= max(_MIN_CUSTOMERS, 0.02 * len(table))
        if is_id or (many and _names_id(name)):
            found.append(name)
    return found


def _shuffles(estimator: BaseEstimator) -> bool:
    """Tell whether rows are set aside at random."""
    for layer in layers(estimator):
        if hasattr(layer, "cv"):
            cv = layer.cv
            by_number = cv is None or isinstance(cv, Integral) or cv in ("auto", "validation")
            if not by_number and not getattr(cv, "shuffle", False):
                return False
            if not isinstance(cv, str):
                return True
    return False


def _flattery_of_customers(table: pd.DataFrame, churned: np.ndarray, codes: np.ndarray) -> str:
    rows = np.flatnonzero(_sample_of(codes))
    table, churned, codes = table.iloc[rows], churned[rows], codes[rows]
    n_each = [len(np.unique(codes[churned == left])) for left in (True, False)]
    if min(n_each) < _MIN_CUSTOMERS:
        return ""
    shuffled, by_customer = (
        roc_auc_score(churned, _unseen(table, churned, together)) for together in (None, codes)
    )
    return (
        f" In shuffled folds gradient boosting has an AUC of {shuffled:.3f}, in folds by customer "
        f"of {by_customer:.3f}."
    )


def _sample_of(codes: np.ndarray) -> np.ndarray:
    """Return a mask of all rows of some customers."""
    n_customers = codes.max() + 1
    share = min(1.0, _MAX_ROWS / len(codes))
    return (np.random.default_rng(0).random(n_customers) < share)[codes]


def _flattery_of_time(table: pd.DataFrame, churned: np.ndarray, days: np.ndarray) -> str:
    """Return the AUC of the newest third, by models that saw the future and by one that did not."""
    known = np.flatnonzero(~np.isnan(days))
    rows = known[:: -(-len(known) // _MAX_ROWS)]
    rows = rows[np.argsort(days[rows], kind="stable")]
    table, churned = table.iloc[rows], churned[rows]
    n_old = 2 * len(rows) // _N_FOLDS
    parts = churned[:n_old], churned[n_old:]
    if min(min(part.sum(), (~part).sum()) for part in parts) < _MIN_CUSTOMERS // 2:
        return ""
    shuffled = _unseen(table, churned, None)[n_old:]
    with held_back():
        model = boosting_baseline(0).fit(table.iloc[:n_old], parts[0])
        by_time = model.predict_proba(table.iloc[n_old:])[:, 1]
    shuffled_auc, auc = (roc_auc_score(parts[1], scores) for scores in (shuffled, by_time))
    return (
        f" On the newest third gradient boosting has an AUC of {shuffled_auc:.3f} in shuffled "
        f"folds, and of {auc:.3f} if it learns from older rows alone."
    )


def _unseen(table: pd.DataFrame, churned: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Return probabilities by boosted trees that saw neither the row nor its group."""
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    folds = list(kind(_N_FOLDS, shuffle=True, random_state=0).split(table, churned, groups))
    with held_back():
        model = boosting_baseline(0)
        return cross_val_predict(model, table, churned, cv=folds, method="predict_proba")[:, 1]
