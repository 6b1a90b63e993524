"""compare_tables finds planted changes, and says nothing of halves of one table."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skann import CostThresholdClassifier
from skann.datasets import fetch_telco_churn, make_churn
from skann.inspection import compare_tables, summarize_table
from skann.inspection._comparison._put_back import put_back
from skann.inspection._comparison._summary import summarize_column
from skann.preprocessing import TableCleaner, TableEncoder

HAS_DATA = pytest.mark.skipif("SKANN_DATA" not in os.environ, reason="needs SKANN_DATA")


@pytest.fixture(scope="module")
def tables():
    X, y = make_churn(4000, random_state=0, return_X_y=True)
    X["signup_date"] = X["signup_date"].dt.strftime("%Y-%m-%d")
    return X[:2000], X[2000:].reset_index(drop=True), y


@pytest.fixture(scope="module")
def summary(tables):
    return summarize_table(tables[0])


@pytest.fixture(scope="module")
def model(tables):
    X, _, y = tables
    logistic = make_pipeline(
        TableCleaner(column_roles={"customer_id": "drop"}),
        TableEncoder("standard", "onehot"),
        LogisticRegression(max_iter=500),
    )
    return CostThresholdClassifier(logistic, fn_cost=100, fp_cost=5, cv=3).fit(X, y[:2000])


def with_cents(X):
    return X.assign(monthly_charge=100 * X["monthly_charge"])


def with_a_level_renamed(X):
    return X.assign(contract=X["contract"].replace("One year", "12 months"))


def with_a_column_emptied(X):
    return X.assign(survey_score=np.nan)


def with_a_rate_doubled(X):
    more = np.random.default_rng(0).random(len(X)) < 0.2
    return X.assign(payment_method=X["payment_method"].mask(more, "Bank transfer"))


def with_a_new_region(X):
    return X.assign(region=X["region"].mask(np.arange(len(X)) % 40 == 0, "Region 99"))


def with_a_clipped_maximum(X):
    return X.assign(usage_gb=X["usage_gb"].clip(upper=X["usage_gb"].quantile(0.96)))


def with_another_date_format(X):
    return X.assign(signup_date=pd.to_datetime(X["signup_date"]).dt.strftime("%d.%m.%Y"))


def with_a_batch_twice(X):
    return pd.concat([X, X[:100]], ignore_index=True)


PLANTED = {
    with_cents: ("monthly_charge", "unit changed"),
    with_a_level_renamed: ("contract", "level renamed"),
    with_a_column_emptied: ("survey_score", "emptied"),
    with_a_rate_doubled: ("payment_method", "shares of levels"),
    with_a_new_region: ("region", "new levels"),
    with_a_clipped_maximum: ("usage_gb", "maximum clipped"),
    with_another_date_format: ("signup_date", "date format"),
    with_a_batch_twice: (None, "rows repeated"),
}


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_change_is_found_and_nothing_else(summary, tables, plant):
    found = compare_tables(summary, plant(tables[1]))
    assert [(change.column, change.change) for change in found.changes] == [PLANTED[plant]]
    assert PLANTED[plant][1] in str(found) and PLANTED[plant][1] in found._repr_html_()


def silent_on_halves(X, n_halves):
    random = np.random.default_rng(0)
    for _ in range(n_halves):
        rows = random.permutation(len(X))
        half = len(X) // 2
        found = compare_tables(X.iloc[rows[:half]], X.iloc[rows[half:]])
        assert found.changes == [], found


@pytest.mark.parametrize("n_rows", [300, 3000])
def test_random_halves_of_one_table_have_not_changed(n_rows):
    silent_on_halves(make_churn(n_rows, random_state=1, return_X_y=True)[0], 20)


@HAS_DATA
def test_random_halves_of_a_real_table_have_not_changed():
    silent_on_halves(fetch_telco_churn(return_X_y=True)[0], 20)


def test_a_table_and_its_summary_are_the_same_reference(summary, tables):
    known, new, _ = tables
    for change in (with_cents, with_a_level_renamed):
        by_table, by_summary = (compare_tables(r, change(new)) for r in (known, summary))
        assert by_table.changes == by_summary.changes
        pd.testing.assert_frame_equal(by_table.to_frame(), by_summary.to_frame())


def test_a_summary_is_plain_json_and_holds_no_customer(summary, tables):
    assert json.loads(json.dumps(summary)) == summary
    assert tables[0]["customer_id"].iloc[0] not in json.dumps(summary)
    assert len(json.dumps(summary)) < 50_000
    names = pd.DataFrame({"city": ["Rome"] * 50 + ["Ada's farm"], "calls": range(51)})
    assert "Ada's farm" not in json.dumps(summarize_table(names))


def test_a_missing_column_is_a_fault(summary, tables):
    found = compare_tables(summary, tables[1].drop(columns="age"))
    assert [(c.column, c.change) for c in found.changes] == [("age", "column missing")]
    assert found.verdict.startswith("Mend the data first")


def test_numbers_are_found_whose_distribution_has_moved(summary, tables):
    new = tables[1].assign(support_calls=tables[1]["support_calls"] + 1)
    found = {change.change: change for change in compare_tables(summary, new).changes}
    assert "the median was 1, now 2" in found["distribution"].evidence


def test_what_dtype_the_cells_come_in_does_not_matter(summary, tables):
    new = tables[1].astype({"monthly_charge": str, "paperless_billing": int, "region": "category"})
    new["signup_date"] = pd.to_datetime(new["signup_date"])
    assert compare_tables(summary, new).changes == []


@pytest.mark.filterwarnings("ignore::skann.UnseenLevelsWarning")
def test_the_model_tells_which_column_moved_the_scores(summary, tables, model):
    new = with_a_level_renamed(with_cents(tables[1]))
    found = compare_tables(summary, new, model)
    frame = found.to_frame().set_index("column")
    original = model.predict_proba(with_a_level_renamed(tables[1]))[:, 1].mean()
    moved = model.predict_proba(new)[:, 1].mean() - original
    assert frame.loc["monthly_charge", "score_moved"] == pytest.approx(moved, abs=0.01)
    assert abs(moved) > 0.05
    others = frame["score_moved"].drop(["monthly_charge", "contract"]).dropna()
    assert others.abs().max() < 0.01
    assert "monthly_charge moved it by" in str(found)


def test_a_changed_churn_rate_is_told_with_what_to_do(tables, model):
    _, new, y = tables
    stayed = np.flatnonzero(y[2000:] == "No")
    rows = np.concatenate([stayed, np.flatnonzero(y[2000:] == "Yes")[:30]])
    summary = summarize_table(new, model)
    found = compare_tables(summary, new.iloc[rows], model)
    assert found.prior.low < 30 / len(rows) < found.prior.high
    assert found.prior_before == pytest.approx(model.prior_)
    assert found.score_mean < found.score_mean_before
    assert "decide with prior=" in found.verdict
    unchanged = compare_tables(summary, new, model)
    assert unchanged.verdict == "Nothing has changed beyond chance: go on as before."


@pytest.mark.parametrize(
    "column", ["monthly_charge", "support_calls", "survey_score", "region", "payment_method"]
)
def test_a_column_put_back_has_the_distribution_of_the_reference(summary, tables, column):
    known, new, _ = tables
    old = next(found for found in summary["columns"] if found["name"] == column)
    scrambled = new[column].iloc[:700].where(np.arange(700) % 3 > 0)
    back = put_back(scrambled, old)
    assert back.isna().mean() == pytest.approx(known[column].isna().mean(), abs=0.001)
    if old["kind"] == "level":
        for level, share in old["levels"].items():
            assert (back == level).sum() / back.notna().sum() == pytest.approx(share, abs=0.05)
    else:
        assert back.mean() == pytest.approx(known[column].mean(), rel=0.05)


def test_a_column_that_has_not_changed_stays_as_it_is():
    random = np.random.default_rng(0)
    level = pd.Series(random.choice(["a", "b", "c"], 500), name="level")
    charge = pd.Series(random.permutation(500) / 4, name="charge")
    assert (put_back(level, summarize_column(level)) == level).all()
    assert (put_back(charge, summarize_column(charge)) - charge).abs().max() <= 0.5
