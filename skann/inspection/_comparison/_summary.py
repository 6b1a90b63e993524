"""What a table holds, column by column, in a few numbers that identify no customer."""

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from skann._cost_threshold._out_of_fold import positive_probability
from skann._typing import Table
from skann._warnings import held_back
from skann.costs._prior_estimate import PriorEstimate, estimate_prior
from skann.inspection._unwrap import layers, positive_label
from skann.preprocessing._columns import Column, is_number
from skann.preprocessing._levels import count_levels, read_levels
from skann.preprocessing._roles import read_column, read_column_as
from skann.preprocessing._table import as_table

Summary: TypeAlias = dict[str, Any]  # ready for JSON
# Finer at the ends, where a clipped maximum shows.
PROBABILITIES = np.unique(
    np.concatenate([[0, 0.001, 0.005, 0.01, 0.99, 0.995, 0.999, 1], np.linspace(0, 1, 51)])
)
_N_BINS = 10
_MIN_ROWS = 5  # a level of fewer rows may tell a customer
_MAX_LEVELS = 200
_ROLE_OF_KIND = {"number": "numeric", "date": "datetime", "level": "category"}


def summarize_table(X: Table, model: BaseEstimator | None = None) -> Summary:
    """Summarize a table for later comparisons, without keeping a customer.

    Parameters
    ----------
    X : pandas or polars DataFrame, or array-like, of shape (n_samples, n_features)
        Raw rows, such as those that a model was trained on.
    model : fitted classifier with ``predict_proba``, default=None
        Its scores of these rows are summarized as well. Scores of its own training rows differ
        from those of new customers: give rows that it has not seen.

    Returns
    -------
    dict
        Of numbers, texts and lists of these, ready for JSON: for each column its role, missing
        share, and quantiles or the shares of its levels (those of fewer than five rows as one).

    Examples
    --------
    >>> from skann.datasets import make_churn
    >>> from skann.inspection import summarize_table
    >>> X, y = make_churn(1000, random_state=0, return_X_y=True)
    >>> summary = summarize_table(X)
    >>> summary["n_rows"], len(summary["columns"])
    (1000, 14)
    """
    table = as_table(X)
    summary: Summary = {
        "n_rows": len(table),
        "repeated": repeated_share(table),
        "columns": [summarize_column(table.iloc[:, i]) for i in range(table.shape[1])],
    }
    if model is not None:
        probability = scores(model, X)
        summary["score"] = _of_numbers(probability)
        implied = implied_rate(model, probability)
        summary["implied_rate"] = None if implied is None else list(implied)
    return summary


def training_rate(model: BaseEstimator) -> float | None:
    """Return the churn rate that the probabilities are calibrated to; None where it is unknown."""
    for layer in layers(model):
        if hasattr(layer, "prior_"):
            return float(layer.prior_)
        if hasattr(layer, "class_prior_"):
            index = list(layer.classes_).index(positive_label(model))
            return float(layer.class_prior_[index])
    return None


def implied_rate(model: BaseEstimator, probability: np.ndarray) -> PriorEstimate | None:
    """Return the churn rate that scores imply; None where that of training is unknown."""
    rate = training_rate(model)
    if rate is None or not 0 < rate < 1:
        return None
    with held_back():  # the interval says it
        return estimate_prior(probability, rate)


def tells_rates(summary: Summary, rate: float | None) -> bool:
    """Tell whether scores imply churn rates: not if they are off where the rate is known."""
    known = summary.get("implied_rate")
    return rate is None or known is None or bool(known[1] <= rate <= known[2])


def summarize_column(series: pd.Series, like: Summary | None = None) -> Summary:
    """Summarize a column, read as it is, or as another one was."""
    name = series.name.item() if isinstance(series.name, np.generic) else series.name
    with held_back():
        column, kind = read_as(series, like)
    found: Summary = {
        "name": name,
        "role": column.role if like is None else like["role"],
        "kind": kind,
        "form": column.form,
        "dtype": str(series.dtype),
        "missing": float(missing_cells(series, column).mean()),
        "unread": unread_share(series, column),
    }
    if kind == "level" and column.texts is not None:
        found |= _of_levels(*column.texts)
    elif kind in ("number", "date"):
        found |= _of_numbers(main_numbers(column))
    return found


def read_as(series: pd.Series, like: Summary | None) -> tuple[Column, str]:
    """Read a column, and tell what it holds: number, date, level or other."""
    if like is not None and like["kind"] in _ROLE_OF_KIND:
        kind = like["kind"]
        return read_column_as(_ROLE_OF_KIND[kind], like["form"], series), kind
    column = read_column(series)
    if column.role in ("id", "text", "missing", "drop"):
        return column, "other"
    if column.numbers is None:
        return column, "level"
    return column, "date" if column.numbers.ndim == 2 else "number"


def main_numbers(column: Column) -> np.ndarray:
    """Return the numbers of a column; of dates the days since 1970."""
    numbers = np.asarray(column.numbers)
    return numbers[:, 0] if numbers.ndim == 2 else numbers


def missing_cells(series: pd.Series, column: Column) -> np.ndarray:
    """Return a mask of the cells that hold nothing that can be read."""
    if column.numbers is not None:
        return np.isnan(main_numbers(column))
    codes = read_levels(series)[0] if column.texts is None else column.texts[0]
    return codes < 0


def unread_share(series: pd.Series, column: Column) -> float:
    """Return the share of the cells that hold something that cannot be read."""
    if column.numbers is None or is_number(series):
        return 0.0
    return float(((read_levels(series)[0] >= 0) & missing_cells(series, column)).mean())


def repeated_share(table: pd.DataFrame) -> float:
    """Return the share of the rows that repeat an earlier one."""
    keys = pd.util.hash_pandas_object(table.astype(str), index=False)
    return float(keys.duplicated().mean())


def scores(model: BaseEstimator, X: Table) -> np.ndarray:
    """Return the probabilities of churn."""
    with held_back():
        return positive_probability(model, X, positive_label(model))


def _of_numbers(values: np.ndarray) -> Summary:
    present = values[~np.isnan(values)]
    if not len(present):
        return {"quantiles": [], "edges": [], "shares": [], "whole": False, "mean": None}
    inner = np.linspace(0, 1, _N_BINS + 1)[1:-1]
    edges = np.unique(np.quantile(present, inner, method="inverted_cdf"))
    return {
        "quantiles": np.quantile(present, PROBABILITIES, method="inverted_cdf").tolist(),
        "edges": edges.tolist(),
        "shares": shares_between(present, edges).tolist(),
        "whole": bool((present % 1 == 0).all()),
        "mean": float(present.mean()),
    }


def shares_between(present: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the share of the numbers in each bin; an edge belongs to the bin below."""
    counts = np.bincount(np.searchsorted(edges, present), minlength=len(edges) + 1)
    return counts / max(1, len(present))


def _of_levels(codes: np.ndarray, levels: list[str]) -> Summary:
    counts = count_levels(codes, levels)
    n_present = max(1, sum(counts.values()))
    frequent = sorted(counts, key=lambda level: -counts[level])[:_MAX_LEVELS]
    kept = {level: counts[level] / n_present for level in frequent if counts[level] >= _MIN_ROWS}
    return {"levels": kept, "rare": 1 - sum(kept.values()) if sum(counts.values()) else 0.0}
