"""Public tables, from the folder named by SKANN_DATA or from OpenML, uncleaned."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from sklearn.datasets import fetch_openml
from sklearn.utils import Bunch

from skann.datasets._sources import (
    ADULT,
    BANK_CHURN,
    BANK_MARKETING,
    HR_ATTRITION,
    TELCO,
    TELECOM,
    TV_CHURN,
    Source,
)

_Function = TypeVar("_Function", bound=Callable[..., Any])

_DOCUMENTATION = """\
{summary}

Read from the folder named by the environment variable ``SKANN_DATA``{otherwise}.

Parameters
----------
{parameters}return_X_y : bool, default=False
    Return ``(data, target)`` instead of a Bunch.

Returns
-------
data : :class:`~sklearn.utils.Bunch`
    With ``data`` (DataFrame), ``target`` (Series of {labels}), ``frame`` (both),
    ``feature_names``, ``target_names``, ``DESCR``{further}.
(data, target) : tuple if ``return_X_y`` is True

Raises
------
{error}
"""
_FROM_OPENML = {
    "otherwise": ", else from OpenML",
    "error": "OSError\n    If the file is not there and OpenML cannot be reached.",
}
_FROM_FILE_ALONE = {
    "otherwise": "; OpenML has no copy",
    "error": "FileNotFoundError\n    If the file is not there; the message tells where to get it.",
}
_COSTS = """, and ``costs``: the cost of each outcome
    in money, one row per customer, in columns ``fn_cost``, ``fp_cost``, ``tp_cost``, ``tn_cost``"""


def _documented(source: Source, parameters: str = "") -> Callable[[_Function], _Function]:
    """Complete the docstring of a function by what all tables have in common."""

    def document(function: _Function) -> _Function:
        function.__doc__ = _DOCUMENTATION.format(
            summary=function.__doc__,
            parameters=parameters,
            labels=source.labels,
            further=_COSTS if source.costs else "",
            **(_FROM_FILE_ALONE if source.openml_id is None else _FROM_OPENML),
        )
        return function

    return document


@_documented(TELCO)
def fetch_telco_churn(*, return_X_y: bool = False) -> Any:
    """Load the Telco customer churn table (7,043 customers, 26.5 % left)."""
    return _fetch(TELCO, return_X_y)


@_documented(TELECOM)
def fetch_telecom_churn(*, return_X_y: bool = False) -> Any:
    """Load the MLC++ telecom churn table (5,000 customers, 14.1 % left)."""
    return _fetch(TELECOM, return_X_y)


_KEEP_DURATION = """\
keep_duration : bool, default=False
    Keep the length of the call, which nobody knows before the call.
"""


@_documented(BANK_MARKETING, _KEEP_DURATION)
def fetch_bank_marketing(*, keep_duration: bool = False, return_X_y: bool = False) -> Any:
    """Load the bank marketing table (45,211 calls, 11.7 % successful)."""
    return _fetch(BANK_MARKETING, return_X_y, () if keep_duration else ("duration",))


@_documented(ADULT)
def fetch_adult(*, return_X_y: bool = False) -> Any:
    """Load the adult income table (48,842 persons, 23.9 % above 50,000 dollars)."""
    return _fetch(ADULT, return_X_y)


@_documented(BANK_CHURN)
def fetch_bank_churn(*, return_X_y: bool = False) -> Any:
    """Load the bank churn table, Churn_Modelling (10,000 customers, 20.4 % left)."""
    return _fetch(BANK_CHURN, return_X_y)


@_documented(HR_ATTRITION)
def fetch_hr_attrition(*, return_X_y: bool = False) -> Any:
    """Load the HR attrition table (1,470 employees, 16.1 % left)."""
    return _fetch(HR_ATTRITION, return_X_y)


@_documented(TV_CHURN)
def fetch_tv_churn(*, return_X_y: bool = False) -> Any:
    """Load the TV churn table with its costs per customer (9,379 customers, 4.8 % left)."""
    return _fetch(TV_CHURN, return_X_y)


def _fetch(source: Source, return_X_y: bool, leave_out: tuple[str, ...] = ()) -> Any:
    folder = os.environ.get("SKANN_DATA")
    path = Path(folder or ".", source.file)
    if folder and path.is_file():
        frame = pd.read_csv(path)
    elif source.openml_id is not None:
        frame = _download(source)
    else:
        found = f"{path} does not exist" if folder else "SKANN_DATA is not set"
        raise FileNotFoundError(
            f"{found}. Get {source.file} from {source.origin}, and set the environment variable "
            "SKANN_DATA to the folder that holds it."
        )
    target = _labels(frame.pop(source.target))
    data = frame.drop(columns=[*source.costs, *leave_out])
    if return_X_y:
        return data, target
    bunch = Bunch(
        data=data,
        target=target,
        frame=data.assign(**{source.target: target}),
        feature_names=list(data.columns),
        target_names=sorted(target.unique().tolist()),
        DESCR=source.description,
    )
    if source.costs:
        bunch.costs = frame[list(source.costs)].rename(columns=dict(source.costs))
    return bunch


def _labels(target: pd.Series) -> pd.Series:
    """Return labels without the spaces around them; 0.0 and 1.0 as whole numbers."""
    if pd.api.types.is_numeric_dtype(target):
        return target.astype(int)
    return target.str.strip()


def _download(source: Source) -> pd.DataFrame:
    """Load the table from OpenML, under the column names of the file."""
    try:
        bunch = fetch_openml(data_id=source.openml_id, as_frame=True, parser="pandas")
    except OSError as error:
        raise OSError(
            f"OpenML {source.openml_id} could not be downloaded ({error}). Without a network, get "
            f"{source.file} from {source.origin}, and set the environment variable SKANN_DATA to "
            "the folder that holds it."
        ) from error
    data = bunch.data.rename(columns=dict(source.openml_columns))
    data = data.drop(columns="phone_number", errors="ignore")
    # Text rather than categories, as the file gives.
    categories = data.select_dtypes("category").columns
    data = data.astype(dict.fromkeys(categories, object)).infer_objects()
    target = bunch.target.astype(str)
    return data.assign(**{source.target: target.replace(dict(source.openml_labels))})
