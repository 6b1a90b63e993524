"""SciKeras' classifier, adapted to current scikit-learn."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, Tags

from skann._forward import Architecture, ForwardPass
from skann.networks._builder import build_network
from skann.networks._callbacks import DataLossLog, Pause, Snapshots, unheard
from skann.networks._data import LazyRows, is_encoded_when_taken
from skann.networks._metrics import Metric, fresh_metrics
from skann.networks._muon import MuonAdam
from skann.networks._runtime import is_forked, start_runtime


class NetworkClassifier(KerasClassifier):
    """``scikeras.wrappers.KerasClassifier`` for a binary ``ChurnNetwork``.

    Corrects SciKeras 0.13 for scikit-learn 1.6 and newer: the tags that make it a classifier,
    callbacks that stay in the estimator and hold the model, and one-row and float64 input to
    ``predict_proba``.
    """

    history_: dict[str, list[float]]

    def __sklearn_tags__(self) -> Tags:
        # The mixins of KerasClassifier come in an order that loses the estimator type.
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.target_tags.required = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return self.initialized_

    def _fit_keras_model(
        self,
        X: np.ndarray | LazyRows,
        y: np.ndarray,
        sample_weight: np.ndarray | None,
        warm_start: bool,
        epochs: int,
        initial_epoch: int,
        **kwargs: Any,
    ) -> None:
        earlier = self.history_ if initial_epoch else {}
        self.model_.fit(
            X,
            y,
            sample_weight=sample_weight,
            batch_size=self.batch_size,
            epochs=initial_epoch + epochs,
            initial_epoch=initial_epoch,
            **kwargs,
        )
        self.model_.keep_weights()
        # SciKeras would rename metrics ("auc" to "a_u_c"), and drop epochs without a value.
        new = self.model_.history.history
        n_new = len(new["loss"])
        self.history_ = {
            name: [
                *earlier.get(name, [np.nan] * initial_epoch),
                *new.get(name, [np.nan] * n_new),
            ]
            for name in {**new, **earlier}
        }

    def fit_part(
        self,
        parts: Any,
        callbacks: list[keras.callbacks.Callback],
        X: np.ndarray,
        y: np.ndarray,
        **data: Any,
    ) -> None:
        """Train up to a total of ``parts.until`` epochs, and pause with the best weights so far.

        Parameters
        ----------
        parts : NetworkParts
            State of the previous parts; afterwards that of the next.
        callbacks : list of keras.callbacks.Callback
            Those of the whole fit, which is one fit to them.
        X, y, **data
            As in ``fit``; the same in each part.
        """
        first = len(parts.losses)
        last = min(parts.until, self.epochs)
        if last <= first:
            return
        if parts.weights is not None:
            self.set_params(warm_start=True)
            self.model_.set_weights(parts.weights)
        begun = [callback for callback in callbacks if any(callback is c for c in parts.callbacks)]
        pause = Pause(last)
        logs_of_ours = [DataLossLog(parts.losses)]
        if parts.keeps_snapshots:
            logs_of_ours.append(Snapshots(parts.snapshots))
        with unheard(callbacks, "on_train_end"), unheard(begun, "on_train_begin"):
            self.fit(
                X,
                y,
                epochs=self.epochs - first,
                initial_epoch=first,
                callbacks=[*callbacks, *logs_of_ours, pause],
                **data,
            )
        parts.callbacks, parts.weights = callbacks, self.model_.get_weights()
        if pause.ended or last == self.epochs:
            logs = {name: values[-1] for name, values in self.history_.items()}
            for callback in callbacks:
                callback.on_train_end(logs)
            parts.end()
            return
        for callback in callbacks:
            if getattr(callback, "restore_best_weights", False) and callback.best_weights:
                self.model_.set_weights(callback.best_weights)

    def _validate_data(
        self, X: Any = None, y: Any = None, reset: bool = False, y_numeric: bool = False
    ) -> tuple[Any, Any]:
        if not is_encoded_when_taken(X):
            return super()._validate_data(X, y, reset, y_numeric)
        _, y = super()._validate_data(None, y, reset, y_numeric)
        self.X_dtype_, self.X_shape_, self.n_features_in_ = X.dtype, X.shape, X.shape[1]
        return X, y

    @staticmethod
    def _validate_sample_weight(X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, np.ndarray]:
        # SciKeras would copy all rows to leave out those of weight 0, which are not there.
        return X, y, np.asarray(sample_weight, dtype=np.float32)

    @property
    def architecture(self) -> Architecture:
        """Architecture of the network."""
        return Architecture(
            tuple(self.model__hidden_layer_sizes),
            self.model__activation,
            self.model__n_heads,
            tuple(self.model__embedding_cardinalities),
        )

    @property
    def n_weights(self) -> int:
        """Number of weights."""
        return self.model_.count_params()

    def head_probabilities(self, X: ArrayLike) -> np.ndarray:
        """Return each head's probability of the positive class, shape (n_samples, n_heads)."""
        X = np.ascontiguousarray(X, dtype=np.float32)
        missing = self.n_features_in_ - X.shape[1]  # zeros that stood in front in training
        if missing > 0:
            X = np.pad(X, ((0, 0), (missing, 0)))
        if is_forked():  # TensorFlow would wait for threads that are not there
            heads = ForwardPass(self.architecture, self.model_.get_weights())(X)
        else:
            heads = self.model_.predict_array(X)
        return heads.astype(np.float64)

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of each class, shape (n_samples, 2)."""
        positive = self.head_probabilities(X).mean(axis=1)
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the likelier class of each row."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]


def make_network_classifier(
    *,
    optimizer: str | keras.optimizers.Optimizer | type,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    metrics: Sequence[Metric],
    seed: int,
    **network: Any,
) -> NetworkClassifier:
    """Return an untrained classifier.

    Parameters
    ----------
    optimizer : str, keras.optimizers.Optimizer or class
        An instance is copied, as it belongs to the network that it trained first.
    learning_rate : float
        Unused if ``optimizer`` is an instance.
    batch_size, epochs : int
    metrics : sequence of str or keras.metrics.Metric
        See ``fresh_metrics``.
    seed : int
    **network
        Further arguments of ``build_network``.
    """
    start_runtime()
    settings: dict[str, Any] = {f"model__{name}": value for name, value in network.items()}
    if isinstance(optimizer, str):
        # SciKeras would build one of Keras' to find its class.
        optimizer = {"adam": keras.optimizers.Adam, "muon": MuonAdam}.get(optimizer, optimizer)
    if isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer = type(optimizer).from_config(optimizer.get_config())
    else:
        settings |= dict.fromkeys(
            ("optimizer__learning_rate", "model__learning_rate"), float(learning_rate)
        )
    return NetworkClassifier(
        build_network,
        model__seed=seed,
        optimizer=optimizer,
        metrics=fresh_metrics(metrics),
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
        **settings,
    )
