"""`skann evaluate`: a model on rows with labels."""

import re

import pandas as pd

from skann.cli._model_file import load_model
from skann.datasets import make_churn


def test_evaluate_gives_the_figures_of_scikit_learn(run, folder):
    from sklearn.metrics import roc_auc_score

    status, out, _ = run("evaluate", folder / "churn.skann", folder / "customers.csv")
    assert status == 0
    raw = pd.read_csv(folder / "customers.csv")
    saved = load_model(str(folder / "churn.skann"))
    leaves = raw["churn"] == "Yes"
    auc = roc_auc_score(leaves, saved.probability(raw[saved.columns]))
    assert re.search(rf"^  network +{auc:.4f} ", out, re.MULTILINE)
    contact = saved.model.predict(raw[saved.columns]) == "Yes"
    cost = ((leaves & ~contact).sum() * 100 + (contact & ~leaves).sum() * 5) / 600
    assert re.search(rf"^  network at threshold .* {cost:.2f}$", out, re.MULTILINE)


def test_evaluate_says_how_many_rows_the_model_was_trained_on(run, folder, tmp_path):
    _, out, _ = run("evaluate", folder / "churn.skann", folder / "customers.csv")
    assert "trained on at least 480 of these rows" in out
    make_churn(200, random_state=9).frame.to_csv(tmp_path / "new.csv", index=False)
    status, out, _ = run("evaluate", folder / "churn.skann", tmp_path / "new.csv")
    assert status == 0
    assert "trained on" not in out


def test_evaluate_of_one_class_shows_what_can_be_said(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv")
    raw[raw["churn"] == "No"].to_csv(tmp_path / "loyal.csv", index=False)
    status, out, _ = run("evaluate", folder / "churn.skann", tmp_path / "loyal.csv")
    assert status == 0
    assert re.search(r"^  network +- +- +0\.\d+$", out, re.MULTILINE)


def test_evaluate_refuses_labels_that_the_model_does_not_know(error, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv")
    raw["churn"] = raw["churn"].map({"Yes": 1, "No": 0})
    raw.to_csv(tmp_path / "new.csv", index=False)
    line = error("evaluate", folder / "churn.skann", tmp_path / "new.csv")
    assert "the model knows 'No' and 'Yes'" in line


def test_a_target_of_flags_is_known_in_whatever_file(run, folder, train_on, tmp_path):
    frame = pd.read_csv(folder / "customers.csv")
    frame["churn"] = frame["churn"] == "Yes"
    frame.to_csv(tmp_path / "whole.csv", index=False)
    gaps = frame.astype({"churn": object})
    gaps.loc[:4, "churn"] = None
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    frame.astype({"churn": int}).to_parquet(tmp_path / "numbers.parquet")
    model = tmp_path / "m.skann"
    assert run(*train_on(tmp_path / "gaps.csv", model))[0] == 0
    for name in ("whole.csv", "gaps.csv", "numbers.parquet"):
        status, out, _ = run("evaluate", model, tmp_path / name)
        assert status == 0
        assert "churn = True: " in out
    assert "left out 5 rows: no churn" in run("evaluate", model, tmp_path / "gaps.csv")[1]
