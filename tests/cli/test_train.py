"""`skann train`: what it prints, saves and refuses."""

import io
import os
import re

import pandas as pd
import pytest

import skann
from skann.cli import _commands, _parser, _report, _training, main
from skann.cli._model_file import load_model
from skann.datasets import make_churn
from skann.preprocessing._roles import CHOICES


def test_train_reports_every_step_from_data_to_file(folder):
    out = (folder / "said.txt").read_text()
    assert "600 rows and 15 columns" in " ".join(out.split())
    assert "churn = Yes: 120 of 600 (20.0%)" in out
    assert "80.0%" in out
    assert "120 customers set aside, 480 to learn from" in out
    assert "left out customer_id" in out
    for row in ("nobody", "everybody", "network at 0.5", "network at threshold"):
        assert re.search(rf"^  {row} ", out, re.MULTILINE)
    for name in "AUC PR-AUC Brier precision recall F1 accuracy Threshold Cost".split():
        assert name in out
    assert "logistic regression" in out
    assert str(folder / "churn.skann") in out
    assert max(map(len, out.splitlines())) <= 100 + len(str(folder))


def test_cost_of_nobody_and_everybody_follows_from_the_churn_rate(folder):
    out = (folder / "said.txt").read_text()
    # 24 of 120 test customers leave: 24 * 100 / 120, and 96 * 5 / 120.
    assert re.search(r"^  nobody .* 20\.00$", out, re.MULTILINE)
    assert re.search(r"^  everybody .* 4\.00$", out, re.MULTILINE)


def test_nothing_goes_to_stderr_where_it_is_no_terminal(train_on, run, folder, tmp_path):
    status, _, err = run(*train_on(folder / "customers.csv", tmp_path / "m", "--epochs", 1))
    assert (status, err) == (0, "")


def test_the_saved_model_is_a_fitted_cost_classifier(folder):
    saved = load_model(str(folder / "churn.skann"))
    assert (saved.target, saved.labels, saved.positive) == ("churn", ("No", "Yes"), "Yes")
    model = skann.load(folder / "churn.skann")
    assert isinstance(model, skann.CostThresholdClassifier)
    assert model.fn_cost == 100
    rows = make_churn(20, random_state=1).data.astype({"signup_date": str})
    assert model.predict_proba(rows).shape == (20, 2)


def test_test_rows_are_never_trained_on(train_on, folder, tmp_path, monkeypatch):
    seen = []
    fit = skann.ChurnANNClassifier.fit

    def spy(self, X, y, **arguments):
        seen.append(set(X["customer_id"]))
        return fit(self, X, y, **arguments)

    monkeypatch.setattr(skann.ChurnANNClassifier, "fit", spy)
    tested = []
    report_test = _training._report_test

    def report_spy(saved, logistic, test, churned):
        tested.append(set(test["customer_id"]))
        return report_test(saved, logistic, test, churned)

    monkeypatch.setattr(_training, "_report_test", report_spy)
    assert main(train_on(folder / "customers.csv", tmp_path / "m.skann")) == 0
    assert len(tested[0]) == 120
    assert all(not (rows & tested[0]) for rows in seen)


def test_equal_seeds_give_equal_reports_and_other_seeds_do_not(train_on, run, folder, tmp_path):
    def tables(*more):
        _, out, _ = run(*train_on(folder / "customers.csv", tmp_path / "m.skann", *more))
        return out[out.index("AUC") :]

    assert tables() == tables("--seed", "0") != tables("--seed", "1")


@pytest.mark.parametrize(("left", "said"), [("Yes", False), ("1", False), ("out", True)])
def test_the_label_sorted_last_is_taken_and_said_where_not_obvious(left, said, capsys):
    _report.describe_classes(60, 300, "churn", left, guessed=True)
    out = capsys.readouterr().out
    assert f"churn = {left}: 60 of 300" in out
    assert (f"{left} is taken for leaving, as it is sorted last" in out) == said


