"""Compiled training and evaluation, shared between networks of one architecture."""

import json
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from skann._warnings import SkannWarning
from skann.networks._dropout import DropoutMasks, dropout_masks
from skann.networks._losses import mean_crossentropy
from skann.networks._muon import is_hidden_kernel, muon_step

MAX_ARCHITECTURES = 32


class State(NamedTuple):
    """Weights and the optimizer's two moments, each one flat vector, and the steps so far."""

    weights: tf.Tensor
    moment_1: tf.Tensor
    moment_2: tf.Tensor
    step: tf.Tensor


class Settings(NamedTuple):
    """Settings in which networks that share one compilation may differ."""

    optimizer: tf.Tensor  # hyperparameters of the step, shape (6,)
    dropout_rates: tf.Tensor  # shape (n_dropout_layers,)
    l2: tf.Tensor  # penalty of each weight


class Batches(NamedTuple):
    """Rows in batches of one shape; those after the first ``n_rows`` are padding."""

    X: tf.Tensor  # shape (n_batches, batch_size, n_features)
    y: tf.Tensor  # shape (n_batches, batch_size)
    sample_weight: tf.Tensor  # shape (n_batches, batch_size), 0 for padding
    n_rows: tf.Tensor


class Graphs:
    """The compiled functions of one architecture and one optimizer.

    All weights of the network are one flat vector here, so that an optimizer step is a handful of
    operations, whatever the number of layers. XLA compiles for fixed shapes, so rows come in blocks
    of a fixed number of batches, however many there are; how many of the rows are real enters as a
    tensor, and so do learning rate and the other hyperparameters of the optimizer, dropout rates
    and masks, and L2: networks that differ in those alone share one compilation.

    Parameters
    ----------
    model : keras.Model
        A network of the architecture, whose layers give the forward pass. It is kept, so it must
        not be a user's model.
    optimizer : {"adam", "muon", "sgd"}
        Which step to compile.
    """

    xla_works = True  # until it fails, for all

    def __init__(self, model: keras.Model, optimizer: str) -> None:
        self._model = model
        self._shapes = [tuple(v.shape) for v in model.trainable_variables]
        self._sizes = [int(np.prod(shape)) for shape in self._shapes]
        self._are_kernels = [is_hidden_kernel(v) for v in model.trainable_variables]
        self._step = {"adam": _adam_step, "muon": self._muon_step, "sgd": _sgd_step}[optimizer]
        self._lock = threading.Lock()
        self._traced: dict[tuple[str, bool], Callable[..., Any]] = {}
        number, flat = tf.TensorSpec([], tf.float32), tf.TensorSpec([sum(self._sizes)], tf.float32)
        self._state = State(flat, flat, flat, number)
        row = tf.TensorSpec([None], tf.float32)
        self._settings = Settings(tf.TensorSpec([6], tf.float32), row, flat)
        matrix = tf.TensorSpec([None, None], tf.float32)
        table = tf.TensorSpec([None, None, model.input_shape[-1]], tf.float32)
        self._batches = Batches(table, matrix, matrix, tf.TensorSpec([], tf.int32))

    def train(
        self,
        state: State,
        settings: Settings,
        batches: Batches,
        dropout_bytes: tf.Tensor,
        xla: bool,
    ) -> tuple[State, tf.Tensor, tf.Tensor]:
        """Take a step on each batch.

        Parameters
        ----------
        state, settings, batches
        xla : bool
            Compile by XLA, rather than run as a plain graph.
        dropout_bytes : tensor of uint8, shape (n_batches, batch_size, n_dropout_units)
            A random byte for each unit that dropout may drop.

        Returns
        -------
        state : State
        loss : tensor of shape ()
            Sum over the rows, with the penalty.
        probability : tensor of shape (n_batches, batch_size)
            Mean of the heads, as it was before each step.
        """
        bytes_spec = tf.TensorSpec([None, None, None], tf.uint8)
        signature = (self._state, self._settings, self._batches, bytes_spec)
        return self._run(self._train, xla, signature, state, settings, batches, dropout_bytes)

    def evaluate(
        self, weights: tf.Tensor, batches: Batches, xla: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the loss, summed over the rows and without penalty, and what each head gives.

        The heads' probabilities have shape (n_batches, batch_size, n_heads).
        """
        signature = (self._state.weights, self._batches)
        return self._run(self._evaluate, xla, signature, weights, batches)

    def _run(
        self, function: Callable[..., Any], xla: bool, signature: tuple[Any, ...], *arguments: Any
    ) -> Any:
        xla = xla and Graphs.xla_works
        try:
            return self._trace(function, xla, signature)(*arguments)
        except (tf.errors.OpError, NotImplementedError) as error:
            if not xla:
                raise
            if Graphs.xla_works:
                Graphs.xla_works = False
                warnings.warn(
                    "TensorFlow's compiler XLA failed, so that training will take about twice as "
                    f"long in this process: {str(error).splitlines()[0]}",
                    SkannWarning,
                    stacklevel=2,
                )
            return self._trace(function, False, signature)(*arguments)

    def _trace(
        self, function: Callable[..., Any], xla: bool, signature: tuple[Any, ...]
    ) -> Callable[..., Any]:
        key = function.__name__, xla
        with self._lock:
            if key not in self._traced:
                # Loops are spelled out, so there is nothing for AutoGraph to convert.
                traced = tf.function(
                    function, input_signature=signature, autograph=False, jit_compile=xla
                )
                self._traced[key] = traced.get_concrete_function()
            return self._traced[key]

    def _split(self, flat: tf.Tensor) -> list[tf.Tensor]:
        parts = zip(tf.split(flat, self._sizes), self._shapes, strict=True)
        return [tf.reshape(part, shape) for part, shape in parts]

    def _muon_step(self, state: State, gradient: tf.Tensor, hyperparameters: tf.Tensor) -> State:
        adam = _adam_step(state, gradient, hyperparameters)
        weights, moments, squares = map(self._split, adam[:3])
        before = zip(*map(self._split, (*state[:3], gradient)), strict=True)
        for index, (kernel, momentum, unused, of_kernel) in enumerate(before):
            if self._are_kernels[index]:
                step, moments[index] = muon_step(of_kernel, momentum, hyperparameters[0])
                weights[index], squares[index] = kernel - step, unused
        return State(_flat(weights), _flat(moments), _flat(squares), adam.step)

    def _forward(self, weights: tf.Tensor, X: tf.Tensor, training: bool) -> tf.Tensor:
        variables = self._split(weights)
        seeds = [tf.zeros(v.shape, v.dtype) for v in self._model.non_trainable_variables]
        return self._model.stateless_call(variables, seeds, X, training=training)[0]

    def _train(
        self, state: State, settings: Settings, batches: Batches, dropout_bytes: tf.Tensor
    ) -> tuple[State, tf.Tensor, tf.Tensor]:
        n_batches, batch_size = tf.unstack(tf.shape(batches.y))

        def train_batch(
            batch: tf.Tensor, state: State, loss: tf.Tensor, probability: tf.TensorArray
        ) -> tuple[Any, ...]:
            n_rows = tf.cast(
                tf.minimum(batches.n_rows - batch * batch_size, batch_size), tf.float32
            )
            masks = DropoutMasks(settings.dropout_rates, tf.gather(dropout_bytes, batch))
            with tf.GradientTape() as tape:
                tape.watch(state.weights)
                with dropout_masks(masks):
                    output = self._forward(state.weights, tf.gather(batches.X, batch), True)
                losses = mean_crossentropy(tf.gather(batches.y, batch), output)
                weighted = losses * tf.gather(batches.sample_weight, batch)
                data_loss = tf.reduce_sum(weighted) / n_rows
            gradient = tape.gradient(data_loss, state.weights)
            gradient += 2.0 * settings.l2 * state.weights
            penalty = tf.reduce_sum(settings.l2 * tf.square(state.weights))
            return (
                batch + 1,
                self._step(state, gradient, settings.optimizer),
                loss + (data_loss + penalty) * n_rows,
                probability.write(batch, tf.reduce_mean(output, axis=-1)),
            )

        probability = tf.TensorArray(tf.float32, n_batches, element_shape=[None])
        _, state, loss, probability = tf.while_loop(
            lambda batch, *_: batch * batch_size < batches.n_rows,
            train_batch,
            (tf.constant(0), state, tf.constant(0.0), probability),
        )
        return state, loss, probability.stack()

    def _evaluate(self, weights: tf.Tensor, batches: Batches) -> tuple[tf.Tensor, tf.Tensor]:
        n_batches, batch_size = tf.unstack(tf.shape(batches.y))

        def evaluate_batch(
            batch: tf.Tensor, loss: tf.Tensor, outputs: tf.TensorArray
        ) -> tuple[Any, ...]:
            output = self._forward(weights, tf.gather(batches.X, batch), False)
            losses = mean_crossentropy(tf.gather(batches.y, batch), output)
            loss += tf.reduce_sum(losses * tf.gather(batches.sample_weight, batch))
            return batch + 1, loss, outputs.write(batch, output)

        shape = [None, self._model.output_shape[-1]]
        outputs = tf.TensorArray(tf.float32, n_batches, element_shape=shape)
        _, loss, outputs = tf.while_loop(
            lambda batch, *_: batch * batch_size < batches.n_rows,
            evaluate_batch,
            (tf.constant(0), tf.constant(0.0), outputs),
        )
        return loss, outputs.stack()


def _flat(parts: list[tf.Tensor]) -> tf.Tensor:
    return tf.concat([tf.reshape(part, [-1]) for part in parts], axis=0)


def _adam_step(state: State, gradient: tf.Tensor, hyperparameters: tf.Tensor) -> State:
    learning_rate, weight_decay, beta_1, beta_2, epsilon, _ = tf.unstack(hyperparameters)
    step = state.step + 1.0
    weights = state.weights - state.weights * (weight_decay * learning_rate)
    moment_1 = state.moment_1 + (gradient - state.moment_1) * (1.0 - beta_1)
    moment_2 = state.moment_2 + (tf.square(gradient) - state.moment_2) * (1.0 - beta_2)
    rate = learning_rate * tf.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    weights -= moment_1 * rate / (tf.sqrt(moment_2) + epsilon)
    return State(weights, moment_1, moment_2, step)


def _sgd_step(state: State, gradient: tf.Tensor, hyperparameters: tf.Tensor) -> State:
    learning_rate, weight_decay, momentum, nesterov, _, _ = tf.unstack(hyperparameters)
    weights = state.weights - state.weights * (weight_decay * learning_rate)
    move = gradient * learning_rate
    moment_1 = state.moment_1 * momentum - move
    weights += tf.where(nesterov > 0.0, moment_1 * momentum - move, moment_1)
    return State(weights, moment_1, state.moment_2, state.step + 1.0)


_cache: OrderedDict[str, Graphs] = OrderedDict()
_cache_lock = threading.Lock()


def shared_graphs(model: keras.Model, optimizer: str) -> Graphs:
    """Return the compiled functions for networks built like ``model``.

    The last ``MAX_ARCHITECTURES`` architectures are kept. What is kept holds a model of its own, so
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
