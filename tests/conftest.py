"""Data that tests in several folders share."""

import os

# Threads of boosted trees wait for each other by spinning, which takes twenty times as long where
# other tests hold the cores. To be set before OpenMP is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from skann.datasets import make_churn


@pytest.fixture(scope="session")
def small_churn():
    """400 made customers with text, dates, bools, numbers and gaps; a fifth of them leave."""
    churn = make_churn(400, random_state=0)
    return churn.data.drop(columns="customer_id"), churn.target


# The same examples in each run, so that a change fails for what it changed.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")
