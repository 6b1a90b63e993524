"""A trained network as numbers and strings, which predicts without TensorFlow."""

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from skann._forward import ACTIVATIONS, Architecture, ForwardPass

if TYPE_CHECKING:
    from skann.networks import NetworkClassifier


class SavedNetwork(ClassifierMixin, BaseEstimator):
    """The last step of a pipeline that was loaded from a file.

    It predicts as the SciKeras classifier that it was; ``to_keras`` restores that.

    Attributes
    ----------
    settings_ : dict
        Settings of network and training, as numbers and strings.
    optimizer_ : dict
        "name" of Keras' class, its "config", and its "state": a list of ndarray.
    weights_ : list of ndarray
        In Keras' order.
    history_ : dict of {str: ndarray}
        Loss, metrics and learning rate of each epoch.
    classes_ : ndarray of shape (2,)
    n_features_in_ : int
    """

    settings_: dict[str, Any]
    optimizer_: dict[str, Any]
    weights_: list[np.ndarray]
    history_: dict[str, np.ndarray]
    classes_: np.ndarray
    n_features_in_: int

    @classmethod
    def of(cls, network: "NetworkClassifier | SavedNetwork") -> Self:
        """Return the saved form of a trained ``NetworkClassifier``.

        Raises
        ------
        TypeError
            If its optimizer, metrics or activation cannot be written as numbers and strings.
        """
        if isinstance(network, cls):
            return network
        saved, model = cls(), network.model_
        saved.settings_ = {
            **network.architecture._asdict(),
            "dropout": float(network.model__dropout),
            "l2": float(network.model__l2),
            "seed": int(network.model__seed),
            "batch_size": int(network.batch_size),
            "epochs": int(network.epochs),
            "metrics": [_metric_name(metric) for metric in network.metrics],
        }
        if saved._architecture.activation not in ACTIVATIONS:
            raise TypeError(f"activation {saved._architecture.activation!r} needs Keras")
        config = model.optimizer.get_config()
        odd = [name for name, value in config.items() if not _is_plain(value)]
        if odd:
            raise TypeError(f"the optimizer's {odd[0]} needs Keras: {config[odd[0]]}")
        saved.optimizer_ = {
            "name": type(model.optimizer).__name__,
            "config": config,
            "state": [variable.numpy() for variable in model.optimizer.variables],
        }
        saved.weights_ = model.get_weights()
        saved.history_ = {name: np.array(values) for name, values in network.history_.items()}
        saved.classes_, saved.n_features_in_ = network.classes_, network.n_features_in_
        return saved

    def fit(self, X: object, y: object = None) -> Self:
        """Refuse to train: scikit-learn asks for the method, and ``to_keras`` is what trains."""
        raise TypeError(
            "a network from a file does not train itself; its to_keras() returns one that does"
        )

    def to_keras(self) -> "NetworkClassifier":
        """Return the SciKeras classifier that this was, ready to train; imports TensorFlow."""
        from skann.networks import restored_network

        return restored_network(self)

    @property
    def n_weights(self) -> int:
        """Number of weights."""
        return sum(weight.size for weight in self.weights_)

    @cached_property
    def _forward_pass(self) -> ForwardPass:
        return ForwardPass(self._architecture, self.weights_)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in super().__getstate__().items() if k != "_forward_pass"}

    @property
    def _architecture(self) -> Architecture:
        return Architecture(*(self.settings_[name] for name in Architecture._fields))

    def head_probabilities(self, X: np.ndarray) -> np.ndarray:
        """Return each head's probability of the positive class, shape (n_samples, n_heads)."""
        return self._forward_pass(np.ascontiguousarray(X, dtype=np.float32)).astype(np.float64)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class, shape (n_samples, 2)."""
        positive = self.head_probabilities(X).mean(axis=1)
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the likelier class of each row."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]

    def __sklearn_is_fitted__(self) -> bool:
        return True


def trainable(network: "NetworkClassifier | SavedNetwork") -> "NetworkClassifier":
    """Return a copy of a trained network that can train on."""
    return network.to_keras() if isinstance(network, SavedNetwork) else copy.deepcopy(network)


def scoring_pipeline(pipeline: Any) -> Any:
    """Return a copy of a pipeline that scores as it does now, though its network be in training."""
    network = pipeline["network"]
    if network.architecture.activation in ACTIVATIONS:
        saved = SavedNetwork()
        saved.settings_ = network.architecture._asdict()
        saved.weights_ = network.model_.get_weights()
        saved.n_features_in_ = network.n_features_in_
    else:
        saved = copy.deepcopy(network)
    scoring = copy.copy(pipeline)
    scoring.steps = [*pipeline.steps[:-1], ("network", saved)]
    return scoring


def _metric_name(metric: Any) -> str:
    if isinstance(metric, str):
        return metric
    if type(metric).__name__ == "AUC" and metric.name == "auc":
        return "auc"
    raise TypeError(f"metric {metric!r} is a Keras object; give its name, such as 'accuracy'")


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
