"""What the command writes: checked before work begins, and whole or not at all."""

import os
import pathlib

import joblib
import pyarrow as pa
import pytest

import skann
from skann.cli._model_file import load_model, save_model
from skann.cli._outputs import check_outputs
from skann.cli._tables import write_table


def test_where_the_model_goes_is_checked_before_training(train_on, error, folder, tmp_path):
    line = error(*train_on(folder / "customers.csv", tmp_path / "no" / "m.skann"))
    assert "there is no folder" in line
    assert "is a folder" in error(*train_on(folder / "customers.csv", tmp_path))


def test_where_the_list_goes_is_checked_before_scoring(error, folder, tmp_path):
    arguments = ["predict", folder / "churn.skann", folder / "customers.csv", "--out"]
    assert "there is no folder" in error(*arguments, tmp_path / "no" / "out.csv")
    assert "save the table as .csv or .parquet" in error(*arguments, tmp_path / "out.xlsx")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_model_file_that_is_none_is_refused(command, error, folder, tmp_path):
    data = folder / "customers.csv"
    assert "there is no model file" in error(command, tmp_path / "m.skann", data)
    joblib.dump({"weights": 1}, tmp_path / "other.joblib")
    for other in (tmp_path / "other.joblib", data):
        assert "is not a model that `skann train` saved" in error(command, other, data)
        assert "is not a model that `skann train` saved" in error(command, other, data, "--trust")


def test_an_output_that_is_an_input_is_refused_before_any_work(error, run, folder, train_on):
    data, model = folder / "customers.csv", folder / "churn.skann"
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
    line = error("predict", folder / "churn.skann", data, "--out", tmp_path / "scored.csv")
    assert "--out and data are one file" in line


def test_a_device_takes_any_number_of_outputs():
    check_outputs({}, {"--model": os.devnull, "--report": os.devnull})


def test_a_model_that_cannot_be_written_leaves_the_old_one(folder, tmp_path, monkeypatch):
    path = tmp_path / "churn.skann"
    path.write_text("old")

    def full(self, content):
        with open(self, "wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    saved = load_model(str(folder / "churn.skann"))
    monkeypatch.setattr(pathlib.Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_model(saved, str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_list_that_cannot_be_written_whole_leaves_the_old_one(tmp_path):
    path = tmp_path / "scored.csv"
    path.write_text("old")

    def tables():
        yield pa.table({"a": [1]})
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_table(tables(), str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pickle_is_read_after_trust_alone(error, run, folder, tmp_path):
    data = tmp_path / "some.csv"
    data.write_text("\n".join((folder / "customers.csv").read_text().splitlines()[:30]))
    saved = vars(load_model(str(folder / "churn.skann")))
    joblib.dump({"skann": "0.1.0", **saved}, tmp_path / "old.joblib")
    line = error("predict", tmp_path / "old.joblib", data)
    assert "a pickle" in line and "--trust" in line
    expected = run("predict", folder / "churn.skann", data)
    assert run("predict", tmp_path / "old.joblib", data, "--trust") == expected


class Witness:
    """What leaves a trace where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


def test_nothing_of_a_pickle_runs_without_trust(error, folder, tmp_path):
    joblib.dump(Witness(tmp_path / "ran"), tmp_path / "model.skann")
    for command in ("predict", "evaluate"):
        error(command, tmp_path / "model.skann", folder / "customers.csv")
        assert not (tmp_path / "ran").exists()


def test_a_damaged_model_is_one_line(error, folder, tmp_path):
    whole = (folder / "churn.skann").read_bytes()
    path = tmp_path / "churn.skann"
    for damaged in (b"", whole[:5], whole[:500], whole[:2000] + b"x" + whole[2001:], whole + b"x"):
        path.write_bytes(damaged)
        assert "damaged" in error("predict", path, folder / "customers.csv")


def test_a_model_without_notes_of_its_table_and_a_folder_are_refused(error, folder, tmp_path):
    skann.save(load_model(str(folder / "churn.skann")).model, tmp_path / "bare.skann")
    line = error("predict", tmp_path / "bare.skann", folder / "customers.csv")
    assert "not what `skann train` notes" in line
    assert "is a folder" in error("predict", tmp_path, folder / "customers.csv")
