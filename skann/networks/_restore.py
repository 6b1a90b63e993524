"""From numbers and strings back to a trained network."""

from typing import Any

import keras
import numpy as np

from skann.networks._muon import MuonAdam
from skann.networks._scikeras import NetworkClassifier, make_network_classifier


def restored_network(saved: Any) -> NetworkClassifier:
    """Return a trained classifier.

    Parameters
    ----------
    saved : SavedNetwork

    Raises
    ------
    ValueError
        If its optimizer is not a Keras optimizer, or its weights do not fit.
    """
    network = make_network_classifier(
        optimizer=_optimizer(**saved.optimizer_), learning_rate=0.0, **saved.settings_
    )
    network.initialize(
        np.zeros((2, saved.n_features_in_), np.float32), np.array([0, 1], dtype=np.int64)
    )
    network.model_.set_weights(saved.weights_)
    optimizer = network.model_.optimizer
    if saved.optimizer_["state"]:
        optimizer.build(network.model_.trainable_variables)
        for variable, value in zip(optimizer.variables, saved.optimizer_["state"], strict=True):
            variable.assign(value)
    network.history_ = {name: values.tolist() for name, values in saved.history_.items()}
    network.classes_ = saved.classes_
    return network


def _optimizer(name: str, config: dict[str, Any], state: object) -> keras.optimizers.Optimizer:
    kind: Any = MuonAdam if name == MuonAdam.__name__ else getattr(keras.optimizers, name, None)
    is_optimizer = isinstance(kind, type) and issubclass(kind, keras.optimizers.Optimizer)
    # Keras would import whatever a nested entry names.
    if not is_optimizer or any(isinstance(value, dict | list) for value in config.values()):
        raise ValueError(f"the model's optimizer {name!r} is not a Keras optimizer")
    return kind.from_config(config)
