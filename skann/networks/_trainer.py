"""A Keras model whose ``fit`` runs one compiled graph call per epoch."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skann.networks._callbacks import ModelCheckpoint
from skann.networks._data import LabelledRows, ShuffledBatches, is_encoded_when_taken
from skann.networks._flat_state import LiveWeights, evaluate, flat, optimizer_kind, write_optimizer
from skann.networks._graphs import State, shared_graphs
from skann.networks._keras_private import (
    compiled_metrics,
    excludes_from_weight_decay,
    first_epoch,
    has_weighted_metrics,
    is_default_hook,
    learning_rate_of,
)
from skann.networks._learning_rate import hold_learning_rate
from skann.networks._losses import mean_crossentropy
from skann.networks._metrics import metric_value
from skann.networks._runtime import is_forked, start_runtime

# Callbacks that reach weights through `get_weights` and `set_weights` alone, so that nothing has
# to be written to the Keras variables while training runs.
_LIGHT_CALLBACKS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.History,
)
# Callbacks with hooks on batches that do nothing of use when their frequency is an epoch.
_EPOCH_CALLBACKS = {
    keras.callbacks.ModelCheckpoint: "save_freq",
    ModelCheckpoint: "save_freq",
    keras.callbacks.BackupAndRestore: "save_freq",
    keras.callbacks.TensorBoard: "update_freq",
}
PRECISION = "float32"
_BATCH_HOOKS = [
    f"on_{stage}batch_{end}" for stage in ("", "train_", "test_") for end in ("begin", "end")
]


@keras.saving.register_keras_serializable("skann")
class ChurnNetwork(keras.Model):
    """A functional Keras model that trains on a table as fast as its matrix products.

    ``fit`` takes Keras' arguments, runs Keras' callbacks and gives Keras' logs. Where arrays are
    trained with Adam, AdamW or SGD on ``mean_crossentropy``, an epoch is one call of a compiled
    graph that networks of the same architecture share; anything else goes to Keras' own ``fit``.
    Shuffling and dropout depend on ``seed`` alone (an attribute, set before ``fit``).
    """

    seed: int = 0
    architecture: str | None = None  # what `shared_graphs` knows it by
    _live: LiveWeights | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dtype_policy = PRECISION

    @property
    def optimizer(self) -> keras.optimizers.Optimizer | None:
        """The optimizer, with the state that training has left; None before ``compile``.

        Building its variables takes as long as a third of a small fit, so it waits until somebody
        looks.
        """
        optimizer = self.__dict__.get("optimizer")
        state = self.__dict__.pop("_state_left", None)
        if state is not None:
            with tf.init_scope():  # Keras may look while it traces a step
                write_optimizer(optimizer, self.trainable_variables, state)
        return optimizer

    @optimizer.setter
    def optimizer(self, optimizer: keras.optimizers.Optimizer | None) -> None:
        self.__dict__["optimizer"] = optimizer

    def leave_state(self, state: State) -> None:
        """Keep the state of a training run until the optimizer is looked at."""
        self.__dict__["_state_left"] = state  # past Keras, which would track it

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = 0,
        callbacks: Any = None,
        validation_data: Any = None,
        shuffle: bool = True,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train as ``keras.Model.fit`` does; see there for the arguments."""
        start_runtime()
        callbacks = keras.tree.flatten(callbacks) if callbacks else []
        batch_size = 32 if batch_size is None else int(batch_size)
        plain_arrays = all(
            value is None or isinstance(value, np.ndarray) or is_encoded_when_taken(value)
            for value in (x, y, sample_weight)
        ) and isinstance(validation_data, tuple | list | None)
        common = dict(
            epochs=epochs, verbose=verbose, callbacks=callbacks, initial_epoch=initial_epoch
        )
        defaults = {"validation_split": 0.0, "class_weight": None, "validation_freq": 1}
        kwargs = {
            key: value
            for key, value in kwargs.items()
            if value is not None and value != defaults.get(key)
        }
        if not (plain_arrays and not set(kwargs) - {"validation_batch_size"}):
            return super().fit(
                x=x,
                y=y,
                batch_size=batch_size,
                validation_data=validation_data,
                shuffle=shuffle,
                sample_weight=sample_weight,
                **common,
                **kwargs,
            )
        table = LabelledRows(x, y, sample_weight)
        validation = None if validation_data is None else LabelledRows(*validation_data)
        if not (_covers(self) and all(map(_is_epoch_callback, callbacks))):
            return super().fit(
                x=ShuffledBatches(table, batch_size, self._epoch_order, shuffle, initial_epoch),
                validation_data=validation and validation.take(np.arange(validation.n_rows)),
                validation_batch_size=batch_size,
                shuffle=False,
                **common,
            )
        return self._fit_in_graph(table, validation, batch_size, shuffle, **common)

    def _fit_in_graph(
        self,
        table: LabelledRows,
        validation: LabelledRows | None,
        batch_size: int,
        shuffle: bool,
        epochs: int,
        verbose: int | str,
        callbacks: list[keras.callbacks.Callback],
        initial_epoch: int,
    ) -> keras.callbacks.History:
        n_steps = -(-table.n_rows // batch_size)
        live = LiveWeights(self, n_steps)
        light = all(map(_is_light, callbacks))
        callback_list = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=bool(verbose),
            verbose=verbose,
            epochs=epochs,
            steps=n_steps,
            model=self,
        )
        self.stop_training = False
        logs: dict[str, float] = {}
        callback_list.on_train_begin()
        initial_epoch = first_epoch(self, initial_epoch)
        # From here to the end of the loop the weights live in `live`.
        live.read()
        self._live = live
        try:
            for epoch in range(initial_epoch, epochs):
                callback_list.on_epoch_begin(epoch)
                if not light:
                    live.read()
                order = self._epoch_order(epoch, table.n_rows, shuffle)
                loss, score = live.train_epoch(table, order, batch_size, epoch)
                logs = {"loss": loss, **self._metric_logs(table.y[order], score)}
                if validation is not None:
                    callback_list.on_test_begin()
                    loss, score = live.evaluate(validation)
                    validation_logs = {"loss": loss, **self._metric_logs(validation.y, score)}
                    callback_list.on_test_end(validation_logs)
                    logs |= {f"val_{name}": value for name, value in validation_logs.items()}
                if not light:
                    live.write()
                callback_list.on_epoch_end(epoch, logs)
                if not light:
                    live.read()
                if self.stop_training:
                    break
            if not light:
                self._live = None
            callback_list.on_train_end(logs)
        finally:  # an interrupted fit keeps what it has learned
            if self._live is not None:
                live.write()
                self._live = None
        return self.history

    def predict_array(self, X: np.ndarray) -> np.ndarray:
        """Return the outputs for a float32 matrix, without Keras' per-batch overhead.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), float32

        Returns
        -------
        ndarray of shape (n_samples, n_heads), float32
        """
        start_runtime()
        if not _is_plain(self):
            return np.asarray(self.predict(X, verbose=0)).astype(np.float32)
        if len(X) == 0:
            return np.empty((0, self.output_shape[-1]), np.float32)
        table = LabelledRows(X, np.zeros(len(X)))
        return evaluate(shared_graphs(self, "adam"), flat(self.trainable_variables), table)[1]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss in single precision, for Keras' own ``fit`` and ``evaluate``."""
        if self.loss is not mean_crossentropy:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        losses = mean_crossentropy(y, y_pred)
        if sample_weight is not None:
            weight = keras.ops.cast(sample_weight, losses.dtype)
            losses = losses * keras.ops.reshape(weight, (-1,))
        return sum(self.losses, keras.ops.mean(losses))

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return metrics of the mean over heads, for Keras' own ``fit`` and ``evaluate``."""
        y_pred = keras.ops.mean(y_pred, axis=-1, keepdims=True)
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def get_weights(self) -> list[np.ndarray]:
        """Return the weights as arrays, those of the epoch at hand while training runs."""
        if is_forked():
            return [weight.copy() for weight in self.__dict__["_kept_weights"]]
        return super().get_weights() if self._live is None else self._live.get_weights()

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Set the weights from arrays, also while training runs."""
        super().set_weights(weights)
        if self._live is not None:
            self._live.set_weights(weights)
        else:
            self.keep_weights()

    def keep_weights(self) -> None:
        """Keep the weights as arrays, which a forked child can read."""
        self.__dict__["_kept_weights"] = super().get_weights()  # past Keras, which would track it

    def _epoch_order(self, epoch: int, n_rows: int, shuffle: bool) -> np.ndarray:
        if not shuffle:
            return np.arange(n_rows, dtype=np.int32)
        return np.random.default_rng([self.seed, epoch]).permutation(n_rows).astype(np.int32)

    def _metric_logs(self, y: np.ndarray, score: np.ndarray) -> dict[str, float]:
        return {metric.name: metric_value(metric, y, score) for metric in compiled_metrics(self)}

    def __reduce__(
        self,
    ) -> tuple[Callable[[dict[str, Any]], "ChurnNetwork"], tuple[dict[str, Any]]]:
        return _rebuild, (self.__getstate__(),)

    def __deepcopy__(self, memo: dict[int, object]) -> "ChurnNetwork":
        memo[id(self)] = copy = _rebuild(self.__getstate__())
        return copy

    def __getstate__(self) -> dict[str, Any]:
        start_runtime()
        optimizer = getattr(self, "optimizer", None)
        rate = learning_rate_of(optimizer)
        return {
            "config": keras.saving.serialize_keras_object(self),
            "weights": self.get_weights(),
            "optimizer": [v.numpy() for v in optimizer.variables] if optimizer else [],
            "learning_rate": float(rate.numpy()) if isinstance(rate, keras.Variable) else None,
            "seed": self.seed,
            "random": [v.numpy() for v in _random_states(self)],
        }


def _rebuild(state: dict[str, Any]) -> ChurnNetwork:
    start_runtime()
    model = keras.saving.deserialize_keras_object(state["config"])
    model.set_weights(state["weights"])
    model.seed = state["seed"]
    for variable, value in zip(_random_states(model), state.get("random", ()), strict=False):
        variable.assign(value)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        for variable, value in zip(optimizer.variables, state["optimizer"], strict=False):
            variable.assign(value)
        hold_learning_rate(optimizer, state["learning_rate"])
    return model


def _random_states(model: ChurnNetwork) -> list[keras.Variable]:
    """Return the random states of Keras' own dropout, which are not weights."""
    return [v for v in model.non_trainable_variables if v.name == "seed_generator_state"]


