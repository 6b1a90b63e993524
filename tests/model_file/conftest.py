"""Fitted models to be written to files."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skann


@pytest.fixture(scope="session")
def network(small_churn):
    """Two small networks of two heads, with embeddings and a resampler."""
    return skann.ChurnANNClassifier(
        hidden_layer_sizes=(8, 4),
        n_heads=2,
        cv=2,
        epochs=2,
        dropout=0.1,
        categorical_encoding="embedding",
        resampler="over",
        random_state=0,
    ).fit(*small_churn)


@pytest.fixture(scope="session")
def numbers(small_churn):
    """Numbers and labels."""
    X, y = small_churn
    return X.select_dtypes("number").fillna(0.0), y


@pytest.fixture(scope="session")
def logistic(numbers):
    """A threshold over scikit-learn alone, with a calibrator, actions and a cost column."""
    X, y = numbers
    return skann.CostThresholdClassifier(
        make_pipeline(StandardScaler(), LogisticRegression()),
        fn_cost=X.columns[0],
        actions={"call": {"fp_cost": 5}, "mail": {"fp_cost": 1, "tp_cost": 50}},
        calibration="sigmoid",
    ).fit(X.abs(), y)


@pytest.fixture
def path(tmp_path):
    """Where a model may be written."""
    return tmp_path / "model.skann"


@pytest.fixture(scope="session")
def content(logistic, tmp_path_factory):
    """The bytes of a small model file."""
    path = tmp_path_factory.mktemp("models") / "model.skann"
    skann.save(logistic, path)
    return path.read_bytes()
