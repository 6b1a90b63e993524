"""TensorFlow's start-up notes stay off the command's stderr, and nothing else does."""

import os
import subprocess
import sys

import pytest

from skann.cli._quiet import without_start_up_notes
from skann.datasets import make_churn

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


@pytest.mark.slow
def test_training_writes_no_notes(train_on, tmp_path):
    make_churn(200, random_state=0).frame.to_csv(tmp_path / "customers.csv", index=False)
    arguments = train_on(tmp_path / "customers.csv", tmp_path / "churn.skann")
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-m", "skann", *arguments], capture_output=True, text=True, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