def test_a_majority_taken_for_leaving_is_pointed_out(capsys):
    _report.describe_classes(240, 300, "churn", "stayed", guessed=True)
    assert "Most are stayed" in capsys.readouterr().out


def test_the_label_that_is_named_is_the_one_that_is_predicted(train_on, run, tmp_path):
    frame = make_churn(300, random_state=0).frame
    frame["churn"] = frame["churn"].map({"Yes": "gone", "No": "stayed"})
    frame.to_csv(tmp_path / "data.csv", index=False)
    model = tmp_path / "m.skann"
    status, out, _ = run(*train_on(tmp_path / "data.csv", model, "--positive", "gone"))
    assert status == 0
    assert "churn = gone: 60 of 300 (20.0%)" in out
    assert "sorted last" not in out
    _, out, _ = run("predict", model, tmp_path / "data.csv")
    assert pd.read_csv(io.StringIO(out))["probability"].mean() < 0.5
    assert load_model(str(model)).model.classes_.tolist() == ["gone", "stayed"]


def test_drop_takes_patterns_and_names(train_on, run, folder, tmp_path):
    status, out, _ = run(
        *train_on(folder / "customers.csv", tmp_path / "m.skann", "--drop", "customer_*", "region")
    )
    assert status == 0
    assert "left out customer_id, customer_value, region: --drop" in out
    saved = load_model(str(tmp_path / "m.skann"))
    assert not {"customer_id", "customer_value", "region"} & set(saved.columns)


def test_a_misspelt_target_gets_a_suggestion(train_on, error, folder, tmp_path):
    line = error(*train_on(folder / "customers.csv", tmp_path / "m", target="Chrun"))
    assert "has no column 'Chrun'. Did you mean churn?" in line
    line = error(*train_on(folder / "customers.csv", tmp_path / "m", target="zzz"))
    assert "It has customer_id, signup_date" in line


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["No"] * 6, "holds 'No' only"),
        (["No", "Yes", "Maybe"] * 2, "holds 3 values (Maybe, No, Yes)"),
        ([1.5, 2.5, 3.5, 4.5, 5.5, 6.5], "holds 6 values (1.5, 2.5, 3.5, 4.5 and 2 more)"),
        ([None] * 6, "is empty"),
        (["No"] * 5 + ["Yes"], "too few"),
    ],
)
def test_labels_that_are_not_two_classes_are_refused(train_on, labels, message, error, tmp_path):
    frame = pd.DataFrame({"x": range(6), "churn": labels})
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert message in error(*train_on(tmp_path / "data.csv", tmp_path / "m"))


def test_an_unknown_positive_label_lists_the_labels(train_on, error, folder, tmp_path):
    line = error(*train_on(folder / "customers.csv", tmp_path / "m", "--positive", "1"))
    assert "--positive 1 is not among the labels No, Yes" in line


def test_a_drop_that_matches_nothing_is_refused(train_on, error, folder, tmp_path):
    line = error(*train_on(folder / "customers.csv", tmp_path / "m", "--drop", "costumer_id"))
    assert "--drop costumer_id matches no column. Did you mean customer_id?" in line
    line = error(*train_on(folder / "customers.csv", tmp_path / "m", "--drop", "*"))
    assert "no column is left" in line


@pytest.mark.parametrize("cost", ["-5", "nan", "inf", "much"])
def test_a_bad_cost_is_refused(cost, error, folder):
    line = error("train", folder / "customers.csv", "--target", "churn", f"--fn-cost={cost}")
    assert "--fn-cost" in line


def test_missing_arguments_are_named(error):
    assert "--fn-cost, --fp-cost" in error("train", "data.csv", "--target", "churn")
    assert "invalid choice: 'fit'" in error("fit")


@pytest.mark.parametrize("share", ["0", "1", "20"])
def test_a_bad_test_size_is_refused(train_on, share, error, folder, tmp_path):
    line = error(*train_on(folder / "customers.csv", tmp_path / "m", "--test-size", share))
    assert "--test-size" in line


