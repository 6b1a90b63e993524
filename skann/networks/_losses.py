"""The training loss."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("skann")
def mean_crossentropy(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy, averaged over the heads of a network.

    Parameters
    ----------
    y_true : tensor of shape (n_samples,) or (n_samples, 1)
        Labels, 0 or 1.
    y_pred : tensor of shape (n_samples, n_heads)
        Probability of label 1 that each head gives.

    Returns
    -------
    tensor of shape (n_samples,)
        Mean over the heads, so that each head is trained as a network of its own (Gorishniy et
        al. 2024, "TabM", section 3).
    """
    y_true = keras.ops.reshape(keras.ops.cast(y_true, y_pred.dtype), (-1, 1))
    y_true = y_true * keras.ops.ones_like(y_pred)
    return keras.ops.mean(keras.ops.binary_crossentropy(y_true, y_pred), axis=-1)
