"""The tables that all benchmarks share: raw columns, ids dropped, y is 1 for who left.

Real tables come from the folder named by the environment variable SKANN_DATA. Two are not about
churn (adult, bank_marketing): they are there for their size.
"""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from skann import datasets


class _Source(NamedTuple):
    fetch: Callable[[], Any]
    drop: tuple[str, ...] = ()  # ids, and columns that are the same in every row


_SOURCES = {
    "telco": _Source(datasets.fetch_telco_churn, ("customerID",)),
    "bank": _Source(datasets.fetch_bank_churn, ("RowNumber", "CustomerId", "Surname")),
    "telecom_mlc": _Source(datasets.fetch_telecom_churn),
    "hr": _Source(
        datasets.fetch_hr_attrition, ("EmployeeNumber", "EmployeeCount", "Over18", "StandardHours")
    ),
    "tv": _Source(datasets.fetch_tv_churn, ("id",)),
    "bank_marketing": _Source(datasets.fetch_bank_marketing),
    "adult": _Source(datasets.fetch_adult),
    # signup_date repeats what tenure_months says, and not every library takes dates.
    "made": _Source(
        lambda: datasets.make_churn(10_000, random_state=0), ("customer_id", "signup_date")
    ),
}

NAMES = tuple(_SOURCES)


def available() -> list[str]:
    """Names of the tables that can be read without a download."""
    return list(NAMES) if os.environ.get("SKANN_DATA") else ["made"]


def load(name: str, n_rows: int | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """Raw features and labels of a table.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    n_rows : int, default=None
        Rows to draw, stratified, the same ones each time; all by default.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        As dirty as in the source, with a plain index.
    y : ndarray of int of shape (n_samples,)
        1 for the customers who left (for the positive label in tables that are not about churn).
    """
    source = _SOURCES[name]
    table: Bunch = source.fetch()
    X = table.data.drop(columns=list(source.drop))
    y = (table.target == table.target_names[-1]).to_numpy().astype(int)
    if n_rows is not None and n_rows < len(X):
        X, _, y, _ = train_test_split(X, y, train_size=n_rows, stratify=y, random_state=0)
    return X.reset_index(drop=True), y
