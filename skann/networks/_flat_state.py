"""The state of a training run as flat tensors, read from and written to Keras' variables."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from skann.networks._data import LabelledRows, aligned, as_tensor
from skann.networks._dropout import Dropout
from skann.networks._graphs import Batches, Graphs, Settings, State, shared_graphs
from skann.networks._keras_private import adam_moments
from skann.networks._muon import MuonAdam

EVALUATION_ROWS = 256  # of a batch
# With fewer steps per epoch, compiling by XLA takes longer than it saves, even over many fits. It
# depends on nothing else, since the two differ in the last bits.
_MIN_STEPS_FOR_XLA = 7


class LiveWeights:
    """Weights and optimizer state of a model as flat tensors, while training runs.

    Parameters
    ----------
    model : ChurnNetwork
    n_steps : int
        Steps per epoch.
    """

    def __init__(self, model: keras.Model, n_steps: int) -> None:
        self._xla = n_steps >= _MIN_STEPS_FOR_XLA
        self._model = model
        self._variables = model.trainable_variables
        self._optimizer = model.optimizer
        self._graphs: Graphs = shared_graphs(model, optimizer_kind(self._optimizer))
        l2 = _l2_per_weight(self._variables)
        self._l2, self._l2_array = tf.constant(l2), l2
        layers = [layer for layer in model.layers if isinstance(layer, Dropout)]
        self._dropout_rates = tf.constant([layer.rate for layer in layers], tf.float32)
        self._n_dropout_units = sum(layer.output.shape[-1] for layer in layers)
        self._drops = any(layer.rate for layer in layers)
        self._no_bytes: tf.Tensor | None = None

    def read(self) -> None:
        """Take weights and optimizer state from the Keras variables."""
        weights = flat(self._variables)
        empty = tf.zeros_like(weights)
        moments, step = [empty, empty], 0.0
        if self._model.optimizer.built:
            for index, variables in enumerate(_moments(self._optimizer)):
                moments[index] = flat(variables) if variables else empty
            step = float(self._optimizer.iterations.numpy())
        self.state = State(weights, moments[0], moments[1], tf.constant(step, tf.float32))

    def write(self) -> None:
        """Put the weights back into the Keras variables, and keep the rest until it is needed."""
        _assign(self._variables, self.state.weights)
        self._model.leave_state(self.state)

    def get_weights(self) -> list[np.ndarray]:
        """Return the weights of the model, as Keras orders them."""
        parts = _split(self._variables, self.state.weights)
        live = {id(v): part for v, part in zip(self._variables, parts, strict=True)}
        return [live[id(v)] if id(v) in live else v.numpy() for v in self._model.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Take weights in the order of ``get_weights``."""
        values = {id(v): value for v, value in zip(self._model.weights, weights, strict=True)}
        flat_weights = np.concatenate([np.ravel(values[id(v)]) for v in self._variables])
        self.state = self.state._replace(weights=tf.constant(flat_weights, tf.float32))

    def train_epoch(
        self, table: LabelledRows, order: np.ndarray, batch_size: int, epoch: int
    ) -> tuple[float, np.ndarray]:
        """Run one epoch.

        Returns
        -------
        loss : float
            Mean over the rows, with the penalty.
        probability : ndarray of shape (n_samples,)
            Mean of the heads, in the order of training.
        """
        settings = Settings(
            tf.constant(_hyperparameters(self._optimizer)), self._dropout_rates, self._l2
        )
        draw = self._byte_source(epoch)
        loss, parts = 0.0, []
        for block in table.blocks(batch_size, order):
            self.state, block_loss, probability = self._graphs.train(
                self.state, settings, block, draw(block), self._xla
            )
            loss += float(block_loss)
            parts.append(probability.numpy().ravel())
        return loss / table.n_rows, np.concatenate(parts)[: table.n_rows]

    def evaluate(self, table: LabelledRows) -> tuple[float, np.ndarray]:
        """Return the mean loss with the penalty, and the mean of the heads for each row."""
        loss, outputs = evaluate(self._graphs, self.state.weights, table, self._xla)
        penalty = np.dot(self._l2_array, np.square(self.state.weights.numpy()))
        return loss + float(penalty), outputs.mean(axis=1)

    def _byte_source(self, epoch: int) -> Callable[[Batches], tf.Tensor]:
        """Return what draws the dropout bytes of one block after the other."""
        generator = np.random.SFC64([self._model.seed, epoch])

        def draw(block: Batches) -> tf.Tensor:
            n_batches, batch_size = block.y.shape
            size = (n_batches, batch_size, self._n_dropout_units)
            if not self._drops:
                if self._no_bytes is None:
                    self._no_bytes = tf.zeros(size, tf.uint8)
                return self._no_bytes
            # Whole words for each batch, so that the bytes do not depend on the size of a block.
            n_words = -(-batch_size * self._n_dropout_units // 8)
            n_drawn = -(-int(block.n_rows) // batch_size)
            words = generator.random_raw(n_drawn * n_words).reshape(n_drawn, n_words)
            random_bytes = aligned(size, np.uint8)
            drawn = words.view(np.uint8)[:, : batch_size * self._n_dropout_units]
            random_bytes[:n_drawn] = drawn.reshape(n_drawn, *size[1:])
            return as_tensor(random_bytes)

        return draw


def evaluate(
    graphs: Graphs, weights: tf.Tensor, table: LabelledRows, xla: bool = False
) -> tuple[float, np.ndarray]:
    """Return the mean loss without penalty, and the heads' probabilities (n_samples, n_heads)."""
    loss, parts = 0.0, []
    for block in table.standing_blocks(EVALUATION_ROWS):
        block_loss, outputs = graphs.evaluate(weights, block, xla)
        loss += float(block_loss)
        parts.append(outputs.numpy().reshape(-1, outputs.shape[-1]))
    return loss / table.n_rows, np.concatenate(parts)[: table.n_rows]


def write_optimizer(
    optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable], state: State
) -> None:
    """Put the state of a training run into a Keras optimizer, which is built if needed."""
    if not optimizer.built:
        optimizer.build(variables)
    moments = (state.moment_1, state.moment_2)
    for own, values in zip(_moments(optimizer), moments, strict=False):
        _assign(own, values)
    optimizer.iterations.assign(int(state.step))


def optimizer_kind(optimizer: keras.optimizers.Optimizer) -> str:
    kinds = {
        keras.optimizers.Adam: "adam",
        keras.optimizers.AdamW: "adam",
        keras.optimizers.SGD: "sgd",
        MuonAdam: "muon",
    }
    return kinds.get(type(optimizer), "")


def _moments(optimizer: keras.optimizers.Optimizer) -> tuple[list[keras.Variable], ...]:
    if optimizer_kind(optimizer) == "sgd":
        return (optimizer.momentums,)
    return adam_moments(optimizer)


def _hyperparameters(optimizer: keras.optimizers.Optimizer) -> np.ndarray:
    own = (
        (optimizer.momentum, float(optimizer.nesterov), 0.0, 0.0)
        if optimizer_kind(optimizer) == "sgd"
        else (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon, 0.0)
    )
    learning_rate = float(optimizer.learning_rate.numpy())
    return np.array([learning_rate, optimizer.weight_decay or 0.0, *own], np.float32)


def _l2_per_weight(variables: Sequence[keras.Variable]) -> np.ndarray:
    rates = [0.0 if v.regularizer is None else float(v.regularizer.l2) for v in variables]
    sizes = [int(np.prod(v.shape)) for v in variables]
    return np.repeat(np.array(rates, np.float32), sizes)


def flat(variables: Sequence[keras.Variable]) -> tf.Tensor:
    return tf.constant(np.concatenate([np.ravel(v.numpy()) for v in variables]), tf.float32)


def _split(variables: Sequence[keras.Variable], values: tf.Tensor) -> list[np.ndarray]:
    ends = np.cumsum([int(np.prod(v.shape)) for v in variables])[:-1]
    parts = np.split(values.numpy(), ends)
    return [part.reshape(tuple(v.shape)) for part, v in zip(parts, variables, strict=True)]


def _assign(variables: Sequence[keras.Variable], values: tf.Tensor) -> None:
    if variables:
        for variable, value in zip(variables, _split(variables, values), strict=True):
            variable.assign(value)
