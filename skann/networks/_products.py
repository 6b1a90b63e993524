"""Matrix products whose gradients are the same for any number of threads."""

from collections.abc import Callable

import keras
import tensorflow as tf

# Up to here TensorFlow does not spread a sum over rows over its threads.
_BLOCK_ROWS = 128


def product(inputs: tf.Tensor, kernel: tf.Tensor | keras.Variable) -> tf.Tensor:
    """Return ``inputs @ kernel``, shape (n_rows, units).

    TensorFlow lets each thread sum the kernel's gradient over some of the rows, so that the last
    bits of a training depend on the number of threads, which worker processes have fewer of. Here
    the sums are those of blocks of rows. Compiled by XLA, nothing else depends on threads.
    """
    # A variable would ask the gradient for arguments of its own.
    return _product(keras.ops.convert_to_tensor(inputs), tf.identity(kernel))


@tf.custom_gradient
def _product(
    inputs: tf.Tensor, kernel: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        size, units = kernel.shape
        of_blocks = tf.matmul(
            _in_blocks(inputs, size), _in_blocks(upstream, units), transpose_a=True
        )
        return tf.matmul(upstream, kernel, transpose_b=True), tf.reduce_sum(of_blocks, axis=0)

    return tf.matmul(inputs, kernel), gradient


def _in_blocks(rows: tf.Tensor, width: int) -> tf.Tensor:
    padded = tf.pad(rows, [[0, -tf.shape(rows)[0] % _BLOCK_ROWS], [0, 0]])
    return tf.reshape(padded, (-1, _BLOCK_ROWS, width))
