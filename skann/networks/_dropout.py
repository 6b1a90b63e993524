"""Dropout whose masks the compiled epoch provides."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

_active = threading.local()


class DropoutMasks:
    """Dropout masks of one training step, from a random byte for each unit.

    Parameters
    ----------
    rates : tf.Tensor of shape (n_dropout_layers,)
        Dropout rate of each layer, in the order in which they are called. Rates are rounded to
        1/256, since one byte decides over one unit.
    random_bytes : tf.Tensor of uint8, shape (n_rows, n_dropout_units)
        The units of all layers side by side.
    """

    def __init__(self, rates: tf.Tensor, random_bytes: tf.Tensor) -> None:
        self._rates = rates
        self._bytes = random_bytes
        self._layer = 0
        self._unit = 0

    def __call__(self, inputs: tf.Tensor) -> tf.Tensor:
        """Drop units of ``inputs`` and scale up the others.

        A third axis between rows and units, that of the heads, shares one mask.
        """
        rate = self._rates[self._layer]
        units = self._bytes[:, self._unit : self._unit + inputs.shape[-1]]
        self._layer += 1
        self._unit += inputs.shape[-1]
        n_dropped = tf.minimum(tf.round(rate * 256.0), 255.0)
        kept = tf.where(tf.cast(units, tf.float32) >= n_dropped, 256.0 / (256.0 - n_dropped), 0.0)
        return inputs * (tf.expand_dims(kept, 1) if len(inputs.shape) == 3 else kept)


@contextmanager
def dropout_masks(masks: DropoutMasks) -> Iterator[None]:
    """Let the ``Dropout`` layers that are traced inside take their masks from ``masks``."""
    _active.masks = masks
    try:
        yield
    finally:
        _active.masks = None


@keras.saving.register_keras_serializable("skann")
class Dropout(keras.layers.Dropout):
    """Keras' dropout, whose masks the compiled training epoch may provide."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drop units of ``inputs`` while training."""
        masks = getattr(_active, "masks", None)
        if training and masks is not None:
            return masks(inputs)
        return super().call(inputs, training=training)
