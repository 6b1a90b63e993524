"""Importing starts nothing, and a forked child scores or says why it cannot train."""

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

import skann

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork"
)

CODE = """
import multiprocessing, pickle, sys, tempfile
from pathlib import Path
import numpy as np
import skann
import skann.networks
from skann.networks import _runtime

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)
unfitted = skann.ChurnANNClassifier(
    hidden_layer_sizes=(4,), n_heads=2, cv=None, epochs=1, random_state=0
)

def in_child(task):
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.map_async(task, [None]).get(timeout=60)[0]

def error_of(task):
    try:
        task()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def fit(_): return unfitted.fit(X, y).predict_proba(X)
def score(_): return fitted.predict_proba(X)
def score_loaded(_): return loaded.predict_proba(X)
def fail(_):
    return [
        error_of(lambda: unfitted.fit(X, y)),
        error_of(lambda: fitted.partial_fit(X, y)),
        error_of(lambda: loaded.partial_fit(X, y)),
        error_of(lambda: pickle.dumps(fitted)),
    ]

assert _runtime._started_in is None
from tensorflow.python.eager import context
assert not context.context()._initialized, "importing started the runtime"
first = in_child(fit)

fitted = unfitted.fit(X, y)
expected = fitted.predict_proba(X)
np.testing.assert_allclose(first, expected, atol=1e-6)
path = Path(tempfile.mkdtemp(), "model.skann")
skann.save(fitted, path)
loaded = skann.load(path)
np.testing.assert_allclose(in_child(score), expected, atol=1e-6)
np.testing.assert_allclose(in_child(score_loaded), expected, atol=1e-6)
for said in in_child(fail):
    assert said and said.startswith("RuntimeError: this process was forked"), said
fitted = pickle.loads(pickle.dumps(fitted))
np.testing.assert_allclose(in_child(score), expected, atol=1e-6)
print("as it should be")
"""


def test_forked_children_fit_score_or_say_why_not():
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        capture_output=True,
        text=True,
        cwd=Path(skann.__file__).parents[1],
        timeout=300,
    )
    assert result.stdout == "as it should be\n", result.stderr
