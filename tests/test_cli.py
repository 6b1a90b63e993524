"""The `skann` command: what it prints, writes and refuses."""

import os
import re
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest

import skann
from skann import _cli_files, cli
from skann.cli import main
from skann.datasets import make_churn

HAS_DATA = pytest.mark.skipif(
    not os.environ.get("SKANN_DATA"), reason="SKANN_DATA is not set: no real data to read"
)
COSTS = ["--fn-cost", "100", "--fp-cost", "5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Customers in a CSV file, and a model trained on them for two epochs."""
    folder = tmp_path_factory.mktemp("cli")
    frame = make_churn(600, random_state=0).frame
    frame.to_csv(folder / "customers.csv", index=False)
    status = main(_train(folder / "customers.csv", folder / "churn.joblib"))
    assert status == 0
    return folder


def _train(data, model, *more, target="churn"):
    start = ["train", str(data), "--target", target, *COSTS]
    return [*start, "--model", str(model), "--epochs", "2", *more]


@pytest.fixture
def run(capsys):
    """Run a command in this process; returns status, stdout and stderr."""

    def run(*arguments):
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def error(run):
    """Run a command that must fail with one line, and return that line."""

    def error(*arguments):
        status, _, err = run(*arguments)
        assert status == 2
        assert err.startswith("skann: error: ")
        assert err.count("\n") == 1
        return err

    return error


# train


def test_train_reports_every_step_from_data_to_file(run, folder, tmp_path):
    model = tmp_path / "m.joblib"
    status, out, err = run(*_train(folder / "customers.csv", model))
    assert status == 0
    assert err == ""  # no progress bar, since stderr is no terminal
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
    assert str(model) in out
    assert max(map(len, out.splitlines())) <= 100 + len(str(tmp_path))


def test_cost_of_nobody_and_everybody_follows_from_the_churn_rate(run, folder, tmp_path):
    _, out, _ = run(*_train(folder / "customers.csv", tmp_path / "m.joblib"))
    # 24 of 120 test customers leave: 24 * 100 / 120, and 96 * 5 / 120.
    assert re.search(r"^  nobody .* 20\.00$", out, re.MULTILINE)
    assert re.search(r"^  everybody .* 4\.00$", out, re.MULTILINE)


def test_the_saved_model_is_a_fitted_cost_classifier(folder):
    content = joblib.load(folder / "churn.joblib")
    assert content["skann"] == skann.__version__
    assert content["target"] == "churn"
    assert content["positive"] == "Yes"
    assert isinstance(content["model"], skann.CostThresholdClassifier)
    assert content["model"].fn_cost == 100
    rows = make_churn(20, random_state=1).data.astype({"signup_date": str})
    assert content["model"].predict_proba(rows).shape == (20, 2)


def test_test_rows_are_never_trained_on(folder, tmp_path, monkeypatch):
    seen = []
    fit = skann.ChurnANNClassifier.fit

    def spy(self, X, y, **arguments):
        seen.append(set(X["customer_id"]))
        return fit(self, X, y, **arguments)

    monkeypatch.setattr(skann.ChurnANNClassifier, "fit", spy)
    tested = []
    report_test = cli._report_test

    def report_spy(saved, logistic, test, churned):
        tested.append(set(test["customer_id"]))
        return report_test(saved, logistic, test, churned)

    monkeypatch.setattr(cli, "_report_test", report_spy)
    assert main(_train(folder / "customers.csv", tmp_path / "m.joblib")) == 0
    assert len(tested[0]) == 120
    assert all(not (rows & tested[0]) for rows in seen)


def test_equal_seeds_give_equal_reports_and_other_seeds_do_not(run, folder, tmp_path):
    def tables(*more):
        _, out, _ = run(*_train(folder / "customers.csv", tmp_path / "m.joblib", *more))
        return out[out.index("AUC") :]

    assert tables() == tables("--seed", "0") != tables("--seed", "1")


@pytest.mark.parametrize(("stayed", "left", "said"), [("No", "Yes", False), ("in", "out", True)])
def test_the_label_sorted_last_is_taken_and_said_where_not_obvious(
    stayed, left, said, run, tmp_path
):
    frame = make_churn(300, random_state=0).frame
    frame["churn"] = frame["churn"].map({"No": stayed, "Yes": left})
    frame.to_csv(tmp_path / "data.csv", index=False)
    _, out, _ = run(*_train(tmp_path / "data.csv", tmp_path / "m.joblib"))
    assert f"churn = {left}: 60 of 300" in out
    assert (f"{left} is taken for leaving, as it is sorted last" in out) == said


def test_a_majority_taken_for_leaving_is_pointed_out(run, tmp_path):
    frame = make_churn(300, random_state=0).frame
    frame["churn"] = frame["churn"].map({"Yes": "gone", "No": "stayed"})
    frame.to_csv(tmp_path / "data.csv", index=False)
    _, out, _ = run(*_train(tmp_path / "data.csv", tmp_path / "m.joblib"))
    assert "Most are stayed" in out
    status, out, _ = run(
        *_train(tmp_path / "data.csv", tmp_path / "m.joblib", "--positive", "gone")
    )
    assert status == 0
    assert "churn = gone: 60 of 300 (20.0%)" in out
    assert "sorted last" not in out
    saved = _cli_files.load_model(str(tmp_path / "m.joblib"))
    leaves = (frame["churn"] == "gone").to_numpy()
    probability = saved.probability(frame[saved.columns].astype({"signup_date": str}))
    assert probability.mean() < 0.5
    assert saved.model.classes_.tolist() == ["gone", "stayed"]
    assert leaves.sum() == 60


@pytest.mark.parametrize(
    ("labels", "positive"),
    [([0, 1], "1"), ([0.0, 1.0], "1"), ([False, True], "true"), (["n", " y "], "y")],
)
def test_labels_of_any_kind_are_found_by_how_people_write_them(labels, positive, run, tmp_path):
    frame = make_churn(300, random_state=0).frame
    frame["churn"] = frame["churn"].map(dict(zip(["No", "Yes"], labels, strict=True)))
    frame.to_csv(tmp_path / "data.csv", index=False)
    status, out, _ = run(
        *_train(tmp_path / "data.csv", tmp_path / "m.joblib", "--positive", positive)
    )
    assert status == 0
    assert "60 of 300 (20.0%)" in out


def test_rows_without_a_label_are_left_out_with_a_word(run, tmp_path):
    frame = make_churn(400, random_state=0).frame
    frame.loc[:3, "churn"] = None
    frame.loc[4:9, "churn"] = "  "
    frame.to_csv(tmp_path / "data.csv", index=False)
    status, out, _ = run(*_train(tmp_path / "data.csv", tmp_path / "m.joblib"))
    assert status == 0
    assert "left out 10 rows: no churn" in out


def test_drop_takes_patterns_and_names(run, folder, tmp_path):
    status, out, _ = run(
        *_train(folder / "customers.csv", tmp_path / "m.joblib", "--drop", "customer_*", "region")
    )
    assert status == 0
    assert "left out customer_id, customer_value, region: --drop" in out
    saved = _cli_files.load_model(str(tmp_path / "m.joblib"))
    assert not {"customer_id", "customer_value", "region"} & set(saved.columns)


# predict


def test_predict_lists_every_customer_by_worth_under_its_id(run, folder, tmp_path):
    out_path = tmp_path / "scored.csv"
    status, out, _ = run(
        "predict", folder / "churn.joblib", folder / "customers.csv", "--out", out_path
    )
    assert status == 0
    scored = pd.read_csv(out_path)
    assert list(scored) == ["customer_id", "probability", "contact", "expected_gain"]
    raw = pd.read_csv(folder / "customers.csv")
    assert set(scored["customer_id"]) == set(raw["customer_id"])
    assert (scored["expected_gain"].diff().dropna() <= 0).all()
    saved = _cli_files.load_model(str(folder / "churn.joblib"))
    # Each row carries its own customer's figures.
    merged = raw.merge(scored, on="customer_id")
    np.testing.assert_allclose(
        merged["probability"], saved.probability(merged[saved.columns]), atol=1e-6
    )
    contacted = saved.model.predict(merged[saved.columns]) == "Yes"
    assert (merged["contact"] == np.where(contacted, "yes", "no")).all()
    p = merged["probability"]
    np.testing.assert_allclose(merged["expected_gain"], 100 * p - 5 * (1 - p), atol=1e-3)
    assert f"{contacted.sum()} of 600 customers" in out


def test_without_out_the_table_alone_goes_to_stdout(run, folder):
    status, out, err = run("predict", folder / "churn.joblib", folder / "customers.csv")
    assert status == 0
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "customer_id,probability,contact,expected_gain"
    assert len(lines) == 601


def test_parquet_goes_in_and_out(run, folder, tmp_path):
    pytest.importorskip("pyarrow")
    frame = make_churn(300, random_state=3).frame
    frame.to_parquet(tmp_path / "customers.parquet")
    data, model, out_path = (tmp_path / name for name in ("customers.parquet", "m", "out.parquet"))
    assert run(*_train(data, model))[0] == 0
    assert run("predict", model, data, "--out", out_path)[0] == 0
    assert set(pd.read_parquet(out_path)["customer_id"]) == set(frame["customer_id"])


def test_new_files_may_lack_unused_columns_and_hold_others(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(20)
    new = raw.drop(columns=["customer_id", "churn"]).assign(note="x", account=range(7, 27))
    new["region"] = "Region 99"
    new["age"] = np.nan
    new.loc[3, "contract"] = None
    new[new.columns[::-1]].to_csv(tmp_path / "new.csv", index=False)
    status, out, _ = run("predict", folder / "churn.joblib", tmp_path / "new.csv")
    assert status == 0
    # account differs in every row and is no feature: it tells who the row is
    assert out.splitlines()[0] == "account,probability,contact,expected_gain"
    assert len(out.splitlines()) == 21


def test_without_any_id_the_row_number_is_given(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(5).drop(columns="customer_id")
    raw.to_csv(tmp_path / "new.csv", index=False)
    _, out, _ = run("predict", folder / "churn.joblib", tmp_path / "new.csv")
    assert out.splitlines()[0].startswith("row,")
    assert sorted(line.split(",")[0] for line in out.splitlines()[1:]) == list("12345")


# evaluate


def test_evaluate_gives_the_figures_of_scikit_learn(run, folder):
    from sklearn.metrics import roc_auc_score

    status, out, _ = run("evaluate", folder / "churn.joblib", folder / "customers.csv")
    assert status == 0
    raw = pd.read_csv(folder / "customers.csv")
    saved = _cli_files.load_model(str(folder / "churn.joblib"))
    leaves = raw["churn"] == "Yes"
    auc = roc_auc_score(leaves, saved.probability(raw[saved.columns]))
    assert re.search(rf"^  network +{auc:.4f} ", out, re.MULTILINE)
    contact = saved.model.predict(raw[saved.columns]) == "Yes"
    cost = ((leaves & ~contact).sum() * 100 + (contact & ~leaves).sum() * 5) / 600
    assert re.search(rf"^  network at threshold .* {cost:.2f}$", out, re.MULTILINE)


def test_evaluate_says_how_many_rows_the_model_was_trained_on(run, folder, tmp_path):
    _, out, _ = run("evaluate", folder / "churn.joblib", folder / "customers.csv")
    assert "trained on 480 of these rows" in out
    make_churn(200, random_state=9).frame.to_csv(tmp_path / "new.csv", index=False)
    status, out, _ = run("evaluate", folder / "churn.joblib", tmp_path / "new.csv")
    assert status == 0
    assert "trained on" not in out


def test_evaluate_of_one_class_shows_what_can_be_said(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv")
    raw[raw["churn"] == "No"].to_csv(tmp_path / "loyal.csv", index=False)
    status, out, _ = run("evaluate", folder / "churn.joblib", tmp_path / "loyal.csv")
    assert status == 0
    assert re.search(r"^  network +- +- +0\.\d+$", out, re.MULTILINE)


# files as people have them


def _same_frame(path):
    frame = _cli_files.read_table(str(path))
    return frame.columns.tolist(), frame.iloc[0].tolist()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name,fee,town\nAnn,2.5,Köln\n", "utf-8"),
        ("name,fee,town\nAnn,2.5,Köln\n", "utf-8-sig"),
        ("name;fee;town\nAnn;2.5;Köln\n", "utf-8"),
        ("name;fee;town\nAnn;2,5;Köln\n", "cp1252"),
        ("name\tfee\ttown\nAnn\t2.5\tKöln\n", "utf-8"),
        ('"name";"fee";"town"\n"Ann";2.5;"Köln"\n', "utf-8"),
    ],
)
def test_separators_decimal_commas_and_encodings_are_found(text, encoding, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(text, encoding=encoding)
    assert _same_frame(path) == (["name", "fee", "town"], ["Ann", 2.5, "Köln"])


def test_a_separator_inside_quotes_does_not_count(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text('"a;b;c;d",fee\nx,1\n')
    assert _same_frame(path) == (["a;b;c;d", "fee"], ["x", 1])


# errors


def test_a_missing_file_is_named(error, tmp_path):
    assert "there is no file nowhere.csv" in error(*_train("nowhere.csv", tmp_path / "m"))


def test_an_unknown_suffix_is_refused(error, tmp_path):
    (tmp_path / "data.xlsx").write_text("x")
    line = error(*_train(tmp_path / "data.xlsx", tmp_path / "m"))
    assert "save the table as .csv or .parquet" in line


@pytest.mark.parametrize("content", [b"", b"\x00\x01\xff\xfe", b"a,b\n1,2,3,4\n5\n1,2,3,4,5\n"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_that_is_no_table_gives_one_line(content, suffix, error, tmp_path):
    path = tmp_path / f"data.{suffix}"
    path.write_bytes(content)
    assert str(path) in error(*_train(path, tmp_path / "m"))


def test_a_table_without_rows_is_refused(error, tmp_path):
    (tmp_path / "data.csv").write_text("a,churn\n")
    assert "has no rows" in error(*_train(tmp_path / "data.csv", tmp_path / "m"))


def test_a_misspelt_target_gets_a_suggestion(error, folder, tmp_path):
    line = error(*_train(folder / "customers.csv", tmp_path / "m", target="Chrun"))
    assert "has no column 'Chrun'. Did you mean churn?" in line
    line = error(*_train(folder / "customers.csv", tmp_path / "m", target="zzz"))
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
def test_labels_that_are_not_two_classes_are_refused(labels, message, error, tmp_path):
    frame = pd.DataFrame({"x": range(6), "churn": labels})
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert message in error(*_train(tmp_path / "data.csv", tmp_path / "m"))


def test_an_unknown_positive_label_lists_the_labels(error, folder, tmp_path):
    line = error(*_train(folder / "customers.csv", tmp_path / "m", "--positive", "1"))
    assert "--positive 1 is not among the labels No, Yes" in line


def test_a_drop_that_matches_nothing_is_refused(error, folder, tmp_path):
    line = error(*_train(folder / "customers.csv", tmp_path / "m", "--drop", "costumer_id"))
    assert "--drop costumer_id matches no column. Did you mean customer_id?" in line
    line = error(*_train(folder / "customers.csv", tmp_path / "m", "--drop", "*"))
    assert "no column is left" in line


@pytest.mark.parametrize("cost", ["-5", "nan", "inf", "much"])
def test_a_bad_cost_is_refused(cost, error, folder):
    line = error("train", folder / "customers.csv", "--target", "churn", f"--fn-cost={cost}")
    assert "--fn-cost" in line


def test_missing_arguments_are_named(error):
    assert "--fn-cost, --fp-cost" in error("train", "data.csv", "--target", "churn")
    assert "invalid choice: 'fit'" in error("fit")


@pytest.mark.parametrize("share", ["0", "1", "20"])
def test_a_bad_test_size_is_refused(share, error, folder, tmp_path):
    line = error(*_train(folder / "customers.csv", tmp_path / "m", "--test-size", share))
    assert "--test-size" in line


def test_where_the_model_goes_is_checked_before_training(error, folder, tmp_path):
    line = error(*_train(folder / "customers.csv", tmp_path / "no" / "m.joblib"))
    assert "there is no folder" in line
    assert "is a folder" in error(*_train(folder / "customers.csv", tmp_path))


def test_where_the_list_goes_is_checked_before_scoring(error, folder, tmp_path):
    arguments = ["predict", folder / "churn.joblib", folder / "customers.csv", "--out"]
    assert "there is no folder" in error(*arguments, tmp_path / "no" / "out.csv")
    assert "save the table as .csv or .parquet" in error(*arguments, tmp_path / "out.xlsx")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_model_file_that_is_none_is_refused(command, error, folder, tmp_path):
    data = folder / "customers.csv"
    assert "there is no model file" in error(command, tmp_path / "m.joblib", data)
    joblib.dump({"weights": 1}, tmp_path / "other.joblib")
    for other in (tmp_path / "other.joblib", data):
        assert "is not a model that `skann train` saved" in error(command, other, data)


def test_a_needed_column_that_a_new_file_lacks_is_named(error, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").rename(columns={"contract": "Contract"})
    raw.drop(columns="age").to_csv(tmp_path / "new.csv", index=False)
    for command in ("predict", "evaluate"):
        line = error(command, folder / "churn.joblib", tmp_path / "new.csv")
        assert "lacks contract, age" in line
        assert "Did you mean Contract?" in line


def test_evaluate_refuses_labels_that_the_model_does_not_know(error, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv")
    raw["churn"] = raw["churn"].map({"Yes": 1, "No": 0})
    raw.to_csv(tmp_path / "new.csv", index=False)
    line = error("evaluate", folder / "churn.joblib", tmp_path / "new.csv")
    assert "the model knows 'No' and 'Yes'" in line


def test_a_warning_is_one_line_on_stderr(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(30).astype({"tenure_months": object})
    raw.loc[[3, 4], "tenure_months"] = ["two", "three"]
    raw.to_csv(tmp_path / "new.csv", index=False)
    status, out, err = run("predict", folder / "churn.joblib", tmp_path / "new.csv")
    assert status == 0
    assert len(out.splitlines()) == 31
    assert re.fullmatch("skann: note: Column 'tenure_months' held numbers in training.*\n", err)


def test_numbers_that_no_network_takes_are_named(error, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(30).astype({"monthly_charge": object})
    raw.loc[3, "monthly_charge"] = "inf"
    raw.to_csv(tmp_path / "new.csv", index=False)
    assert "'monthly_charge'" in error("predict", folder / "churn.joblib", tmp_path / "new.csv")


def test_an_interrupt_ends_in_one_line(run, folder, tmp_path, monkeypatch):
    def interrupt(self, *arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(skann.CostThresholdClassifier, "fit", interrupt)
    status, _, err = run(*_train(folder / "customers.csv", tmp_path / "m.joblib"))
    assert status == 130
    assert err.strip() == "skann: interrupted"
    assert not (tmp_path / "m.joblib").exists()


def test_a_reader_that_leaves_early_causes_no_traceback(folder):
    command = [sys.executable, "-m", "skann", "predict"]
    command += [str(folder / "churn.joblib"), str(folder / "customers.csv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 141
    assert err == b""


def test_without_a_command_the_help_is_shown(run):
    status, out, err = run()
    assert (status, err) == (0, "")
    assert "skann train customers.csv" in out


def test_help_and_version_import_no_tensorflow():
    code = (
        "import sys; from skann.cli import main\n"
        "try: main(['--version'])\n"
        "finally: assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == f"skann {skann.__version__}\n"
    assert done.stderr == ""


@pytest.mark.parametrize("chosen", [None, "7"])
def test_the_command_chooses_its_threads_where_the_user_has_not(chosen):
    code = (
        "import os, sys; from skann import cli; before = dict(os.environ)\n"
        "assert cli.main(['--bad']) == 2 and os.environ == before\n"
        "sys.argv = ['skann']; cli.main(); print(*map(os.environ.get, cli._THREADS))"
    )
    environment = {name: value for name, value in os.environ.items() if name not in cli._THREADS}
    if chosen:
        environment["TF_NUM_INTRAOP_THREADS"] = chosen
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == f"{chosen or 1} 1"


# the whole way


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


@HAS_DATA
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
    data, model = os.path.join(os.environ["SKANN_DATA"], file), tmp_path / "m.joblib"
    status, out, _ = run("train", data, "--target", target, *COSTS, "--model", model, *more)
    assert status == 0
    assert churners in out
    assert run("evaluate", model, data)[0] == 0
    status, _, _ = run("predict", model, data, "--out", tmp_path / "scored.csv")
    assert status == 0
    assert len(pd.read_csv(tmp_path / "scored.csv")) == len(pd.read_csv(data))
