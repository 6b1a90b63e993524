"""Dropout whose masks the compiled epoch provides."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

_active = threading.local()


class DropoutMasks:
    """Dropout masks of one training step, from few random bits.

    Parameters
    ----------
    rates : tf.Tensor of shape (n_dropout_layers,)
        Dropout rate of each layer, in the order in which they are called. Rates are rounded to
        1/256, since one random byte decides over one unit.
    seed : tf.Tensor of shape (2,), int32
        Seed of the step.
    """

    def __init__(self, rates: tf.Tensor, seed: tf.Tensor) -> None:
        self._rates = rates
        self._seed = seed
        self._layer = 0

    def __call__(self, inputs: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
        """Drop units of ``inputs`` and scale up the others, by a mask of ``shape``."""
        rate = self._rates[self._layer]
        seed = self._seed + tf.constant([0, 7919 * self._layer], tf.int32)
        self._layer += 1

        def drop() -> tf.Tensor:
            n_units = tf.reduce_prod(shape)
            words = tf.random.stateless_uniform(
                [(n_units + 3) // 4], seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
            )
            random_bytes = tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:n_units]
            n_dropped = tf.minimum(tf.round(rate * 256.0), 255.0)
            # 1 from n_dropped on, else 0: a comparison takes TensorFlow five times as long.
            kept = tf.minimum(
                tf.nn.relu(tf.cast(random_bytes, inputs.dtype) - n_dropped + 1.0), 1.0
            )
            return inputs * (tf.reshape(kept, shape) * (256.0 / (256.0 - n_dropped)))

        # One graph serves every rate, and without dropout there is nothing to do.
        return tf.cond(rate > 0.0, drop, lambda: tf.identity(inputs))


@contextmanager
def dropout_masks(masks: DropoutMasks) -> Iterator[None]:
    """Let the `Dropout` layers that are traced inside take their masks from ``masks``."""
    _active.masks = masks
    try:
        yield
    finally:
        _active.masks = None


@keras.saving.register_keras_serializable("skann")
class Dropout(keras.layers.Dropout):
    """Keras' dropout, whose masks the compiled training epoch may provide."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop units of ``inputs`` while training."""
        masks = getattr(_active, "masks", None)
        if training and masks is not None:
            shape = tf.shape(inputs)
            fixed = self.noise_shape or [None] * len(inputs.shape)
            sizes = [shape[axis] if size is None else size for axis, size in enumerate(fixed)]
            return masks(inputs, tf.stack(sizes))
        return super().call(inputs, training=training)