@pytest.mark.slow
def test_demo_ends_with_customers_to_contact_and_what_to_type_next(run):
    status, out, err = run("demo")
    assert status == 0
    assert err == ""
    assert "skann train customers.csv" in out.splitlines()[-2]
    assert re.search(r"^  C\d{7} +0\.\d+ +yes", out, re.MULTILINE)
    auc = {
        name: float(re.search(rf"^  {name} +(0\.\d+)", out, re.MULTILINE).group(1))
        for name in ("network", "logistic regression")
    }
    assert auc["network"] > auc["logistic regression"]
    assert max(map(len, out.splitlines())) <= 90


@pytest.mark.skipif(not os.environ.get("SKANN_DATA"), reason="SKANN_DATA is not set")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "target", "more", "churners"),
    [
        ("telco_customer_churn.csv", "Churn", [], "1,869 of 7,043"),
        ("bank_churn_modelling.csv", "Exited", [], "2,037 of 10,000"),
        ("hr_employee_attrition.csv", "Attrition", [], "237 of 1,470"),
        ("tv_subscription_churn.csv", "target", ["--drop", "C_*"], "449 of 9,379"),
    ],
)
def test_real_files_go_through_without_cleaning_by_hand(
    file, target, more, churners, run, tmp_path
):
    data, model = os.path.join(os.environ["SKANN_DATA"], file), tmp_path / "m.skann"
    status, out, _ = run(
        "train", data, "--target", target, "--fn-cost", 100, "--fp-cost", 5, "--model", model, *more
    )
    assert status == 0
    assert churners in out
    assert run("evaluate", model, data)[0] == 0
    status, _, _ = run("predict", model, data, "--out", tmp_path / "scored.csv")
    assert status == 0
    assert len(pd.read_csv(tmp_path / "scored.csv")) == len(pd.read_csv(data))


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (
            "agee=numeric",
            "agee=numeric: there is no such column to learn from. Did you mean age",
        ),
        ("churn=category", "no such column to learn from"),
        ("age=number", "'number' is not a role (numeric, datetime, category, drop)"),
        ("age=numerical", "Did you mean numeric?"),
        ("age", "is not written as COLUMN=ROLE"),
    ],
)
def test_a_role_that_cannot_be_given_is_refused_by_name(role, said, train_on, error, folder):
    line = error(*train_on(folder / "customers.csv", folder / "m", "--role", role))
    assert said in line


def test_a_column_of_two_roles_or_left_out_takes_no_role(train_on, error, folder):
    data, model = folder / "customers.csv", folder / "m"
    roles = ["--role", "age=numeric", "--role", "age=category"]
    assert "gives age two roles, numeric and category" in error(*train_on(data, model, *roles))
    roles = ["--role", "age=numeric", "--drop", "age"]
    assert "--role age=numeric: there is no such column" in error(*train_on(data, model, *roles))


def test_roles_reach_the_network_by_column(train_on, run, folder, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(
        _commands, "fit", lambda *X, column_roles, **more: given.append(column_roles)
    )
    roles = ["--role", "age = Category", "--role", "customer_id=numeric"]
    with pytest.raises(TypeError):  # nothing was fitted
        run(*train_on(folder / "customers.csv", tmp_path / "m", *roles))
    assert given == [{"age": "category", "customer_id": "numeric"}]


def test_what_columns_were_taken_for_counts_numbers_in_text_as_numbers(capsys):
    roles = {"a": "numeric text", "b": "numeric", "c": "category", "d": "datetime", "e": "id"}
    _report.describe_roles(roles | {"f": "drop", "g": "constant"})
    out = capsys.readouterr().out
    assert "1 category, 2 numbers, 1 date (d)" in out
    assert "left out e: looks like an identifier" in out
    assert "left out f: --role" in out
    assert "left out g: same value in every row" in out


def test_the_roles_to_choose_from_are_those_of_the_classifier():
    assert _parser.ROLES == CHOICES
