"""A first fit changes nothing of the process that it runs in, beside what TensorFlow does."""

import subprocess
import sys
from pathlib import Path

import pytest

import skann

FIRST_FIT = """
import os, sys, warnings
warnings.filterwarnings("ignore", module="matplotlib")  # Keras imports it; it has its own troubles
import scikeras.wrappers, tensorflow  # set variables of their own
os.dup = os.dup2 = None  # stderr's descriptor is the process' own
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
def test_a_first_fit_warns_of_nothing_and_leaves_environment_and_streams_alone():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", FIRST_FIT],
        capture_output=True,
        text=True,
        cwd=Path(skann.__file__).parents[1],
    )
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr
