"""Small networks, and rows for them to learn."""

from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture(scope="session")
def make_network():
    """A function that builds a compiled, untrained network; equal arguments, equal weights."""
    import keras

    from skann.networks import build_network
    from skann.networks._muon import MuonAdam

    def make(
        optimizer="adam",
        *,
        n_features=5,
        hidden_layer_sizes=(8, 4),
        dropout=0.0,
        l2=0.0,
        n_heads=1,
        embedding_cardinalities=(),
        learning_rate=0.01,
        metrics=("auc",),
        seed=0,
    ):
        if isinstance(optimizer, str):
            optimizer = MuonAdam() if optimizer == "muon" else keras.optimizers.get(optimizer)
            optimizer.learning_rate = learning_rate
        built = [keras.metrics.AUC(name="auc") if name == "auc" else name for name in metrics]
        return build_network(
            meta={"n_features_in_": n_features},
            compile_kwargs={"optimizer": optimizer, "metrics": built},
            hidden_layer_sizes=hidden_layer_sizes,
            activation="relu",
            dropout=dropout,
            l2=l2,
            n_heads=n_heads,
            embedding_cardinalities=embedding_cardinalities,
            seed=seed,
        )

    return make


@pytest.fixture(scope="session")
def rows():
    """90 training rows and 40 validation rows of 5 numbers, with labels and weights."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(130, 5)).astype(np.float32)
    y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.logistic(size=130) > 0.4).astype(np.int64)
    weight = rng.uniform(0.2, 3.0, size=130)
    return SimpleNamespace(
        X=X[:90],
        y=y[:90],
        weight=weight[:90],
        validation=(X[90:], y[90:]),
        weighted_validation=(X[90:], y[90:], weight[90:]),
    )
