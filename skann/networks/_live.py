"""The state of a training run as flat tensors, and its way from and to Keras' variables."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skann.networks._dropout import Dropout
from skann.networks._graphs import Graphs, shared_graphs


class LiveWeights:
    """Weights and optimizer state of a model as flat tensors, while training runs."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._variables = model.trainable_variables
        optimizer = model.optimizer
        if not optimizer.built:
            optimizer.build(self._variables)
        self._optimizer = optimizer
        self._graphs: Graphs = shared_graphs(model, optimizer_kind(optimizer))
        self._moments = _moments(optimizer)
        self._l2 = tf.constant(_l2_per_weight(self._variables))
        seed = np.random.default_rng(model.seed).integers(0, 2**31 - 1, 2, np.int32)
        self._seed = tf.constant(seed)
        self._dropout_rates = tf.constant(
            [layer.rate for layer in model.layers if isinstance(layer, Dropout)], tf.float32
        )

    def read(self) -> None:
        """Take weights and optimizer state from the Keras variables."""
        self.weights = flat(self._variables)
        empty = tf.zeros_like(self.weights)
        moments = [flat(variables) if variables else empty for variables in self._moments]
        self.moments = (*moments, empty, empty)[:2]
        self.step = tf.constant(float(self._optimizer.iterations.numpy()), tf.float32)

    def write(self) -> None:
        """Put weights and optimizer state back into the Keras variables."""
        _assign(self._variables, self.weights)
        for variables, values in zip(self._moments, self.moments, strict=False):
            _assign(variables, values)
        self._optimizer.iterations.assign(int(self.step))

    def get_weights(self) -> list[np.ndarray]:
        """Return the weights of the model, as Keras orders them."""
        parts = _split(self._variables, self.weights)
        live = {id(v): part for v, part in zip(self._variables, parts, strict=True)}
        return [live[id(v)] if id(v) in live else v.numpy() for v in self._model.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Take weights in the order of `get_weights`."""
        values = {id(v): value for v, value in zip(self._model.weights, weights, strict=True)}
        self.weights = tf.constant(
            np.concatenate([np.ravel(values[id(v)]) for v in self._variables]), tf.float32
        )

    def train_epoch(
        self, data: tuple[tf.Tensor, ...], order: np.ndarray, batch_size: tf.Tensor
    ) -> tuple[float, tf.Tensor]:
        """Run one epoch; return its mean loss and the outputs, in the order of training."""
        self.weights, *moments, self.step, loss, output = self._graphs.train_epoch(
            self.weights,
            *self.moments,
            self.step,
            *data,
            tf.constant(order),
            batch_size,
            tf.constant(_hyperparameters(self._optimizer)),
            self._dropout_rates,
            self._l2,
            self._seed,
        )
        self.moments = tuple(moments)
        return float(loss), output

    def evaluate(self, data: tuple[tf.Tensor, ...]) -> tuple[float, tf.Tensor]:
        """Return the mean loss on ``data`` and the outputs."""
        loss, output = self._graphs.evaluate(self.weights, *data, self._l2)
        return float(loss), output


def optimizer_kind(optimizer: Any) -> str:
    kinds = {
        keras.optimizers.Adam: "adam",
        keras.optimizers.AdamW: "adam",
        keras.optimizers.SGD: "sgd",
    }
    return kinds.get(type(optimizer), "")


def _moments(optimizer: Any) -> tuple[list[Any], ...]:
    if optimizer_kind(optimizer) == "adam":
        return optimizer._momentums, optimizer._velocities
    return (optimizer.momentums,)


def _hyperparameters(optimizer: Any) -> np.ndarray:
    own = (
        (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon, 0.0)
        if optimizer_kind(optimizer) == "adam"
        else (optimizer.momentum, float(optimizer.nesterov), 0.0, 0.0)
    )
    learning_rate = float(optimizer.learning_rate.numpy())
    return np.array([learning_rate, optimizer.weight_decay or 0.0, *own], np.float32)


def _l2_per_weight(variables: Sequence[Any]) -> np.ndarray:
    rates = [0.0 if v.regularizer is None else float(v.regularizer.l2) for v in variables]
    sizes = [int(np.prod(v.shape)) for v in variables]
    return np.repeat(np.array(rates, np.float32), sizes)


def flat(variables: Sequence[Any]) -> tf.Tensor:
    return tf.constant(np.concatenate([np.ravel(v.numpy()) for v in variables]), tf.float32)


def _split(variables: Sequence[Any], values: tf.Tensor) -> list[np.ndarray]:
    ends = np.cumsum([int(np.prod(v.shape)) for v in variables])[:-1]
    parts = np.split(values.numpy(), ends)
    return [part.reshape(tuple(v.shape)) for part, v in zip(parts, variables, strict=True)]


def _assign(variables: Sequence[Any], values: tf.Tensor) -> None:
    if variables:
        for variable, value in zip(variables, _split(variables, values), strict=True):
            variable.assign(value)
