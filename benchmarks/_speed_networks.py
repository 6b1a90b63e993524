"""The one network of the speed benchmark, in every library: units, batches, epochs are equal."""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from skann import ChurnANNClassifier

HIDDEN, DROPOUT, BATCH, LEARNING_RATE = (64, 32), 0.1, 256, 1e-3
NEVER = 10_000  # a patience that callbacks never reach, so that all train the same epochs


def made_rows(n_rows: int, n_features: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised float32 rows and labels that depend on them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)).astype(np.float32)
    score = X @ rng.normal(size=n_features) / 3 + np.tanh(X[:, 0] * X[:, 1])
    return X, (score + rng.normal(size=n_rows) > 1).astype(int)


def skann_network(epochs: int, dropout: float = DROPOUT, **settings: Any) -> ChurnANNClassifier:
    """Return the network of this benchmark as skann builds it."""
    defaults = {"hidden_layer_sizes": HIDDEN, "preprocessor": "passthrough", "random_state": 0}
    return ChurnANNClassifier(
        dropout=dropout,
        cv=None,
        n_heads=1,
        optimizer="adam",
        learning_rate=LEARNING_RATE,
        batch_size=BATCH,
        epochs=epochs,
        patience=NEVER,
        **{**defaults, **settings},
    )


def scikeras_network(epochs: int, **settings: Any) -> Any:
    """Return the same network as one writes it with SciKeras alone."""
    import keras
    from scikeras.wrappers import KerasClassifier

    def build(meta: dict[str, Any], dropout: float, learning_rate: float, l2: float) -> Any:
        layers = [keras.Input((meta["n_features_in_"],))]
        penalty = keras.regularizers.L2(l2) if l2 else None
        for units in HIDDEN:
            layers.append(keras.layers.Dense(units, "relu", kernel_regularizer=penalty))
            layers.append(keras.layers.Dropout(dropout))
        model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
        model.compile(
            keras.optimizers.Adam(learning_rate),
            "binary_crossentropy",
            metrics=[keras.metrics.AUC(name="auc")],
        )
        return model

    callbacks = [
        keras.callbacks.EarlyStopping(patience=NEVER, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(patience=NEVER),
    ]
    defaults = {
        "callbacks": callbacks,
        "model__dropout": DROPOUT,
        "model__learning_rate": LEARNING_RATE,
        "model__l2": 0.0,
    }
    return KerasClassifier(
        build, batch_size=BATCH, epochs=epochs, verbose=0, **{**defaults, **settings}
    )


def sklearn_network(epochs: int) -> MLPClassifier:
    """Return the same network without dropout, which MLPClassifier lacks."""
    return MLPClassifier(
        HIDDEN,
        batch_size=BATCH,
        max_iter=epochs,
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=NEVER,
        alpha=0.0,
        random_state=0,
    )


def skorch_network(epochs: int, n_features: int) -> Any:
    """Return the same network in skorch."""
    import torch
    from skorch import NeuralNetBinaryClassifier
    from skorch.callbacks import EarlyStopping, EpochScoring
    from skorch.dataset import ValidSplit

    sizes = [n_features, *HIDDEN]
    layers: list[Any] = []
    for before, units in pairwise(sizes):
        layers += [torch.nn.Linear(before, units), torch.nn.ReLU(), torch.nn.Dropout(DROPOUT)]
    return NeuralNetBinaryClassifier(
        torch.nn.Sequential(*layers, torch.nn.Linear(HIDDEN[-1], 1)),
        optimizer=torch.optim.Adam,
        lr=LEARNING_RATE,
        batch_size=BATCH,
        max_epochs=epochs,
        train_split=ValidSplit(0.2, stratified=True),
        callbacks=[
            EpochScoring("roc_auc", lower_is_better=False, name="valid_auc"),
            EarlyStopping(patience=NEVER, load_best=True),
        ],
        verbose=0,
    )


def auc_scorer(estimator: Any, X: Any, y: Any) -> float:
    """Return the AUC; scikit-learn's scorer takes SciKeras for no classifier and refuses it."""
    return float(roc_auc_score(y, estimator.predict_proba(X)[:, 1]))
