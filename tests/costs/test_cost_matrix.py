"""Costs as numbers, arrays and columns."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skann.costs import retention_costs
from skann.costs._matrix import Costs, read_amount, without_columns


def test_each_outcome_costs_its_own():
    costs = Costs(100.0, 5.0, np.array([1.0, 2.0, 3.0, 4.0]), -1.0)
    positive = np.array([True, False, True, False])
    contacted = np.array([False, True, True, False])
    assert costs.of_decisions(positive, contacted).tolist() == [100.0, 5.0, 3.0, -1.0]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_column_name_is_read_from_the_table(make):
    table = make({"a": [1, 2], "value": [10, 20]})
    assert read_amount("fn_cost", "value", table, 2).tolist() == [10.0, 20.0]
    assert list(without_columns(table, ["value"]).columns) == ["a"]


def test_nullable_columns_are_read():
    table = pd.DataFrame({"value": pd.array([1, 2], dtype="Int64")})
    assert read_amount("fn_cost", "value", table, 2).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("valeu", "valeu.*lacks.*value"),
        ("text", "column 'text'.*numbers"),
        ("missing", "column 'missing'.*NaN"),
        ("null", "column 'null'"),
        ([1.0], r"shape \(1,\).*shape \(2,\)"),
        ([[1.0], [2.0]], "shape"),
        ([1.0, np.inf], "infinity"),
        (np.nan, "NaN"),
    ],
)
def test_what_cannot_be_a_cost_is_refused_by_name(value, message):
    table = pd.DataFrame(
        {
            "value": [1, 2],
            "text": ["a", "b"],
            "missing": [1.0, np.nan],
            "null": pd.array([1, None], dtype="Int64"),
        }
    )
    with pytest.raises(ValueError, match=f"fn_cost.*{message}"):
        read_amount("fn_cost", value, table, 2)


def test_a_column_name_needs_a_table():
    with pytest.raises(ValueError, match="not a DataFrame.*ndarray"):
        read_amount("fn_cost", "value", np.zeros((2, 2)), 2)


def test_retention_costs_follow_the_offer():
    # a (clv - d) - f = 0.3 * 190 - 1 = 56
    costs = retention_costs(clv=200, incentive=10, contact=1, acceptance=0.3)
    assert costs == {"fn_cost": 0.0, "fp_cost": 11.0, "tp_cost": -56.0, "tn_cost": 0.0}


def test_retention_costs_take_arrays():
    costs = retention_costs(np.array([200.0, 5.0]), 10.0, 1.0, 0.5)
    np.testing.assert_allclose(costs["tp_cost"], [-94.0, 3.5])


def test_no_offer_pays_at_or_below_incentive_and_contact_over_acceptance():
    limit = 10 + 1 / 0.3
    for clv, pays in [(limit - 0.01, False), (limit + 0.01, True)]:
        costs = retention_costs(clv, 10, 1, 0.3)
        assert (costs["fn_cost"] > costs["tp_cost"]) == pays


def test_impossible_offers_are_refused():
    with pytest.raises(ValueError, match="acceptance"):
        retention_costs(200, 10, 1, 1.3)
    with pytest.raises(ValueError, match="incentive"):
        retention_costs(200, -10, 1, 0.3)
    with pytest.raises(ValueError, match="clv"):
        retention_costs(np.nan, 10, 1, 0.3)
