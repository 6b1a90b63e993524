"""The learning rate of an optimizer, always in single precision."""

import keras
import numpy as np
from numpy.typing import DTypeLike

from skann.networks._keras_private import learning_rate_of, replace_learning_rate


class LearningRate(keras.Variable):
    """A variable that NumPy can read without a warning.

    Keras' callbacks read the learning rate by ``np.array``, which asks ``__array__`` for an
    argument that Keras' own variables lack.
    """

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value.numpy(), dtype)


def hold_learning_rate(optimizer: keras.optimizers.Optimizer, rate: float | None = None) -> None:
    """Put a ``LearningRate`` in the place of the variable that Keras made.

    That variable has the precision of ``keras.config.floatx()``; half precision would round 0.004.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
    rate : float, optional
        The value of the variable by default.
    """
    made = learning_rate_of(optimizer)
    if not isinstance(made, keras.Variable):
        return
    rate = float(made.numpy()) if rate is None else rate
    held = LearningRate(rate, dtype="float32", trainable=False, name="learning_rate")
    replace_learning_rate(optimizer, held)


def follows_schedule(optimizer: object) -> bool:
    """Tell whether an optimizer's learning rate is a schedule, which nothing else may change."""
    return isinstance(learning_rate_of(optimizer), keras.optimizers.schedules.LearningRateSchedule)


def set_learning_rate(
    trained: keras.optimizers.Optimizer, optimizer: object, learning_rate: float
) -> None:
    """Put the learning rate of a trained optimizer back to where a fit starts.

    Parameters
    ----------
    trained : keras.optimizers.Optimizer
        The optimizer of a network.
    optimizer : str, keras.optimizers.Optimizer or class
        The parameter that it was made from: an instance brings its own learning rate.
    learning_rate : float
    """
    if follows_schedule(trained):
        return
    if isinstance(optimizer, keras.optimizers.Optimizer):
        learning_rate = float(optimizer.learning_rate.numpy())
    trained.learning_rate = learning_rate
