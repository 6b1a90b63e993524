"""explain: effects by hand, and what tables it takes."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skann.inspection import explain
from skann.inspection._explanation import _typical_values, reason_texts


class Additive(ClassifierMixin, BaseEstimator):
    """P(churn) = 0.1 + 0.05 calls + 0.3 if the plan is "loose"; region says nothing."""

    classes_ = np.array(["No", "Yes"])

    def fit(self, X, y=None):
        return self

    def predict_proba(self, X):
        if isinstance(X, np.ndarray):
            X = pd.DataFrame(X, columns=["calls", "plan", "region"])
        loose = np.asarray(X["plan"].astype(str)) == "loose"
        churn = 0.1 + 0.05 * np.asarray(X["calls"], dtype=float) + 0.3 * loose
        return np.column_stack([1 - churn, churn])


@pytest.fixture
def background():
    return pd.DataFrame(
        {
            "calls": [0, 1, 2, 3, 4, 5, 6, 7],
            "plan": ["loose", "tied", "tied", "tied"] * 2,
            "region": list("abcdabcd"),
        }
    )


@pytest.fixture
def customers():
    return pd.DataFrame(
        {"calls": [7, 0], "plan": ["loose", "tied"], "region": ["a", "b"]}, index=["ann", "bob"]
    )


def test_effects_are_what_each_value_adds_over_its_mean_elsewhere(customers, background):
    found = explain(Additive(), customers, background=background, top=3)
    assert found["customer"].tolist() == ["ann"] * 3 + ["bob"] * 3
    assert found["column"].tolist() == ["plan", "calls", "region", "calls", "plan", "region"]
    assert found["value"].tolist() == ["loose", 7, "a", 0, "tied", "b"]
    assert found["rank"].tolist() == [1, 2, 3] * 2
    expected = [0.3 * 0.75, 0.05 * 3.5, 0.0, -0.05 * 3.5, -0.3 * 0.25, 0.0]
    assert found["effect"].to_numpy() == pytest.approx(expected, abs=1e-12)
    assert found["probability"].to_numpy() == pytest.approx([0.75] * 3 + [0.1] * 3, abs=1e-12)


def test_only_the_largest_are_named(customers, background):
    found = explain(Additive(), customers, background=background, top=1)
    assert found["column"].tolist() == ["plan", "calls"]


def test_the_customers_are_their_own_background_by_default(customers):
    found = explain(Additive(), customers, top=1).set_index("customer")
    assert found.loc["ann", "column"] == "calls"
    assert found.loc["ann", "effect"] == pytest.approx(0.05 * 3.5, abs=1e-12)


def test_customers_are_explained_the_same_in_blocks(background, monkeypatch):
    whole = explain(Additive(), background, top=2)
    monkeypatch.setattr("skann.inspection._explanation._MAX_ROWS", 10)
    pd.testing.assert_frame_equal(explain(Additive(), background, top=2), whole)


def test_tables_are_left_as_they_are(customers, background):
    copies = customers.copy(), background.copy()
    explain(Additive(), customers, background=background)
    pd.testing.assert_frame_equal(customers, copies[0])
    pd.testing.assert_frame_equal(background, copies[1])


def test_polars_and_arrays_are_taken(customers, background):
    expected = explain(Additive(), customers, background=background)
    by_polars = explain(
        Additive(), pl.from_pandas(customers), background=pl.from_pandas(background)
    )
    by_array = explain(
        Additive(), customers.to_numpy(dtype=object), background=background.to_numpy(dtype=object)
    )
    for found in (by_polars, by_array):
        assert found["effect"].to_numpy() == pytest.approx(expected["effect"].to_numpy())
        assert found["customer"].tolist() == [0, 0, 0, 1, 1, 1]
    assert by_array["column"].tolist() == [1, 0, 2, 0, 1, 2]


def test_another_background_is_refused(customers, background):
    with pytest.raises(ValueError, match=r"other columns than X.*different: \['region'\]"):
        explain(Additive(), customers, background=background.drop(columns="region"))


def test_typical_values_are_quantiles_of_numbers_with_gaps_in_proportion():
    numbers = pd.Series(np.append(np.arange(120.0)[::-1], [np.nan] * 40))
    values, weights = _typical_values(numbers)
    assert values.isna().sum() == 1
    assert weights[values.isna()].item() == 0.25
    assert values.dropna().tolist() == [5 + 10 * i for i in range(12)]


def test_typical_values_are_levels_in_proportion():
    levels = pd.Series(["a", "b", "a", None] * 40, dtype="category")
    values, weights = _typical_values(levels)
    assert dict(zip(values.astype(object).fillna("gap"), weights, strict=True)) == {
        "a": 0.5,
        "b": 0.25,
        "gap": 0.25,
    }


def test_reasons_are_one_line_of_text_each(customers, background):
    texts = reason_texts(explain(Additive(), customers, background=background, top=2))
    assert texts.index.tolist() == ["ann", "bob"]
    assert texts.loc["ann"].tolist() == ["plan = loose (+0.225)", "calls = 7 (+0.175)"]
    assert texts.columns.tolist() == ["reason_1", "reason_2"]


def test_customers_of_the_same_name_keep_their_own_reasons(customers, background):
    customers.index = ["ann", "ann"]
    texts = reason_texts(explain(Additive(), customers, background=background, top=1))
    assert texts["reason_1"].tolist() == ["plan = loose (+0.225)", "calls = 0 (-0.175)"]
