"""Exact values that say more than their neighbourhood get a column."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skann.preprocessing import TableEncoder
from skann.preprocessing._telling_values import TellingValues


@pytest.fixture
def loans():
    """Terms of 1 to 99.9 months; those of 84 months churn, and the rate rises with the term."""
    rng = np.random.default_rng(0)
    term = np.where(rng.random(20_000) < 0.05, 84, rng.integers(10, 1000, 20_000) / 10)
    rate = np.where(term == 84, 0.9, 0.1 + 0.002 * term)
    return term, (rng.random(20_000) < rate).astype(int)


def test_a_value_that_stands_out_is_found_and_a_trend_is_not(loans):
    term, churned = loans
    assert_array_equal(TellingValues().fit(term[:, None], churned).values_[0], [84.0])


def test_on_random_labels_next_to_nothing_is_found():
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 50, (5000, 100)).astype(float)
    found = TellingValues().fit(numbers, rng.integers(0, 2, 5000)).values_
    assert sum(map(len, found)) <= 3  # of 5,000 values


@pytest.mark.parametrize(
    "column",
    [
        np.tile(np.arange(12.0), 100),  # bins tell so few values apart
        np.arange(1200.0),  # no value is frequent
        np.zeros(1200),
    ],
    ids=["few values", "distinct", "constant"],
)
def test_columns_without_candidates_are_left_alone(column):
    churned = (column % 5 == 0).astype(int)
    assert len(TellingValues().fit(column[:, None], churned).values_[0]) == 0


def test_rows_with_the_value_get_one(loans):
    term, churned = loans
    encoder = TellingValues().fit(np.column_stack([term, -term]), churned)
    encoded = encoder.transform(np.array([[84.0, 1.0], [83.0, -84.0]]))
    assert encoded.dtype == np.float32
    assert_array_equal(encoded, [[1.0, 0.0], [0.0, 1.0]])
    assert encoder.get_feature_names_out(["term", "minus"]).tolist() == ["term=84", "minus=-84"]


def test_the_table_encoder_uses_them_where_it_is_given_labels(loans):
    term, churned = loans
    table = pd.DataFrame({"term": term})
    without = TableEncoder("auto").fit(table)
    encoder = TableEncoder("auto").fit(table, churned)
    names = encoder.get_feature_names_out().tolist()
    assert set(names) - set(without.get_feature_names_out()) == {"term=84"}
    encoded = encoder.transform(table)
    assert encoded.shape == (len(table), len(names))
    assert_array_equal(encoded[:, names.index("term=84")], term == 84)
    assert_array_equal(TableEncoder("robust").fit_transform(table, churned).shape, (20_000, 1))


@pytest.mark.filterwarnings("error")
def test_only_labels_of_1_are_positive():
    months = np.repeat([12.0, *np.linspace(1, 60, 60)], [90, *[15] * 60])[:, None]
    churned = months[:, 0] == 12
    for y in (churned, np.where(churned, 1, -1), np.where(churned, 1, 2)):
        assert [list(values) for values in TellingValues().fit(months, y).values_] == [[12.0]]
