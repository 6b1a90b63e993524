"""Why a customer's probability is what it is: each column against the background."""

from collections.abc import Callable
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from skann._cost_threshold._out_of_fold import positive_probability
from skann._sklearn_private import HasMethods, Interval, validate_params
from skann._typing import Table
from skann.inspection._unwrap import positive_label
from skann.preprocessing._table import as_table

_N_VALUES = 16  # values that stand for a column's distribution
_MAX_ROWS = 50_000  # rows scored at a time, so that memory stays bounded


@validate_params(
    {
        "estimator": [HasMethods(["predict_proba"])],
        "top": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def explain(
    estimator: BaseEstimator, X: Table, *, background: Table | None = None, top: int = 3
) -> pd.DataFrame:
    """Name the columns that most raise or lower each customer's probability.

    A column's effect is the customer's probability less the mean probability over what the column
    holds elsewhere, with the customer's other columns as they are (occlusion, Robnik-Šikonja and
    Kononenko 2008). Columns that carry the same information have small effects each, since the
    others remain.

    Parameters
    ----------
    estimator : fitted classifier with ``predict_proba``
        Anything that takes raw rows: a ``ChurnANNClassifier``, a ``CostThresholdClassifier``, a
        pipeline.
    X : pandas or polars DataFrame, or array-like, of shape (n_samples, n_features)
        Customers to explain.
    background : table with the columns of X, default=None
        Customers to compare with, such as the training rows; X itself by default. Up to 16 values
        of each column are used, spread evenly over its sorted values.
    top : int, default=3
        Number of columns per customer.

    Returns
    -------
    DataFrame of shape (n_customers * top, 6)
        "customer" (as in the index of X), "probability", "rank" (from 1, by size of the effect),
        "column", "value", and "effect": what the value adds to the probability.

    Raises
    ------
    ValueError
        If ``background`` has other columns than X.

    References
    ----------
    Robnik-Šikonja, Kononenko, "Explaining Classifications For Individual Instances", IEEE TKDE
    2008, section 3.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skann.inspection import explain
    >>> X = pd.DataFrame({"calls": [0, 0, 5, 6, 1, 7], "age": [30, 50, 30, 50, 40, 40]})
    >>> model = LogisticRegression().fit(X, [0, 0, 1, 1, 0, 1])
    >>> explain(model, X.tail(1), background=X, top=1)[["customer", "column", "value"]]
       customer column  value
    0         5  calls      7
    """
    table = as_table(X)
    others = table if background is None else as_table(background)
    if list(others.columns) != list(table.columns):
        different = sorted({*others.columns} ^ {*table.columns}, key=str)
        raise ValueError(
            f"background has other columns than X, or in another order; different: {different}"
        )
    positive = positive_label(estimator)
    as_given = hasattr(X, "columns")

    def score(rows: pd.DataFrame) -> np.ndarray:
        return positive_probability(estimator, rows if as_given else rows.to_numpy(), positive)

    probability = score(table)
    effects = np.column_stack(
        [
            probability - _mean_without(score, table, position, others.iloc[:, position])
            for position in range(table.shape[1])
        ]
    )
    return _largest(table, probability, effects, min(top, table.shape[1]))


def reason_texts(explanation: pd.DataFrame) -> pd.DataFrame:
    """Return one row per customer, with columns "reason_1", "reason_2", ... of text."""
    reasons = explanation[["column", "value", "effect"]].itertuples(index=False)
    text = [f"{column} = {plain(value)} ({effect:+.3f})" for column, value, effect in reasons]
    n_reasons = int(explanation["rank"].max())
    return pd.DataFrame(
        np.array(text, dtype=object).reshape(-1, n_reasons),
        columns=[f"reason_{number}" for number in range(1, n_reasons + 1)],
        index=explanation["customer"].iloc[::n_reasons],
    )


def _mean_without(
    score: Callable[[pd.DataFrame], np.ndarray],
    table: pd.DataFrame,
    position: int,
    column: pd.Series,
) -> np.ndarray:
    """Return the mean probability of each customer over values that the column has elsewhere."""
    values, weights = _typical_values(column)
    mean = np.empty(len(table))
    step = max(1, _MAX_ROWS // len(values))
    for start in range(0, len(table), step):
        rows = table.iloc[start : start + step]
        varied = rows.iloc[np.repeat(np.arange(len(rows)), len(values))].reset_index(drop=True)
        replaced = values.iloc[np.tile(np.arange(len(values)), len(rows))]
        varied.isetitem(position, replaced.array)
        mean[start : start + step] = score(varied).reshape(len(rows), -1) @ weights
    return mean


def _typical_values(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return values spread evenly over the sorted column, each once, with the share of each.

    Numbers are taken at their quantiles, categories and gaps in proportion to their rows.
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        keys: np.ndarray = column.rank(method="first", na_option="bottom").to_numpy()
    else:
        keys = pd.factorize(column, use_na_sentinel=False)[0]
    n_values = min(_N_VALUES, len(column))
    middles = ((np.arange(n_values) + 0.5) * len(column) / n_values).astype(int)
    picked = column.iloc[np.argsort(keys, kind="stable")[middles]]
    codes = pd.factorize(picked, use_na_sentinel=False)[0]
    first = np.unique(codes, return_index=True)[1]
    return picked.iloc[first], np.bincount(codes) / n_values


def _largest(
    table: pd.DataFrame, probability: np.ndarray, effects: np.ndarray, top: int
) -> pd.DataFrame:
    chosen = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :top]
    rows = np.repeat(np.arange(len(table)), top)
    columns = chosen.ravel()
    values = np.empty(len(rows), dtype=object)
    for position in np.unique(columns):
        here = columns == position
        values[here] = table.iloc[rows[here], position].astype(object).to_numpy()
    return pd.DataFrame(
        {
            "customer": table.index.to_numpy()[rows],
            "probability": probability[rows],
            "rank": np.tile(np.arange(1, top + 1), len(table)),
            "column": table.columns.to_numpy()[columns],
            "value": pd.Series(values, dtype=object).infer_objects(),
            "effect": effects[rows, columns],
        }
    )


def plain(value: object) -> str:
    """Return a value as text for readers."""
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return "missing" if value is None or value is pd.NA or value is pd.NaT else str(value)
