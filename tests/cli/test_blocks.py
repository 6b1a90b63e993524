"""`skann predict` over many blocks of rows: as over one."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from skann.cli import _csv, _ranking, _tables
from skann.cli._model_file import load_model, save_model
from skann.cli._sample import sample_rows


@pytest.fixture(scope="module")
def raw(folder):
    """Customers with ties, gaps, an unseen level late, and cells that are no number early."""
    raw = pd.read_csv(folder / "customers.csv", dtype=str).head(150)
    raw = pd.concat([raw, raw.assign(customer_id=[f"D{i}" for i in range(150)])])
    raw = raw.reset_index(drop=True)
    raw.loc[290:, "region"] = "Region 99"
    raw.loc[3, "tenure_months"] = "two"
    return raw


@pytest.fixture
def small_blocks(monkeypatch):
    """Let a block be of few rows from now on."""

    def small_blocks():
        for module in (_tables, _ranking):
            monkeypatch.setattr(module, "BLOCK_ROWS", 64)
        monkeypatch.setattr(_csv, "BLOCK_BYTES", 10_000)

    return small_blocks


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_blocks_give_what_one_block_gives(suffix, raw, run, folder, tmp_path, small_blocks):
    data, model = tmp_path / f"new.{suffix}", folder / "churn.skann"
    raw.to_csv(data, index=False) if suffix == "csv" else raw.to_parquet(data)
    commands = [("predict", model, data, "--sort", sort) for sort in ("yes", "no")]
    once = [run(*command) for command in commands]
    assert once[0][0] == 0
    assert "'region' in 10 of 300 rows" in once[0][2]
    assert once[0][2].count("\n") == 2
    small_blocks()
    assert len(list(_tables.open_table(str(data)))) >= 5
    assert [run(*command) for command in commands] == once


def test_a_list_that_is_not_sorted_stands_as_the_table(raw, run, folder, tmp_path, small_blocks):
    small_blocks()
    data, out = tmp_path / "new.csv", tmp_path / "out.csv"
    raw.to_csv(data, index=False)
    _, said, _ = run("predict", folder / "churn.skann", data, "--sort", "no", "--out", out)
    listed = pd.read_csv(out)
    assert listed["customer_id"].tolist() == raw["customer_id"].tolist()
    assert f"{(listed['contact'] == 'yes').sum()} of 300 customers" in said


@pytest.mark.parametrize("sort", ["yes", "no"])
def test_a_capacity_holds_over_all_blocks(sort, raw, run, folder, tmp_path, small_blocks):
    small_blocks()
    saved = load_model(str(folder / "churn.skann"))
    saved.model.set_params(capacity=7)
    save_model(saved, str(tmp_path / "seven.skann"))
    raw.to_parquet(tmp_path / "new.parquet")
    out = tmp_path / "out.parquet"
    arguments = ["predict", tmp_path / "seven.skann", tmp_path / "new.parquet", "--out", out]
    assert run(*arguments, "--sort", sort)[0] == 0
    listed = pd.read_parquet(out).set_index("customer_id").loc[raw["customer_id"]]
    contacted = saved.model.predict(raw[saved.columns]) == "Yes"
    assert contacted.sum() == 7
    assert ((listed["contact"] == "yes").to_numpy() == contacted).all()


def test_a_name_for_customers_differs_in_all_blocks(raw, run, folder, tmp_path, small_blocks):
    small_blocks()
    raw = raw.drop(columns="customer_id").assign(
        account=np.arange(300), place=np.arange(300) % 150, charged=np.arange(300) / 2
    )
    table = pa.Table.from_pandas(raw.head(100)), pa.Table.from_pandas(raw.tail(200))
    for number, part in enumerate(table):
        pyarrow.parquet.write_table(part, tmp_path / f"{number}.parquet")
    _, out, _ = run("predict", folder / "churn.skann", tmp_path)
    assert out.splitlines()[0] == "account,probability,contact,expected_gain"


def test_rows_are_numbered_on_from_block_to_block(raw, run, folder, tmp_path, small_blocks):
    small_blocks()
    raw.drop(columns="customer_id").to_csv(tmp_path / "new.csv", index=False)
    _, out, _ = run("predict", folder / "churn.skann", tmp_path / "new.csv", "--sort", "no")
    assert [line.split(",")[0] for line in out.splitlines()] == ["row", *map(str, range(1, 301))]


def test_identifiers_of_numbers_with_gaps_stay_whole(raw, run, folder, tmp_path):
    ids = pd.array([*range(299), None], dtype="Int64")
    raw.assign(customer_id=ids).to_parquet(tmp_path / "new.parquet")
    _, out, _ = run("predict", folder / "churn.skann", tmp_path / "new.parquet", "--sort", "no")
    assert [line.split(",")[0] for line in out.splitlines()[-2:]] == ["298", ""]


def test_what_is_wrong_far_down_leaves_no_list(raw, error, folder, tmp_path, small_blocks):
    small_blocks()
    raw.to_csv(tmp_path / "new.csv", index=False)
    with open(tmp_path / "new.csv", "a") as file:
        file.write("one,two\n")
    out = tmp_path / "out.csv"
    command = ["predict", folder / "churn.skann", tmp_path / "new.csv", "--out", out]
    assert "line 302: 2 fields" in error(*command, "--sort", "no")
    assert not out.exists()


def test_a_sample_keeps_the_shares_of_labels_and_the_order(raw, folder, small_blocks):
    small_blocks()
    table = _tables.open_table(str(folder / "customers.csv"))
    rows, n_rows = sample_rows(table, "churn", 200, seed=0)
    assert (len(rows), n_rows) == (200, 600)
    assert rows["churn"].to_pylist().count("Yes") == 40
    whole = pd.read_csv(folder / "customers.csv")["customer_id"]
    assert rows["customer_id"].to_pylist() == sorted(
        rows["customer_id"].to_pylist(), key=whole.tolist().index
    )
    assert sample_rows(table, "churn", 200, seed=0)[0] == rows
    assert sample_rows(table, "churn", 200, seed=1)[0] != rows
    assert len(sample_rows(table, "churn", 601, seed=0)[0]) == 600


def test_train_says_that_it_drew_a_sample(run, train_on, error, folder, tmp_path):
    model = tmp_path / "m.skann"
    status, out, _ = run(*train_on(folder / "customers.csv", model, "--sample", 300))
    assert status == 0
    assert "300 of 600 rows, drawn by --sample" in " ".join(out.split())
    assert "60 of 300 (20.0%)" in out
    line = error(*train_on(folder / "customers.csv", model, "--sample", 300, target="Chrun"))
    assert "Did you mean churn?" in line


def test_a_list_over_a_part_of_a_table_is_refused(raw, error, folder, tmp_path):
    for number in range(2):
        raw.head(9).to_parquet(tmp_path / f"part-{number}.parquet")
    out = tmp_path / "part-1.parquet"
    line = error("predict", folder / "churn.skann", tmp_path, "--out", out)
    assert "are one file" in line
