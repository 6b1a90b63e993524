import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skann.preprocessing import column_roles

needs_data = pytest.mark.skipif(
    "SKANN_DATA" not in os.environ, reason="SKANN_DATA is unset: no real tables to read"
)


def role(values, name="column", **kwargs):
    return column_roles(pd.DataFrame({name: pd.Series(values, **kwargs)}))[name]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, 2], "int64"),
        ([0, 1, 1], "int8"),
        ([1.5, np.nan, 2.5], "float32"),
        ([1, None, 2], "Int64"),
        ([1.5, None, 2], "Float64"),
        ([1, None, 2], "int64[pyarrow]"),
        ([1.5, 2, 3], object),
        (pd.to_timedelta([1, 2, 3], unit="h"), None),
    ],
)
def test_numbers_are_numeric(values, dtype):
    assert role(values, dtype=dtype) in {"numeric", "numeric text"}
    if dtype is not object:
        assert role(values, dtype=dtype) == "numeric"


@pytest.mark.parametrize("dtype", [object, "str", "string", "string[pyarrow]"])
@pytest.mark.parametrize(
    "marker", ["", "  ", "?", "NA", "n/a", "NaN", "null", "None", "-", "Unknown", None]
)
def test_text_of_numbers_and_markers_is_numeric_text(marker, dtype):
    assert role(["1.5", " 2 ", "-3e+2", marker], dtype=dtype) == "numeric text"


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["1.5", "2", "two"], None),
        (["a", "b", None], "string"),
        (["a", "b", None], "category"),
        ([1, 2, 1], "category"),
        ([True, False, True], "bool"),
        ([True, False, None], "boolean"),
        ([True, False, None], object),
        ([1, "a", None], object),
        (["?", "unknown", "?"], None),
    ],
)
def test_other_text_bools_and_category_dtype_are_categories(values, dtype):
    assert role(values, dtype=dtype) == "category"


@pytest.mark.parametrize(
    "values",
    [
        pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
        pd.date_range("2020", periods=3, tz="Europe/Berlin"),
        ["2020-01-01", "2021-02-03", None],
        ["2020-01-01 10:00", "2021-02-03T10:00:00Z", " "],
        [pd.Timestamp("2020-01-01").date(), pd.Timestamp("2021-01-01").date(), None],
    ],
)
def test_dates_and_iso_text_are_datetimes(values):
    assert role(values) == "datetime"


def test_text_of_impossible_dates_is_a_category():
    assert role(["2020-99-99", "2020-99-99", None]) == "category"


@pytest.mark.parametrize(
    "values", [[5, 5], [0.5, 0.5], ["a", " a "], ["7", "7.0"], [True, True], ["2020-01-01"] * 2]
)
def test_one_value_without_gaps_is_constant(values):
    assert role(values) == "constant"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, None], "numeric"),
        (["7", "?"], "numeric text"),
        (["a", None], "category"),
        (["2020-01-01", None], "datetime"),
    ],
)
def test_one_value_or_a_gap_is_kept(values, expected):
    assert role(values) == expected


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([np.nan, np.nan], float),
        ([None, None], object),
        ([None, None], "Int64"),
        (["", " "], "str"),
        ([pd.NaT, pd.NaT], "datetime64[ns]"),
        ([None, None], "category"),
    ],
)
def test_no_value_at_all_is_missing(values, dtype):
    assert role(values, dtype=dtype) == "missing"


def distinct_integers(n, high, seed=0):
    return np.random.default_rng(seed).permutation(high)[:n]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.arange(100), "id"),  # a row number
        (np.arange(100.0), "id"),
        ([str(i) for i in range(100)], "id"),
        (distinct_integers(100, 900), "id"),  # a range of less than 10 n
        (distinct_integers(100, 1_000_000), "numeric"),  # incomes, say
        (distinct_integers(500, 1_000_000), "numeric"),  # once in nine times
        (distinct_integers(500, 24_000), "id"),
        ([*range(99), 0], "numeric"),
        (np.arange(100) + 0.5, "numeric"),
        (np.where(np.arange(100.0) == 3, np.nan, np.arange(100.0)), "id"),
        (10**17 + distinct_integers(100, 10**6) * 10**11, "id"),  # of 18 digits
        (np.arange(19), "numeric"),
        (np.arange(20), "id"),
        # Twenty ages from a range of 80 are all distinct once in twelve times.
        (distinct_integers(20, 80), "numeric"),
    ],
)
def test_distinct_integers_are_ids_where_chance_would_repeat_some(values, expected):
    assert role(values) == expected


@pytest.mark.parametrize(
    "name",
    ["id", "ID", "customer_id", "customerID", "CustomerId", "customerid", "row_number", "RowNumber",
     "EmployeeNumber", "account no", "id_client", "user-uuid", "user", "LoanNr_ChkDgt",
     "Unnamed: 0"],
)  # fmt: skip
def test_a_name_says_id(name):
    assert role(distinct_integers(30, 1_000_000), name) == "id"
    bootstrap = np.random.default_rng(0).choice(distinct_integers(300, 10**6), size=300)
    assert role(bootstrap, name) == "id"
    assert role(np.arange(30) % 5, name) == "numeric"


@pytest.mark.parametrize("name", ["paid", "NumOfProducts", "number_of_calls", "income", "idle", 3])
def test_other_names_do_not(name):
    assert role(distinct_integers(30, 1_000_000), name) == "numeric"


@pytest.mark.parametrize(
    ("levels", "rows", "is_category"),
    [
        (19, 19, True),
        (20, 20, False),
        (100, 200, True),
        (101, 200, False),
        (200, 1000, True),
        (201, 1000, False),
    ],
)
@pytest.mark.parametrize("dtype", ["str", "category"])
@pytest.mark.parametrize(
    ("text", "otherwise"),
    [("name {}", "text"), ("c{}", "id"), ("{}@example.org", "id"), ("called on {} twice", "text")],
)
def test_text_of_too_many_levels_is_an_identifier_or_free_text(
    levels, rows, is_category, dtype, text, otherwise
):
    found = role([text.format(i % levels) for i in range(rows)], dtype=dtype)
    assert found == ("category" if is_category else otherwise)


def test_arrays_are_keyed_by_position():
    assert column_roles(np.array([[1.5, 7.0], [2.5, 7.0]])) == {0: "numeric", 1: "constant"}


REAL_TABLES = {
    "telco_customer_churn.csv": {"customerID": "id", "TotalCharges": "numeric text"},
    "bank_churn_modelling.csv": {"RowNumber": "id", "CustomerId": "id", "Surname": "text"},
    "telecom_churn_mlc_5000.csv": {},
    "tv_subscription_churn.csv": {"id": "id", "C_TN": "constant"},
    "hr_employee_attrition.csv": {
        "EmployeeNumber": "id",
        "EmployeeCount": "constant",
        "Over18": "constant",
        "StandardHours": "constant",
    },
    "bank_marketing.csv": {},
    "adult_income.csv": {},
}


@needs_data
@pytest.mark.parametrize(("file", "unusual"), REAL_TABLES.items())
def test_real_tables_lose_only_what_they_should(file, unusual):
    table = pd.read_csv(Path(os.environ["SKANN_DATA"]) / file)
    expected = {
        name: unusual.get(name, "numeric" if table[name].dtype.kind in "if" else "category")
        for name in table.columns
    }
    assert column_roles(table) == expected
    for seed in range(3):
        assert column_roles(table.sample(frac=0.6, random_state=seed)) == expected
        assert column_roles(table.sample(frac=1, replace=True, random_state=seed)) == expected
