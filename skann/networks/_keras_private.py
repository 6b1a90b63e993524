"""The private names of Keras and TensorFlow that skann uses, all in one place.

They may move or change in any release. Seen with Keras 3.11.0 and 3.15.1, TensorFlow 2.20.0 and
2.21.0. The methods of SciKeras that are overridden stand in ``skann.networks._scikeras``.
"""

import operator
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.eager import context


def learning_rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the variable or the schedule behind an optimizer's learning rate, if it has one."""
    return getattr(optimizer, "_learning_rate", None)


def replace_learning_rate(optimizer: keras.optimizers.Optimizer, variable: keras.Variable) -> None:
    """Put another variable in the place of the one that holds the learning rate."""
    replaced = learning_rate_of(optimizer)
    variables = optimizer._variables
    variables[next(i for i, own in enumerate(variables) if own is replaced)] = variable
    vars(optimizer)["_learning_rate"] = variable  # past Keras, which would track it a second time


def adam_moments(
    optimizer: keras.optimizers.Optimizer,
) -> tuple[list[keras.Variable], list[keras.Variable]]:
    """Return the variables of both moments of a built Adam."""
    return optimizer._momentums, optimizer._velocities


def index_of(optimizer: keras.optimizers.Optimizer, variable: Any) -> int:
    """Return the place of a variable, or of its value, among those of a built optimizer."""
    return optimizer._get_variable_index(variable)


def excludes_from_weight_decay(optimizer: keras.optimizers.Optimizer) -> bool:
    """Tell whether some variables were excluded from an optimizer's weight decay."""
    return bool(getattr(optimizer, "_exclude_from_weight_decay", None))


def compiled_metrics(model: keras.Model) -> list[keras.metrics.Metric]:
    """Return the metrics that a model was compiled with, built."""
    compiled = model._compile_metrics
    if compiled is None:
        return []
    if not compiled.built:
        # Keras resolves names such as "accuracy" by the shapes that it meets first.
        compiled.build(tf.zeros((1, 1)), tf.zeros((1, 1)))
    return compiled.metrics


def has_weighted_metrics(model: keras.Model) -> bool:
    """Tell whether a model was compiled with metrics that heed sample weights."""
    return getattr(model._compile_metrics, "_user_weighted_metrics", None) is not None


def first_epoch(model: keras.Model, given: int) -> int:
    """Return the epoch that a fit starts at, as ``BackupAndRestore`` sets it or else as given."""
    return model._initial_epoch or given


def is_default_hook(hook: Callable[..., Any]) -> bool:
    """Tell whether a callback's hook is the one of Keras, which does nothing."""
    return getattr(hook, "_is_default", False)


def forget_model(callback: keras.callbacks.Callback) -> None:
    """Remove the model from a callback."""
    callback._model = None


class ComparesNumbers:
    """Makes a callback compare losses as numbers; as tensors, that takes a tenth of an epoch."""

    def _set_monitor_op(self) -> None:
        super()._set_monitor_op()  # type: ignore[misc]
        less = self.monitor_op is keras.ops.less  # type: ignore[has-type]
        self.monitor_op = operator.lt if less else operator.gt


def forget_kernels() -> None:
    """Let TensorFlow drop the kernels that it keeps for each variable that was ever made."""
    context.context().clear_kernel_cache()
