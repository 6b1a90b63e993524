"""Keras layers of the package, registered for saving."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skann.networks._products import product

Shape = tuple[int, ...]  # the first is None while the number of rows is open


@keras.saving.register_keras_serializable("skann")
class EmbedCodes(keras.layers.Layer):
    """Replaces the last columns, which hold integer codes, by learned vectors.

    Parameters
    ----------
    cardinalities : sequence of int
        Number of codes of each of the last columns. Code 0 stands for what training did not know.
    dimension : int
        Length of a code's vector.
    seed : int
        Seed of the initial vectors.
    """

    def __init__(
        self, cardinalities: Sequence[int], dimension: int, seed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.cardinalities = [int(cardinality) for cardinality in cardinalities]
        self.dimension = dimension
        self.seed = seed
        # One table for all columns, so that a batch needs one look-up.
        self._offsets = np.cumsum([0, *self.cardinalities[:-1]])
        self._vectors = keras.layers.Embedding(
            sum(self.cardinalities),
            dimension,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.1, seed=seed),
            dtype=self.dtype_policy,
            name="vectors",
        )

    def build(self, input_shape: Shape) -> None:
        """Create the table of vectors."""
        self._vectors.build()
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return numbers and vectors side by side."""
        n_codes = len(self.cardinalities)
        codes = keras.ops.cast(inputs[:, -n_codes:], "int32") + self._offsets
        # The product makes the gradient dense: Keras' optimizers treat the parts of a sparse one as
        # if each were the whole.
        table = self._vectors.embeddings * 1.0
        vectors = keras.ops.take(table, codes, axis=0)
        vectors = keras.ops.reshape(vectors, (-1, n_codes * self.dimension))
        return keras.ops.concatenate([inputs[:, :-n_codes], vectors], axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape with vectors in place of codes."""
        n_codes = len(self.cardinalities)
        return (input_shape[0], input_shape[1] - n_codes + n_codes * self.dimension)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {name: getattr(self, name) for name in ("cardinalities", "dimension", "seed")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("skann")
class Dense(keras.layers.Dense):
    """Keras' dense layer for rows of numbers, whose gradient does not depend on threads."""

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return the layer's outputs, shape (n_samples, units)."""
        return self.activation(product(inputs, self.kernel) + self.bias)


@keras.saving.register_keras_serializable("skann")
class HeadsDense(keras.layers.Layer):
    """A dense layer for several heads: one kernel for all, scales of its inputs for each.

    Head k computes ``(x * r_k) W + b_k``: BatchEnsemble (Wen et al. 2020; as in TabM, Gorishniy et
    al. 2024, section 3) without the scales of outputs, since a layer of rectifiers has them already
    in its kernel, its biases and the next layer's ``r_k``.

    Parameters
    ----------
    units : int
        Units of each head.
    n_heads : int
        Number of heads.
    activation : str
        Keras activation.
    kernel_regularizer : keras.regularizers.Regularizer or None
        Penalty on ``W``.
    random_signs : bool
        Initialise the scales ``r_k`` as random signs rather than ones. The first layer must, or
        heads would stay equal.
    seed : int
        Seed of the initial weights.
    """

    def __init__(
        self,
        units: int,
        n_heads: int,
        activation: str | None = None,
        kernel_regularizer: keras.regularizers.Regularizer | None = None,
        random_signs: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.n_heads = n_heads
        self.activation = keras.activations.get(activation)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.random_signs = random_signs
        self.seed = seed

    def build(self, input_shape: Shape) -> None:
        """Create kernel, scales and biases."""
        size = input_shape[-1]
        self._kernel = self.add_weight(
            shape=(size, self.units),
            initializer=keras.initializers.GlorotUniform(self.seed),
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        self._scale = self.add_weight(
            # The way round in which `call` needs it.
            shape=(size, self.n_heads) if len(input_shape) == 2 else (self.n_heads, size),
            initializer=RandomSigns(self.seed) if self.random_signs else "ones",
            name="scale",
        )
        self._bias = self.add_weight(
            shape=(self.n_heads, self.units), initializer="zeros", name="bias"
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the heads' outputs, shape (n_samples, n_heads, units).

        ``inputs`` has shape (n_samples, size), the same for all heads, or (n_samples, n_heads,
        size).
        """
        ops = keras.ops
        size, width = self._kernel.shape[0], self.n_heads * self.units
        if len(inputs.shape) == 2:
            # Scaling the kernel instead of the rows makes one matrix product of all heads.
            kernels = ops.expand_dims(self._scale, 2) * ops.expand_dims(self._kernel, 1)
            outputs = product(inputs, ops.reshape(kernels, (size, width)))
        else:
            scaled = ops.reshape(inputs * self._scale, (-1, size))
            outputs = ops.reshape(product(scaled, self._kernel), (-1, width))
        # TensorFlow's own operation, since its gradient is faster than that of a broadcast sum.
        outputs = tf.nn.bias_add(outputs, ops.reshape(self._bias, (width,)))
        # Back to one axis for heads first: a softmax sums over the units of its head alone.
        return self.activation(ops.reshape(outputs, (-1, self.n_heads, self.units)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return (n_samples, n_heads, units)."""
        return (input_shape[0], self.n_heads, self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {name: getattr(self, name) for name in ("units", "n_heads", "random_signs", "seed")}
        return {
            **super().get_config(),
            **own,
            "activation": keras.activations.serialize(self.activation),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


@keras.saving.register_keras_serializable("skann")
class HeadsProbability(keras.layers.Layer):
    """One sigmoid unit per head, whose weights no other head shares.

    Parameters
    ----------
    seed : int
        Seed of the initial weights.
    """

    def __init__(self, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, input_shape: Shape) -> None:
        """Create weights and biases."""
        n_heads, size = input_shape[1:]
        limit = float(size) ** -0.5
        uniform = keras.initializers.RandomUniform(-limit, limit, seed=self.seed)
        self._kernel = self.add_weight(shape=(n_heads, size), initializer=uniform, name="kernel")
        self._bias = self.add_weight(shape=(n_heads,), initializer="zeros", name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return each head's probability, shape (n_samples, n_heads)."""
        ops = keras.ops
        n_heads, size = self._kernel.shape
        # One product with a block-diagonal kernel takes less time than one per head.
        blocks = ops.expand_dims(self._kernel, 2) * ops.expand_dims(
            ops.eye(n_heads, dtype=self._kernel.dtype), 1
        )
        kernel = ops.reshape(blocks, (n_heads * size, n_heads))
        return ops.sigmoid(product(ops.reshape(inputs, (-1, n_heads * size)), kernel) + self._bias)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return (n_samples, n_heads)."""
        return tuple(input_shape[:2])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable("skann")
class RandomSigns(keras.initializers.Initializer):
    """Initial weights of -1 and 1, evenly at random.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> tf.Tensor:
        """Return the weights."""
        signs = np.random.default_rng(self.seed).choice([-1.0, 1.0], tuple(shape))
        return keras.ops.convert_to_tensor(signs, dtype or "float32")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"seed": self.seed}
