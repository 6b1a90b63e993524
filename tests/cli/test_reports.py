"""What the `skann` command says about a model beyond its tables: reports and reasons."""

import pandas as pd
import pytest

from skann.cli import main


def test_train_writes_a_report_on_the_test_rows(folder):
    html = (folder / "train.html").read_text(encoding="utf-8")
    assert "of 120 customers left" in html
    assert "logistic regression" in html and "cross-validated" not in html


def test_evaluate_writes_a_report_and_says_where(folder, capsys, tmp_path):
    path, data = tmp_path / "again.html", tmp_path / "some.csv"
    pd.read_csv(folder / "customers.csv").head(150).to_csv(data, index=False)
    model = folder / "churn.skann"
    assert main(["evaluate", str(model), str(data), "--report", str(path)]) == 0
    assert f"Report     {path}"[:30] in capsys.readouterr().out
    html = path.read_text(encoding="utf-8")
    assert "of 150 customers left" in html
    assert "cross-validated on the test rows" in html


def test_predict_names_reasons_in_the_order_of_the_list(folder, tmp_path):
    model, data, out = folder / "churn.skann", tmp_path / "some.csv", tmp_path / "out.csv"
    pd.read_csv(folder / "customers.csv").head(30).to_csv(data, index=False)
    assert main(["predict", str(model), str(data), "--out", str(out), "--reasons", "2"]) == 0
    listed = pd.read_csv(out)
    assert listed.columns[-2:].tolist() == ["reason_1", "reason_2"]
    customers = pd.read_csv(data).set_index("customer_id")
    for row in listed.head(20).itertuples():
        column, value = row.reason_1.rpartition(" (")[0].split(" = ")
        own = customers.loc[row.customer_id, column]
        assert value in ("missing", "nan") if pd.isna(own) else _same(value, own)


def _same(text, value):
    return (
        float(text) == pytest.approx(value, rel=1e-4)
        if isinstance(value, float)
        else (text == str(value))
    )


def test_a_report_in_no_folder_is_told_before_training(error, train_on, folder):
    nowhere = folder / "none" / "report.html"
    line = error(*train_on(folder / "customers.csv", folder / "m", "--report", nowhere))
    assert "there is no folder" in line
