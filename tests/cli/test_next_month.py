"""`skann monitor`, `predict --prior` and `evaluate` without labels: the model a month later."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skann import CostThresholdClassifier
from skann.cli import _tables
from skann.cli._model_file import SavedModel, fingerprints, load_model, save_model
from skann.costs import forecast_cost
from skann.datasets import make_churn
from skann.inspection import summarize_table


def test_monitor_names_what_has_changed_and_what_to_do(run, folder, tmp_path):
    new = make_churn(600, random_state=1).frame.drop(columns="churn")
    new.to_csv(tmp_path / "same.csv", index=False)
    status, out, err = run("monitor", folder / "churn.skann", tmp_path / "same.csv")
    assert (status, err) == (0, "")
    assert "Nothing has changed beyond chance" in out

    new["tenure_months"] *= 30  # days
    new.to_csv(tmp_path / "days.csv", index=False)
    status, changed, _ = run("monitor", folder / "churn.skann", tmp_path / "days.csv")
    assert status == 0
    assert "Mend the data first, then compare again: tenure_months (unit changed)" in changed


def test_monitor_says_which_columns_are_missing(error, folder, tmp_path):
    new = make_churn(50, random_state=1).frame.drop(columns="tenure_months")
    new.to_csv(tmp_path / "new.csv", index=False)
    assert "tenure_months" in error("monitor", folder / "churn.skann", tmp_path / "new.csv")


def test_a_lower_churn_rate_lowers_probabilities_and_contacts(run, folder, tmp_path):
    model, data = folder / "churn.skann", folder / "customers.csv"
    lists = []
    for more in ([], ["--prior", "0.02"]):
        assert run("predict", model, data, "--out", tmp_path / "out.csv", *more)[0] == 0
        lists.append(pd.read_csv(tmp_path / "out.csv").set_index("customer_id").sort_index())
    own, moved = lists
    assert (moved["probability"] < own["probability"]).all()
    assert (moved["contact"] == "yes").sum() < (own["contact"] == "yes").sum()


def test_a_prior_that_is_no_share_is_refused(error, folder):
    assert "not a share" in error(
        "predict", folder / "churn.skann", folder / "customers.csv", "--prior", "2"
    )


@pytest.fixture(scope="module")
def telling(tmp_path_factory):
    """A model whose probabilities tell who leaves, and two months of customers, in a folder."""
    folder = tmp_path_factory.mktemp("telling")
    months = [customers(4000, 0.3, seed=0), customers(4000, 0.05, seed=1)]
    (X, y), (later, _) = months
    model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5, method="bayes")
    model.fit(X[:2000], y[:2000])
    saved = SavedModel(
        model=model,
        target="churn",
        labels=("No", "Yes"),
        positive="Yes",
        columns=["calls", "age"],
        column_roles={"calls": "numeric", "age": "numeric"},
        trained_rows=fingerprints(X[:2000]),
        reference=summarize_table(X[2000:], model),
    )
    save_model(saved, str(folder / "m.skann"))
    later.assign(customer_id=[f"C{i}" for i in range(4000)]).to_parquet(folder / "later.parquet")
    X[2000:].assign(churn=y[2000:]).to_parquet(folder / "now.parquet")
    return folder


def customers(n, rate, seed):
    random = np.random.default_rng(seed)
    left = random.random(n) < rate
    X = pd.DataFrame({"calls": random.normal(2 * left), "age": random.normal(50, 10, n)})
    return X, np.where(left, "Yes", "No")


def test_the_rate_that_is_estimated_is_that_of_the_whole_table(run, telling, monkeypatch):
    model, data = telling / "m.skann", telling / "later.parquet"
    lists = {}
    for sort in ("yes", "no"):
        monkeypatch.setattr(_tables, "BLOCK_ROWS", 1000)
        out = telling / f"{sort}.csv"
        command = ["predict", model, data, "--out", out, "--sort", sort, "--prior"]
        status, _, err = run(*command, "estimate")
        assert status == 0
        (estimated,) = re.findall(r"note: The churn rate .* estimated at (\d+\.\d)% .*30.\d%", err)
        lists[sort] = pd.read_csv(out).set_index("customer_id").sort_index()
    assert float(estimated) == pytest.approx(5, abs=1.5)
    pd.testing.assert_frame_equal(lists["yes"], lists["no"])
    assert lists["yes"]["probability"].mean() == pytest.approx(float(estimated) / 100, abs=0.005)

    run(*command, float(estimated) / 100)
    given = pd.read_csv(out).set_index("customer_id").sort_index()
    assert given["probability"].to_numpy() == pytest.approx(
        lists["no"]["probability"].to_numpy(), abs=0.003
    )
    _, monitored, _ = run("monitor", model, data)
    assert f"imply a churn rate of {estimated}%" in " ".join(monitored.split())


@pytest.mark.parametrize("sort", ["yes", "no"])
def test_a_rate_that_the_rows_do_not_tell_is_refused(sort, error, telling, tmp_path):
    pd.read_parquet(telling / "later.parquet").head(3).to_parquet(tmp_path / "few.parquet")
    out = tmp_path / "out.csv"
    command = ["predict", telling / "m.skann", tmp_path / "few.parquet", "--out", out]
    line = error(*command, "--sort", sort, "--prior", "estimate")
    assert "--prior estimate: The probabilities of 3 customers do not tell" in line
    assert "--prior 0.05" in line
    assert not out.exists()


def test_a_model_that_is_off_tells_no_rate_to_predict_nor_to_monitor(run, error, telling, tmp_path):
    saved = load_model(str(telling / "m.skann"))
    off = saved.reference | {"implied_rate": [0.6, 0.55, 0.65]}
    save_model(dataclasses.replace(saved, reference=off), str(tmp_path / "off.skann"))
    data = telling / "later.parquet"
    line = error("predict", tmp_path / "off.skann", data, "--prior", "estimate")
    assert "off on the test rows of its training" in line
    assert "do not tell the churn rate" in run("monitor", tmp_path / "off.skann", data)[1]


def test_without_labels_evaluate_forecasts_what_decisions_will_cost(run, error, telling, tmp_path):
    model, data = telling / "m.skann", telling / "later.parquet"
    status, out, _ = run("evaluate", model, data)
    assert status == 0
    saved, later = load_model(str(model)), pd.read_parquet(data)
    probability = saved.probability(later[saved.columns])
    contacted = probability > 5 / 105
    forecast = forecast_cost(probability, contacted, fn_cost=100, fp_cost=5)
    figures = f"{contacted.sum():,} {contacted.mean():.1%} {forecast.cost:.2f}"
    assert f"network at threshold {figures}" in " ".join(out.split())
    said = " ".join(out.split())
    assert f"{forecast.cost:.2f} per customer" in said
    assert f"from {forecast.low:.2f} to {forecast.high:.2f}" in said
    assert "if these are calibrated" in said and "Labels would make it a measurement" in said

    empty = later.assign(churn=pd.Series([None] * len(later), dtype="str"))
    empty.to_parquet(tmp_path / "empty.parquet")
    again = run("evaluate", model, tmp_path / "empty.parquet")[1]
    assert again.partition("Forecast")[2] == out.partition("Forecast")[2]
    assert "needs labels" in error("evaluate", model, data, "--report", tmp_path / "r.html")
    later.assign(Churned="Yes").to_parquet(tmp_path / "named.parquet")
    _, out, _ = run("evaluate", model, tmp_path / "named.parquet")
    assert "Did you mean Churned?" in " ".join(out.split())


@pytest.mark.parametrize(("are_true", "place"), [(True, "within that"), (False, "are off")])
def test_with_labels_the_forecast_stands_beside_the_cost(are_true, place, run, telling, tmp_path):
    rows = pd.read_parquet(telling / "now.parquet")
    if not are_true:  # other customers left than the model thinks
        rows["churn"] = rows["churn"].to_numpy()[::-1]
    rows.to_parquet(tmp_path / "rows.parquet")
    _, out, _ = run("evaluate", telling / "m.skann", tmp_path / "rows.parquet")
    measured = re.search(r"Cost +(\d+\.\d\d) per customer", out)[1]
    assert re.search(rf"Forecast .* it was {measured}.* {place}", " ".join(out.split()))
