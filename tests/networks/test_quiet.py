"""TensorFlow's start-up notes stay off stderr, and nothing else does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import skann
from skann.networks._quiet import without_start_up_notes

NOTES = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1700000000.162407    4242 cudart_stub.cc:31] Could not find cuda drivers.\n"
    b"E0000 00:00:1700000000.162407    4242 cuda_dnn.cc:8579] Unable to register cuDNN factory\n"
    b"2025-01-01 12:00:00.123456: W external/local_xla/file.cc:77] Something of no use\n"
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.\n"
)
FATAL = b"F0000 00:00:1700000000.162407    4242 device.cc:12] Check failed: memory\n"


def test_notes_are_held_back_and_everything_else_passes(monkeypatch, capfd):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    with without_start_up_notes():
        os.write(2, b"first line\n" + NOTES + b"not a note: I0000\n" + FATAL)
        os.write(2, b"no line end")
    os.write(2, b", and after\n")
    assert capfd.readouterr().err == (
        f"first line\nnot a note: I0000\n{FATAL.decode()}no line end, and after\n"
    )


def test_output_passes_where_an_error_is_raised_inside(monkeypatch, capfd):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    with pytest.raises(ImportError), without_start_up_notes():
        os.write(2, NOTES + b"why it failed\n")
        raise ImportError
    assert capfd.readouterr().err == "why it failed\n"


def test_nothing_is_held_back_where_the_log_level_is_set(monkeypatch, capfd):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with without_start_up_notes():
        os.write(2, NOTES)
    assert capfd.readouterr().err == NOTES.decode()


def test_a_process_without_stderr_is_no_error(monkeypatch):
    def no_such_descriptor(descriptor):
        raise OSError

    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.setattr(os, "dup", no_such_descriptor)
    with without_start_up_notes():
        pass


FIRST_FIT = """
import os, sys, warnings
before = dict(os.environ)
filters, hooks = list(warnings.filters), (sys.excepthook, sys.stderr)
from skann import ChurnANNClassifier
from skann.datasets import make_churn
X, y = make_churn(2000, random_state=0, return_X_y=True)  # enough for XLA
X = X.drop(columns="customer_id")
model = ChurnANNClassifier(hidden_layer_sizes=(4,), cv=None, epochs=1, random_state=0).fit(X, y)
model.predict_proba(X)
changed = {k for k in before | os.environ if before.get(k) != os.environ.get(k)}
assert not changed, changed
assert (sys.excepthook, sys.stderr) == hooks
import logging
assert not logging.getLogger().handlers, logging.getLogger().handlers
assert logging.getLogger().level == logging.WARNING
print("done")
"""


@pytest.mark.slow
def test_a_first_fit_warns_of_nothing_writes_nothing_and_leaves_the_environment_alone():
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", FIRST_FIT],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(skann.__file__).parents[1],
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "done\n", "")
