"""A warning is given once for a call, at the line of the user."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skann import ChurnANNClassifier, CostThresholdClassifier, DroppedColumnWarning, SkannWarning
from skann._warnings import each_once, warn


class Complains(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        warn("fitted on this", DroppedColumnWarning)
        return self

    def transform(self, X):
        warn("transformed this")
        return np.asarray(X)


@pytest.fixture
def caught():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def texts(caught):
    return [(str(w.message), w.category) for w in caught if w.filename == __file__]


def test_a_text_is_given_once_and_in_order(caught):
    with each_once():
        for text in ("b", "a", "b"):
            warn(text)
        assert not caught
    assert texts(caught) == [("b", SkannWarning), ("a", SkannWarning)]


def test_other_threads_tell_it_to_the_one_that_asked(caught):
    with each_once(), ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            pool.submit(copy_context().run, warn, "a")
    assert texts(caught) == [("a", SkannWarning)]


def test_a_call_that_fails_says_why_and_nothing_else(caught):
    with pytest.raises(ValueError, match="said"), each_once():
        warn("a")
        raise ValueError("said")
    warn("b")
    assert texts(caught) == [("b", SkannWarning)]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_folds_warn_once_in_fit_and_in_prediction(caught, n_jobs):
    X = np.random.default_rng(0).normal(size=(60, 2))
    model = ChurnANNClassifier(
        (4,), n_heads=1, epochs=1, cv=2, preprocessor=Complains(), n_jobs=n_jobs
    )
    model.fit(X, X[:, 0] > 0)
    assert sorted(text for text, _ in texts(caught)) == ["fitted on this", "transformed this"]
    caught.clear()
    model.predict(X)
    assert texts(caught) == [("transformed this", SkannWarning)]


def test_the_folds_of_a_threshold_warn_once(caught):
    X = np.arange(40.0)[:, None]
    model = make_pipeline(Complains(), LogisticRegression())
    CostThresholdClassifier(model, cv=3).fit(X, np.arange(40) % 2)
    assert sorted(text for text, _ in texts(caught)) == ["fitted on this", "transformed this"]
