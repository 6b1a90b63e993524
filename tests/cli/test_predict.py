"""`skann predict`: the list of customers."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa

from skann.cli._model_file import SavedModel, load_model
from skann.cli._ranking import _identifying
from skann.cli._tables import Blocks


def test_predict_lists_every_customer_by_worth_under_its_id(run, folder, tmp_path):
    out_path = tmp_path / "scored.csv"
    status, out, _ = run(
        "predict", folder / "churn.skann", folder / "customers.csv", "--out", out_path
    )
    assert status == 0
    scored = pd.read_csv(out_path)
    assert list(scored) == ["customer_id", "probability", "contact", "expected_gain"]
    raw = pd.read_csv(folder / "customers.csv")
    assert set(scored["customer_id"]) == set(raw["customer_id"])
    assert (scored["expected_gain"].diff().dropna() <= 0).all()
    saved = load_model(str(folder / "churn.skann"))
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
    status, out, err = run("predict", folder / "churn.skann", folder / "customers.csv")
    assert status == 0
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "customer_id,probability,contact,expected_gain"
    assert len(lines) == 601


def test_new_files_may_lack_unused_columns_and_hold_others(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(20)
    new = raw.drop(columns=["customer_id", "churn"]).assign(note="x", account=range(7, 27))
    new["region"] = "Region 99"
    new["age"] = np.nan
    new.loc[3, "contract"] = None
    new[new.columns[::-1]].to_csv(tmp_path / "new.csv", index=False)
    status, out, _ = run("predict", folder / "churn.skann", tmp_path / "new.csv")
    assert status == 0
    # account differs in every row and is no feature: it tells who the row is
    assert out.splitlines()[0] == "account,probability,contact,expected_gain"
    assert len(out.splitlines()) == 21


def test_without_any_id_the_row_number_is_given(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(5).drop(columns="customer_id")
    raw.to_csv(tmp_path / "new.csv", index=False)
    _, out, _ = run("predict", folder / "churn.skann", tmp_path / "new.csv")
    assert out.splitlines()[0].startswith("row,")
    assert sorted(line.split(",")[0] for line in out.splitlines()[1:]) == list("12345")


def test_a_needed_column_that_a_new_file_lacks_is_named(error, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").rename(columns={"contract": "Contract"})
    raw.drop(columns="age").to_csv(tmp_path / "new.csv", index=False)
    for command in ("predict", "evaluate"):
        line = error(command, folder / "churn.skann", tmp_path / "new.csv")
        assert "lacks contract, age" in line
        assert "Did you mean Contract?" in line


def test_a_warning_is_one_line_on_stderr(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(30).astype({"tenure_months": object})
    raw.loc[[3, 4], "tenure_months"] = ["two", "three"]
    raw.to_csv(tmp_path / "new.csv", index=False)
    status, out, err = run("predict", folder / "churn.skann", tmp_path / "new.csv")
    assert status == 0
    assert len(out.splitlines()) == 31
    assert re.fullmatch("skann: note: .*'tenure_months'.*'two'.*\n", err)


def test_numbers_that_no_network_takes_are_named(error, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(30).astype({"monthly_charge": object})
    raw.loc[3, "monthly_charge"] = "inf"
    raw.to_csv(tmp_path / "new.csv", index=False)
    assert "'monthly_charge'" in error("predict", folder / "churn.skann", tmp_path / "new.csv")


def test_columns_named_like_ours_stay_and_ours_get_other_names(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(5).drop(columns="customer_id")
    raw["contact"] = [f"person{i}@example.org" for i in range(5)]
    raw["probability"] = 0.5
    raw["probability_by_skann"] = 1
    raw.to_csv(tmp_path / "new.csv", index=False)
    status, out, err = run("predict", folder / "churn.skann", tmp_path / "new.csv")
    assert status == 0
    names = "contact,probability_by_skann_,contact_by_skann,expected_gain"
    assert out.splitlines()[0] == names
    assert out.count("@example.org") == 5
    assert err.count("\n") == 1
    assert "'contact' as 'contact_by_skann'" in err


def test_identifiers_leave_as_they_came(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(3)
    raw["customer_id"] = ["007", "=1+1", "1E5"]
    raw.to_csv(tmp_path / "new.csv", index=False)
    _, out, _ = run("predict", folder / "churn.skann", tmp_path / "new.csv")
    assert {line.split(",")[0] for line in out.splitlines()[1:]} == {"007", "=1+1", "1E5"}


def test_lists_that_the_model_does_not_know_stop_nobody(run, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(5)
    raw.assign(tags=[["a", "b"]] * 5).to_parquet(tmp_path / "new.parquet")
    status, out, _ = run("predict", folder / "churn.skann", tmp_path / "new.parquet")
    assert status == 0
    assert out.startswith("customer_id,probability")


def test_lists_in_a_column_of_the_model_are_refused_by_name(error, folder, tmp_path):
    raw = pd.read_csv(folder / "customers.csv").head(5)
    raw.assign(contract=[["a"]] * 5).to_parquet(tmp_path / "new.parquet")
    for command in ("predict", "evaluate"):
        line = error(command, folder / "churn.skann", tmp_path / "new.parquet")
        assert "column 'contract' holds list" in line


def test_what_is_left_out_and_differs_in_each_row_says_who_it_is():
    roles = {"age": "numeric", "name": "text", "who": "drop", "town": "text", "unit": "constant"}
    saved = SavedModel(None, "y", ("0", "1"), "1", list(roles), roles, np.array([]), {})
    frame = pd.DataFrame(
        {
            "age": ["30", "31"],
            "name": ["Ann", "Bo"],
            "who": ["7", "8"],
            "town": ["Oslo", "Oslo"],
            "unit": ["EUR", "USD"],
            "charge": ["1.5", "2"],
            "account": ["01", "02"],
            "y": ["0", "1"],
        }
    )
    whole = pa.Table.from_pandas(frame)
    table = Blocks("data.csv", lambda columns: iter([whole.select(columns or whole.column_names)]))
    assert _identifying(next(iter(table)), table, saved) == ["name", "who", "account"]
