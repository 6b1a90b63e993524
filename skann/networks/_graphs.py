"""Compiled training and inference, shared between networks of one architecture."""

import json
import threading
from collections import OrderedDict
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skann.networks._dropout import DropoutMasks, dropout_masks
from skann.networks._losses import mean_crossentropy

MAX_ARCHITECTURES = 32
_BLOCK_ROWS = 2048


class Graphs:
    """The compiled functions of one architecture and one optimizer.

    All weights of the network are one flat vector here, so that an optimizer step is a handful of
    operations, whatever the number of layers. Row count, batch size, learning rate and the other
    hyperparameters of the optimizer, dropout rates, L2 and seeds enter as tensors: networks that
    differ in those alone share one trace.

    Parameters
    ----------
    model : keras.Model
        A network of the architecture, whose layers give the forward pass. It is kept, so it has to
        be nobody's model.
    optimizer : {"adam", "sgd"}
        Which step to compile.
    """

    def __init__(self, model: keras.Model, optimizer: str) -> None:
        self._model = model
        self._shapes = [tuple(v.shape) for v in model.trainable_variables]
        self._sizes = [int(np.prod(shape)) for shape in self._shapes]
        self._step = {"adam": _adam_step, "sgd": _sgd_step}[optimizer]
        self._lock = threading.Lock()
        self._traced: dict[str, Any] = {}
        self._matrix = tf.TensorSpec([None, model.input_shape[-1]], tf.float32)
        self._column = tf.TensorSpec([None, 1], tf.float32)
        self._row = tf.TensorSpec([None], tf.float32)
        self._flat = tf.TensorSpec([sum(self._sizes)], tf.float32)

    @property
    def train_epoch(self) -> Any:
        """Compiled `_train_epoch`."""
        number, integer = tf.TensorSpec([], tf.float32), tf.TensorSpec([], tf.int32)
        return self._trace(
            self._train_epoch,
            *[self._flat] * 3,  # weights and the optimizer's two moments
            number,  # steps so far
            *(self._matrix, self._column, self._row),  # X, y, sample_weight
            tf.TensorSpec([None], tf.int32),  # order of the rows
            integer,  # batch size
            tf.TensorSpec([6], tf.float32),  # hyperparameters of the step
            self._row,  # dropout rates
            self._flat,  # L2 of each weight
            tf.TensorSpec([2], tf.int32),  # seed
        )

    @property
    def predict(self) -> Any:
        """Compiled `_predict`."""
        return self._trace(self._predict, self._flat, self._matrix)

    @property
    def evaluate(self) -> Any:
        """Compiled `_evaluate`."""
        return self._trace(
            self._evaluate, self._flat, self._matrix, self._column, self._row, self._flat
        )

    def _trace(self, function: Any, *signature: tf.TensorSpec) -> Any:
        with self._lock:
            if function.__name__ not in self._traced:
                # Loops are spelled out, so there is nothing for AutoGraph to convert.
                compiled = tf.function(function, input_signature=signature, autograph=False)
                self._traced[function.__name__] = compiled.get_concrete_function()
            return self._traced[function.__name__]

    def _forward(self, weights: tf.Tensor, X: tf.Tensor, training: bool) -> tf.Tensor:
        variables = [
            tf.reshape(part, shape)
            for part, shape in zip(tf.split(weights, self._sizes), self._shapes, strict=True)
        ]
        seeds = [v.value for v in self._model.non_trainable_variables]
        return self._model.stateless_call(variables, seeds, X, training=training)[0]

    def _train_epoch(
        self,
        weights: tf.Tensor,
        moment_1: tf.Tensor,
        moment_2: tf.Tensor,
        step: tf.Tensor,
        X: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor,
        order: tf.Tensor,
        batch_size: tf.Tensor,
        hyperparameters: tf.Tensor,
        dropout_rates: tf.Tensor,
        l2: tf.Tensor,
        seed: tf.Tensor,
    ) -> tuple[tf.Tensor, ...]:
        n_rows = tf.shape(order)[0]

        def train_batch(
            start: tf.Tensor,
            weights: tf.Tensor,
            moment_1: tf.Tensor,
            moment_2: tf.Tensor,
            step: tf.Tensor,
            loss: tf.Tensor,
            outputs: tf.TensorArray,
        ) -> tuple[Any, ...]:
            rows = order[start : start + batch_size]
            batch_seed = seed + tf.stack([tf.cast(step, tf.int32), 0])
            with tf.GradientTape() as tape:
                tape.watch(weights)
                with dropout_masks(DropoutMasks(dropout_rates, batch_seed)):
                    output = self._forward(weights, tf.gather(X, rows), training=True)
                losses = mean_crossentropy(tf.gather(y, rows), output)
                data_loss = tf.reduce_mean(losses * tf.gather(sample_weight, rows))
            gradient = tape.gradient(data_loss, weights) + 2.0 * l2 * weights
            batch_loss = data_loss + tf.reduce_sum(l2 * tf.square(weights))
            weights, moment_1, moment_2 = self._step(
                weights, gradient, moment_1, moment_2, step + 1.0, hyperparameters
            )
            return (
                start + batch_size,
                weights,
                moment_1,
                moment_2,
                step + 1.0,
                loss + batch_loss * tf.cast(tf.shape(rows)[0], tf.float32),
                outputs.write(start // batch_size, output),
            )

        outputs = tf.TensorArray(
            tf.float32,
            size=(n_rows + batch_size - 1) // batch_size,
            element_shape=[None, self._model.output_shape[-1]],
            infer_shape=False,
        )
        start = (tf.constant(0), weights, moment_1, moment_2, step, tf.constant(0.0), outputs)
        _, weights, moment_1, moment_2, step, loss, outputs = tf.while_loop(
            lambda start, *_: start < n_rows, train_batch, start
        )
        mean_loss = loss / tf.cast(n_rows, tf.float32)
        return weights, moment_1, moment_2, step, mean_loss, outputs.concat()

    def _predict(self, weights: tf.Tensor, X: tf.Tensor) -> tf.Tensor:
        # In blocks, so that activations need little memory however many the rows. All blocks have
        # one shape, so that the last bit of a row's result does not depend on its company.
        n_rows = tf.shape(X)[0]

        def predict_block(start: tf.Tensor, outputs: tf.TensorArray) -> tuple[Any, ...]:
            block = X[start : start + _BLOCK_ROWS]
            block = tf.pad(block, [[0, _BLOCK_ROWS - tf.shape(block)[0]], [0, 0]])
            block = tf.ensure_shape(block, [_BLOCK_ROWS, X.shape[1]])
            output = self._forward(weights, block, training=False)
            return start + _BLOCK_ROWS, outputs.write(start // _BLOCK_ROWS, output)

        outputs = tf.TensorArray(
            tf.float32,
            size=(n_rows + _BLOCK_ROWS - 1) // _BLOCK_ROWS,
            element_shape=[_BLOCK_ROWS, self._model.output_shape[-1]],
        )
        _, outputs = tf.while_loop(
            lambda start, _: start < n_rows, predict_block, (tf.constant(0), outputs)
        )
        return outputs.concat()[:n_rows]

    def _evaluate(
        self,
        weights: tf.Tensor,
        X: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor,
        l2: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        output = self._predict(weights, X)
        loss = tf.reduce_mean(mean_crossentropy(y, output) * sample_weight)
        return loss + tf.reduce_sum(l2 * tf.square(weights)), output


def _adam_step(
    weights: tf.Tensor,
    gradient: tf.Tensor,
    moment_1: tf.Tensor,
    moment_2: tf.Tensor,
    step: tf.Tensor,
    hyperparameters: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    learning_rate, weight_decay, beta_1, beta_2, epsilon, _ = tf.unstack(hyperparameters)
    weights -= weights * (weight_decay * learning_rate)
    moment_1 += (gradient - moment_1) * (1.0 - beta_1)
    moment_2 += (tf.square(gradient) - moment_2) * (1.0 - beta_2)
    rate = learning_rate * tf.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    return weights - moment_1 * rate / (tf.sqrt(moment_2) + epsilon), moment_1, moment_2


def _sgd_step(
    weights: tf.Tensor,
    gradient: tf.Tensor,
    moment_1: tf.Tensor,
    moment_2: tf.Tensor,
    step: tf.Tensor,
    hyperparameters: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    learning_rate, weight_decay, momentum, nesterov, _, _ = tf.unstack(hyperparameters)
    weights -= weights * (weight_decay * learning_rate)
    move = gradient * learning_rate
    moment_1 = moment_1 * momentum - move
    return (
        weights + tf.where(nesterov > 0.0, moment_1 * momentum - move, moment_1),
        moment_1,
        moment_2,
    )


_cache: OrderedDict[str, Graphs] = OrderedDict()
_cache_lock = threading.Lock()


def shared_graphs(model: keras.Model, optimizer: str) -> Graphs:
    """Return the compiled functions for networks built like ``model``.

    The last `MAX_ARCHITECTURES` architectures are kept. What is kept holds a model of its own, so
    no user's model or data stays alive.
    """
    if model.architecture is None:
        model.architecture = json.dumps(_architecture(model.get_config()), default=str)
    key = f"{optimizer} {model.architecture}"
    with _cache_lock:
        if key not in _cache:
            _cache[key] = Graphs(type(model).from_config(model.get_config()), optimizer)
            while len(_cache) > MAX_ARCHITECTURES:
                _cache.popitem(last=False)
        _cache.move_to_end(key)
        return _cache[key]


# Settings that leave the compiled functions as they are, since they enter as tensors.
_NOT_ARCHITECTURE = ("kernel_initializer", "kernel_regularizer", "rate", "seed")


def _architecture(config: Any) -> Any:
    if isinstance(config, dict):
        return {
            key: _architecture(value)
            for key, value in config.items()
            if key not in _NOT_ARCHITECTURE
        }
    if isinstance(config, list | tuple):
        return [_architecture(value) for value in config]
    return config
