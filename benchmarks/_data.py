"""The tables that all benchmarks share: raw columns, ids dropped, y is 1 for who left.

Real tables come from the folder named by the environment variable SKANN_DATA. Some are about loans,
jobs or sales rather than churn: they are there for their size, and for what else tables hold.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from skann import datasets


def _read(
    file: str,
    target: str,
    *,
    positive: Any = 1,
    distinct: bool = False,
    dates: tuple[str, ...] = (),
) -> Bunch:
    """A table that has no fetcher, as the fetchers give theirs: the positive label comes last.

    `distinct` leaves out rows that repeat another one. `dates` are columns of the form m/d/y; what
    is no date there (such as the zero date of a spreadsheet, 1/0/00) becomes missing.
    """
    folder = os.environ.get("SKANN_DATA")
    if not folder:
        raise FileNotFoundError(f"SKANN_DATA is not set: it names the folder that holds {file}.")
    frame = pd.read_csv(Path(folder, file))
    if distinct:
        frame = frame.drop_duplicates()
    for name in dates:
        frame[name] = pd.to_datetime(frame[name], format="%m/%d/%Y", errors="coerce")
    labels = frame.pop(target)
    names = sorted(labels.unique(), key=lambda label: label == positive)
    return Bunch(data=frame, target=labels, target_names=names)


class _Source(NamedTuple):
    fetch: Callable[[], Any]
    # Ids, columns that are the same in every row, and those written after the outcome was known.
    drop: tuple[str, ...] = ()


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
    "turnover": _Source(partial(_read, "hr_turnover.csv", "left", distinct=True)),
    "hmeq": _Source(partial(_read, "hmeq_home_equity.csv", "BAD")),
    "sba": _Source(
        partial(_read, "sba_loans_california.csv", "Default"),
        (
            *("LoanNr_ChkDgt", "Name", "State", "BalanceGross"),
            # The outcome in words, what it cost and when; and the split of the course it is from.
            *("MIS_Status", "ChgOffPrinGr", "ChgOffDate", "Selected"),
        ),
    ),
    "jobchange": _Source(partial(_read, "hr_job_change.csv", "target"), ("enrollee_id",)),
    "credit": _Source(
        partial(_read, "uci_credit_default.csv", "default.payment.next.month"), ("ID",)
    ),
    # A user who comes twice has stayed, so the id tells.
    "fintech": _Source(partial(_read, "fintech_app_churn.csv", "churn"), ("user",)),
    "caravan": _Source(
        partial(_read, "caravan_insurance.csv", "Purchase", positive="Yes", distinct=True)
    ),
    # No more e-mails go to those who are gone, so their numbers tell.
    "retail": _Source(
        partial(
            _read,
            "retail_retention.csv",
            "retained",
            positive=0,
            dates=("created", "firstorder", "lastorder"),
        ),
        ("custid", "esent", "eopenrate", "eclickrate"),
    ),
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
        As dirty as in the source but for dates, with a plain index.
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