def _covers(model: ChurnNetwork) -> bool:
    """Tell whether the compiled epoch does exactly what Keras' ``fit`` would."""
    optimizer = model.optimizer
    return (
        _is_plain(model)
        and model.loss is mean_crossentropy
        and not has_weighted_metrics(model)
        and optimizer_kind(optimizer) != ""
        and isinstance(learning_rate_of(optimizer), keras.Variable)
        and not any(
            getattr(optimizer, name, None)
            for name in (
                *("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "loss_scale_factor"),
                *("gradient_accumulation_steps", "amsgrad", "exclude_from_weight_decay_names"),
            )
        )
        and not excludes_from_weight_decay(optimizer)
        and all(v.constraint is None for v in model.trainable_variables)
        and all(
            v.regularizer is None or type(v.regularizer) is keras.regularizers.L2
            for v in model.trainable_variables
        )
        and not model.run_eagerly
    )


def _is_plain(model: ChurnNetwork) -> bool:
    """Tell whether the compiled functions need nothing but the trainable weights."""
    return (
        keras.backend.backend() == "tensorflow"
        and all(v.name == "seed_generator_state" for v in model.non_trainable_variables)
        and all(
            layer.compute_dtype == PRECISION
            for layer in model.layers
            if not isinstance(layer, keras.layers.InputLayer)  # has Keras' global policy
        )
    )


def _is_light(callback: keras.callbacks.Callback) -> bool:
    return type(callback) in _LIGHT_CALLBACKS or hasattr(callback, "leaves_weights_alone")


def _is_epoch_callback(callback: keras.callbacks.Callback) -> bool:
    frequency = _EPOCH_CALLBACKS.get(type(callback))
    if frequency is not None:
        return getattr(callback, frequency, None) == "epoch"
    return all(is_default_hook(getattr(callback, hook)) for hook in _BATCH_HOOKS)
