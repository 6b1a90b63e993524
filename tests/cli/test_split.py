"""`skann train --group` and `--time`: which rows test the model, and which teach it."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

import skann
from skann.cli._errors import CommandError
from skann.cli._model_file import load_model, save_model
from skann.cli._split import split_rows
from skann.datasets import make_churn
from skann.model_selection._forward_folds import ForwardFolds

CHURNED = np.random.default_rng(1).random(600) < 0.2


def column(values, name="who"):
    return pd.Series(values, name=name, dtype=object)


def test_all_rows_of_a_customer_are_on_one_side():
    who = column(np.random.default_rng(0).integers(0, 200, 600).astype(str))
    split = split_rows(CHURNED, 0.25, 0, "--group", who)
    assert sorted([*split.train, *split.test]) == list(range(600))
    assert not {*who[split.train]} & {*who[split.test]}
    assert len(split.test) == pytest.approx(150, abs=10)
    assert CHURNED[split.test].mean() == pytest.approx(CHURNED.mean(), abs=0.03)
    pairs = {*zip(who[split.train], split.groups, strict=True)}
    assert len(pairs) == who[split.train].nunique() == len(np.unique(split.groups))
    assert split.group == "who" and not split.in_time
    again, other = (split_rows(CHURNED, 0.25, seed, "--group", who) for seed in (0, 1))
    assert np.array_equal(split.test, again.test) and not np.array_equal(split.test, other.test)


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y-%m-%d", "%b %d, %Y", "%Y%m%d"])
def test_the_newest_rows_are_the_test_however_dates_are_written(form):
    days = pd.Timestamp("2025-01-15") + pd.to_timedelta(
        np.random.default_rng(0).permutation(600), unit="D"
    )
    split = split_rows(CHURNED, 0.2, 0, "--time", column(days.strftime(form), "seen"))
    assert np.array_equal(split.test, np.flatnonzero(days >= days.sort_values()[480]))
    assert split.in_time and np.array_equal(np.argsort(split.groups), np.argsort(days[split.train]))
    shown = "20260510" if form == "%Y%m%d" else "2026-05-10"
    assert f"seen from {shown} on; 480 older" in split.said


def test_rows_of_one_month_stay_together():
    month = column(np.tile(["2025-01", "2025-02", "2025-03"], 200))
    split = split_rows(CHURNED, 0.1, 0, "--time", month)
    assert np.array_equal(split.test, np.arange(2, 600, 3))
    two = split_rows(CHURNED, 0.1, 0, "--time", column([1.0] * 400 + [2.0] * 200))
    assert len(two.test) == 200
    assert two.groups is None and not two.in_time  # of one time there is no older half


@pytest.mark.parametrize(
    ("option", "values", "said"),
    [
        ("--group", ["a"] * 600, "it is 'a' in every row"),
        ("--group", ["a", None] * 300, "it is missing in 300 of 600 rows"),
        ("--time", ["a", "b"] * 300, "cells such as 'a' are neither dates nor numbers"),
        ("--time", ["2025-01-01"] * 600, "all rows are of the same time"),
        ("--time", [1.0] * 599 + [None], "it is missing in 1 of 600 rows"),
        (
            "--time",
            [*pd.date_range("2025-01-01", periods=599).strftime("%Y-%m-%d"), "soon"],
            "cannot be read in 1 of 600 rows, such as 'soon'",
        ),
    ],
)
def test_a_column_that_cannot_split_is_refused_with_why(option, values, said):
    with pytest.raises(CommandError, match=re.escape(said)) as error:
        split_rows(CHURNED, 0.2, 0, option, column(values))
    assert str(error.value).startswith(f"{option} who: ")


@pytest.mark.parametrize(
    ("option", "values"), [("--time", np.arange(600.0)), ("--group", np.arange(600) < 100)]
)
def test_a_side_of_one_class_is_refused(option, values):
    churned = np.arange(600) < 100
    with pytest.raises(CommandError, match=f"{option} who: .* both kinds are needed"):
        split_rows(churned, 0.2, 0, option, column(values))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--group", "custmer_id"], "--group custmer_id: there is no such column"),
        (["--group", "custmer_id"], "Did you mean customer_id"),
        (["--time", "churn"], "--time churn: there is no such column beside the target"),
        (["--group", "region", "--time", "signup_date"], "give --group or --time, not both"),
        (["--group", "region", "--role", "region=category"], "no such column to learn from"),
    ],
)
def test_columns_that_cannot_be_asked_for_are_refused(more, said, train_on, error, folder):
    assert said in error(*train_on(folder / "customers.csv", folder / "m", *more))


@pytest.mark.parametrize(("option", "name"), [("--group", "region"), ("--time", "signup_date")])
def test_the_column_itself_teaches_nothing(option, name, train_on, run, folder, monkeypatch):
    given = []

    def spy(self, X, y, *, groups):
        given.append((X, groups, self.get_params()["cv"]))
        raise KeyboardInterrupt

    monkeypatch.setattr(skann.ChurnANNClassifier, "fit", spy)
    drop = ["--drop", f"{name[:3]}*"]  # which it may be, too
    _, out, _ = run(*train_on(folder / "customers.csv", folder / "m", option, name, *drop))
    assert f"left out {name}: {option}" in out
    ((X, groups, cv),) = given
    assert name not in X and len(X) == len(groups)
    assert isinstance(cv, ForwardFolds) == (option == "--time")


@pytest.mark.slow
def test_a_model_of_the_past_is_reported_saved_and_scores(train_on, run, tmp_path):
    churn = make_churn(300, random_state=0).frame
    churn["month"] = np.random.default_rng(0).integers(1, 13, 300)
    churn.to_csv(tmp_path / "months.csv", index=False)
    model, html = tmp_path / "m.skann", tmp_path / "report.html"
    more = ["--time", "month", "--report", html, "--epochs", 1]
    status, out, _ = run(*train_on(tmp_path / "months.csv", model, *more))
    assert status == 0
    assert "with month from 1" in out and "Audit" in out
    assert "shuffled split" not in out
    assert "Audit of the training" in html.read_text()
    saved = load_model(str(model))
    assert "month" not in saved.columns
    assert isinstance(saved.model.estimator_.cv, ForwardFolds)
    assert run("predict", model, tmp_path / "months.csv")[0] == 0


def test_what_tells_customers_apart_names_them_in_lists(run, folder, tmp_path):
    saved = load_model(str(folder / "churn.skann"))
    save_model(dataclasses.replace(saved, group="visitor"), str(tmp_path / "m.skann"))
    visits = pd.read_csv(folder / "customers.csv").head(40).drop(columns="customer_id")
    visits.assign(visitor=[f"v{i // 2}" for i in range(40)]).to_csv(tmp_path / "v.csv", index=False)
    _, out, _ = run("predict", tmp_path / "m.skann", tmp_path / "v.csv")
    assert out.splitlines()[0] == "visitor,probability,contact,expected_gain"
