"""What the command writes: checked before work begins, and whole or not at all."""

import os

import joblib
import pandas as pd
import pytest

from skann.cli._model_file import load_model, save_model
from skann.cli._outputs import check_outputs
from skann.cli._tables import write_table


def test_where_the_model_goes_is_checked_before_training(train_on, error, folder, tmp_path):
    line = error(*train_on(folder / "customers.csv", tmp_path / "no" / "m.joblib"))
    assert "there is no folder" in line
    assert "is a folder" in error(*train_on(folder / "customers.csv", tmp_path))


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


def test_an_output_that_is_an_input_is_refused_before_any_work(error, run, folder, train_on):
    data, model = folder / "customers.csv", folder / "churn.joblib"
    before = {path: path.read_bytes() for path in (data, model)}
    assert "--model and data are one file" in error(*train_on(data, data))
    assert "--model and --report are one file" in error(
        *train_on(data, folder / "one", "--report", folder / "." / "one")
    )
    assert "--out and data are one file" in error("predict", model, data, "--out", data)
    assert "--report and model are one file" in error("evaluate", model, data, "--report", model)
    assert {path: path.read_bytes() for path in (data, model)} == before
    assert not (folder / "one").exists()


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_link_to_an_input_is_that_input(link, error, folder, tmp_path):
    data = tmp_path / "customers.csv"
    data.write_text((folder / "customers.csv").read_text())
    getattr(tmp_path / "scored.csv", link)(data)
    line = error("predict", folder / "churn.joblib", data, "--out", tmp_path / "scored.csv")
    assert "--out and data are one file" in line


def test_a_device_takes_any_number_of_outputs():
    check_outputs({}, {"--model": os.devnull, "--report": os.devnull})


def test_a_model_that_cannot_be_written_leaves_the_old_one(folder, tmp_path, monkeypatch):
    path = tmp_path / "churn.joblib"
    path.write_text("old")

    def full(content, file):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(joblib, "dump", full)
    saved = load_model(str(folder / "churn.joblib"))
    with pytest.raises(OSError, match="No space left"):
        save_model(saved, str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_list_that_cannot_be_written_whole_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "scored.csv"
    path.write_text("old")

    def full(self, file, **settings):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="No space left"):
        write_table(pd.DataFrame({"a": [1]}), str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_of_another_version_is_refused(error, folder, tmp_path):
    content = joblib.load(folder / "churn.joblib")
    del content["trained_rows"]
    joblib.dump(content | {"skann": "0.0.9"}, tmp_path / "old.joblib")
    line = error("predict", tmp_path / "old.joblib", folder / "customers.csv")
    assert "was saved by skann 0.0.9: train it anew" in line
    assert "is a folder" in error("predict", tmp_path, folder / "customers.csv")
