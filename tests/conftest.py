"""Data that tests in several folders share."""

import os

# Threads of boosted trees wait for each other by spinning, which takes twenty times as long where
# other tests hold the cores. To be set before OpenMP is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from skann import ChurnANNClassifier
from skann.datasets import make_churn


@pytest.fixture(scope="session")
def small_churn():
    """400 synthetic customers with text, dates, bools, numbers and gaps; a fifth of them leave."""
    churn = make_churn(400, random_state=0)
    return churn.data.drop(columns="customer_id"), churn.target


SMALL = {
    "cv": None,
    "hidden_layer_sizes": (8,),
    "n_heads": 1,
    "epochs": 3,
    "batch_size": 64,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def make_model(request):
    """Make a small classifier, with MODEL_SETTINGS of the test module and the parameters given."""
    settings = {**SMALL, **getattr(request.module, "MODEL_SETTINGS", {})}
    return lambda **parameters: ChurnANNClassifier(**{**settings, **parameters})


# The same examples in each run, so that a change fails for what it changed.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")
