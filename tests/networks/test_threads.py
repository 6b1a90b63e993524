"""Worker processes keep to the threads they were given, and nobody else is touched."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict

import skann
from skann import ChurnANNClassifier
from skann.datasets import make_churn
from skann.networks import _threads

VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")

# Zero is what TensorFlow says while it chooses by itself.
SHOW_THREADS = """
import multiprocessing, os, sys
import joblib

def threads(started=False):
    import tensorflow as tf
    if started:
        tf.constant(0.0)
    import skann.networks
    threading = tf.config.threading
    return (
        threading.get_intra_op_parallelism_threads(),
        threading.get_inter_op_parallelism_threads(),
    )

def in_workers(n_threads, **arguments):
    with joblib.parallel_config("loky", inner_max_num_threads=n_threads):
        return joblib.Parallel(n_jobs=2)([joblib.delayed(threads)(**arguments)])[0]
"""


def printed(code: str, **environment: str) -> str:
    """What a program prints in a process of its own, with these variables and no others of ours."""
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", SHOW_THREADS + code],
        capture_output=True,
        text=True,
        cwd=Path(skann.__file__).parents[1],
        env=inherited | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.slow
def test_workers_of_joblib_start_with_their_budget_and_the_parent_with_its_own_choice():
    assert printed("print(in_workers(1), in_workers(3), threads())") == "(1, 1) (3, 3) (0, 0)"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_workers_of_multiprocessing_heed_the_variable(method, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        f"{SHOW_THREADS}\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.get_context('{method}').Pool(1) as pool:\n"
        "        print(pool.apply(threads))\n"
    )
    code = f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')"
    assert printed(code, OMP_NUM_THREADS="2") == "(2, 2)"


def test_the_variable_changes_nothing_in_a_process_of_the_users_own():
    assert printed("print(threads())", OMP_NUM_THREADS="1") == "(0, 0)"


@pytest.mark.slow
def test_what_the_user_set_for_tensorflow_stays():
    # Zero stands for no call of ours: TensorFlow reads its own variables when it starts.
    code = "print(in_workers(1))"
    assert printed(code, TF_NUM_INTRAOP_THREADS="2") == "(0, 1)"
    assert printed(code, TF_NUM_INTEROP_THREADS="2") == "(1, 0)"


@pytest.mark.slow
def test_a_worker_in_which_tensorflow_runs_already_is_left_alone():
    assert printed("print(in_workers(1, started=True))") == "(0, 0)"


@pytest.mark.parametrize(
    ("value", "heeded"), [("", []), ("0", []), ("-1", []), ("1.5", []), ("4,2", []), ("3", [3, 3])]
)
def test_only_a_positive_integer_is_a_budget(value, heeded, monkeypatch):
    set_to: list[int] = []
    monkeypatch.setattr(_threads, "_POOLS", {"ONE_POOL": set_to.append, "OTHER": set_to.append})
    monkeypatch.setattr(multiprocessing, "parent_process", multiprocessing.current_process)
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    _threads.keep_to_thread_budget()
    assert set_to == heeded


@pytest.mark.slow
def test_a_worker_with_one_thread_predicts_what_a_process_with_all_of_them_predicts():
    X, y = make_churn(3_000, random_state=0, return_X_y=True)
    model = ChurnANNClassifier(cv=None, epochs=5, random_state=0)
    arguments = {"cv": 2, "method": "predict_proba"}
    expected = cross_val_predict(clone(model), X, y, **arguments)
    for n_threads in (1, 3):
        with joblib.parallel_config("loky", inner_max_num_threads=n_threads):
            found = cross_val_predict(clone(model), X, y, **arguments, n_jobs=2)
        # Weights are the same to the last bit; TensorFlow's products that predict are not.
        assert_allclose(found, expected, rtol=1e-5)
    with joblib.parallel_config("threading"):
        assert_array_equal(cross_val_predict(model, X, y, **arguments, n_jobs=2), expected)
