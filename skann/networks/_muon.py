"""Muon: steps whose matrices are orthogonal, for the kernels of hidden layers."""

import re
from typing import Any

import keras
import tensorflow as tf

from skann.networks._keras_private import adam_moments, index_of

_MOMENTUM = 0.95
_STEP = 5.0  # per learning rate of Adam: 0.02 at a rate of 4e-3
_ITERATIONS = 5
_COEFFICIENTS = 3.4445, -4.7750, 2.0315


@keras.saving.register_keras_serializable("skann")
class MuonAdam(keras.optimizers.Adam):
    """Muon for the kernels of hidden layers, Adam for all other weights.

    A step on a kernel is its momentum with all singular values moved close to 1, so that rare
    directions learn as fast as frequent ones (Jordan et al., "Muon: An optimizer for hidden layers
    in neural networks", 2024). Keras has a Muon, too, whose steps differ from version to version.
    """

    def build(self, variables: list[Any]) -> None:
        """Create the moments, and note which variables are kernels."""
        super().build(variables)
        self._are_kernels = [is_hidden_kernel(variable) for variable in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take a step on one variable, of which Keras gives the value alone."""
        index = index_of(self, variable)
        if not self._are_kernels[index]:
            super().update_step(gradient, variable, learning_rate)
            return
        momentum = adam_moments(self)[0][index]
        step, new_momentum = muon_step(gradient, tf.convert_to_tensor(momentum), learning_rate)
        self.assign(momentum, new_momentum)
        self.assign_sub(variable, step)


def is_hidden_kernel(variable: Any) -> bool:
    """Tell whether a variable is the kernel of a hidden layer of `build_network`."""
    return re.search(r"\bhidden_\d+/kernel$", variable.path) is not None


def muon_step(
    gradient: tf.Tensor, momentum: tf.Tensor, learning_rate: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return what to subtract from a kernel, and its new momentum, all of shape (size, units)."""
    momentum = _MOMENTUM * momentum + gradient
    size, units = momentum.shape
    scale = _STEP * max(1.0, size / units) ** 0.5
    return _orthogonal(gradient + _MOMENTUM * momentum) * (scale * learning_rate), momentum


def _orthogonal(matrix: tf.Tensor) -> tf.Tensor:
    """Return the nearest matrix with orthogonal columns or rows, about (Newton-Schulz)."""
    is_tall = matrix.shape[0] > matrix.shape[1]
    wide = tf.transpose(matrix) if is_tall else matrix
    wide /= tf.norm(wide) + 1e-7
    first, third, fifth = _COEFFICIENTS
    for _ in range(_ITERATIONS):
        square = tf.matmul(wide, wide, transpose_b=True)
        wide = first * wide + (third * square + fifth * square @ square) @ wide
    return tf.transpose(wide) if is_tall else wide
