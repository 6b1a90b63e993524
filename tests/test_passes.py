"""Training by passes over parts of the rows."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skann import ChurnANNClassifier
from skann._churn_ann import _passes


class Rows(NamedTuple):
    X: pd.DataFrame
    y: pd.Series

    def read(self):
        return self


@pytest.fixture
def parts(small_churn):
    """Three parts of the customers."""
    X, y = small_churn
    return [Rows(X[start::3], y[start::3]) for start in range(3)]


def test_passes_stop_on_rows_that_never_train_and_the_best_one_is_kept(parts, monkeypatch):
    losses, judged = iter([0.5, 0.4, 0.45, 0.3, 0.31, 0.32, 0.2]), []

    def log_loss(y, probability, labels):
        judged.append((y.index, probability))
        return next(losses)

    trained = []
    partial_fit = ChurnANNClassifier.partial_fit

    def spy(self, X, y, classes):
        trained.append((self.learning_rate, X.index))
        return partial_fit(self, X, y, classes)

    monkeypatch.setattr(_passes, "log_loss", log_loss)
    monkeypatch.setattr(ChurnANNClassifier, "partial_fit", spy)
    classifier = ChurnANNClassifier(
        (8,), n_heads=1, cv=None, epochs=20, patience=2, learning_rate=0.01, random_state=0
    )
    *training, watched = parts
    best = _passes.train_by_passes(classifier, training, watched, classes=["No", "Yes"])
    assert [rate for rate, _ in trained[::2]] == [0.01, 0.01, 0.01, 0.005, 0.005, 0.0025]
    for number, (_, rows) in enumerate(trained):
        assert rows.equals(training[number % 2].X.index)
    assert all(rows.equals(watched.y.index) for rows, _ in judged)
    assert_array_equal(best.predict_proba(watched.X), judged[3][1])
    assert best.learning_rate == 0.01
    assert (best.n_iter_, best.best_epoch_) == (6, 4)
    assert best.history_["val_loss"].tolist() == [0.5, 0.4, 0.45, 0.3, 0.31, 0.32]
    assert best.history_["learning_rate"].tolist()[-1] == 0.0025
    assert np.isfinite(best.history_["loss"]).all()


def test_epochs_are_the_most_passes(parts):
    classifier = ChurnANNClassifier((8,), n_heads=1, cv=None, epochs=1, random_state=0)
    best = _passes.train_by_passes(classifier, parts[:1], parts[1], classes=["No", "Yes"])
    assert best.n_iter_ == 1


def test_a_classifier_is_set_for_all_rows_rather_than_those_of_a_part():
    classifier = _passes.classifier_for(10**6, random_state=1)
    assert (classifier.l2, classifier.batch_size, classifier.cv) == (2e-6, 1024, None)
