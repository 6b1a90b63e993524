"""Customers in a file, a model trained on them, and ways to run the command."""

import contextlib

import pytest

from skann.cli import main
from skann.datasets import make_churn

COSTS = ["--fn-cost", "100", "--fp-cost", "5"]


@pytest.fixture(scope="session")
def train_on():
    """Arguments of a short training; the file to save to may be any name."""

    def train_on(data, model, *more, target="churn"):
        start = ["train", str(data), "--target", target, *COSTS]
        return [*start, "--model", str(model), "--epochs", "2", *map(str, more)]

    return train_on


@pytest.fixture(scope="session")
def folder(tmp_path_factory, train_on):
    """Customers in a CSV file, a model trained on them for two epochs, and what that said."""
    folder = tmp_path_factory.mktemp("cli")
    make_churn(600, random_state=0).frame.to_csv(folder / "customers.csv", index=False)
    report = ["--report", folder / "train.html"]
    with open(folder / "said.txt", "w") as said, contextlib.redirect_stdout(said):
        assert main(train_on(folder / "customers.csv", folder / "churn.skann", *report)) == 0
    return folder


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
