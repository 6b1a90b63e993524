"""The network's forward pass in NumPy, used when TensorFlow is not loaded or cannot run."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from scipy.special import erf, expit, log_softmax, softmax

from skann._sklearn_private import _openmp_effective_n_threads

# The order in which BLAS sums depends on the number of rows and on the place of a row. In products
# of so few rows, each row gets the same bits wherever it is.
_TILE_ROWS = 8
_BLOCK_ROWS = 128 * _TILE_ROWS  # the hidden layers of a block stay in the processor's cache


class Architecture(NamedTuple):
    """The architecture of a network, which its weights alone do not tell.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
    activation : str
        Keras' name.
    n_heads : int
    embedding_cardinalities : tuple of int
        Number of codes of each of the last columns, which are embedded.
    """

    hidden_layer_sizes: tuple[int, ...]
    activation: str
    n_heads: int
    embedding_cardinalities: tuple[int, ...]


class ForwardPass:
    """The probability by each head, as the Keras network has it.

    Parameters
    ----------
    architecture : Architecture
    weights : sequence of ndarray
        In the order of the Keras network.

    Raises
    ------
    ValueError
        If the weights are not those of such a network, or the activation is not implemented here.
    """

    def __init__(self, architecture: Architecture, weights: Sequence[np.ndarray]) -> None:
        activation = ACTIVATIONS.get(architecture.activation)
        if activation is None:
            raise ValueError(f"activation {architecture.activation!r} needs TensorFlow")
        self._activation = activation
        self._cardinalities = architecture.embedding_cardinalities
        left = list(weights)
        if self._cardinalities:
            self._vectors = left.pop(0)
        sizes = architecture.hidden_layer_sizes
        self._n_heads = architecture.n_heads if sizes else 1
        self._hidden_layers: list[tuple[np.ndarray, np.ndarray]] = []
        for _ in sizes:
            kernel = left.pop(0)[None]  # heads, inputs, units
            if self._n_heads > 1:
                scale = left.pop(0)
                kernel = kernel * (scale if self._hidden_layers else scale.T)[:, :, None]
            self._hidden_layers.append((kernel, left.pop(0).reshape(self._n_heads, 1, -1)))
        kernel, bias = left
        self._kernel, self._bias = kernel.reshape(self._n_heads, 1, -1), bias[:, None]

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities.

        Parameters
        ----------
        X : ndarray of float32, shape (n_samples, n_features)
            Columns of zeros in front may be missing.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_heads)
        """
        blocks = [X[start : start + _BLOCK_ROWS] for start in range(0, len(X), _BLOCK_ROWS)]
        if not blocks:
            return np.empty((0, self._n_heads), np.float32)
        if len(blocks) == 1:
            return self._of_block(X)
        # BLAS finds a tile too small to share it between threads.
        with ThreadPoolExecutor(min(len(blocks), _openmp_effective_n_threads())) as pool:
            return np.concatenate(list(pool.map(self._of_block, blocks)))

    @np.errstate(over="ignore", under="ignore")
    def _of_block(self, X: np.ndarray) -> np.ndarray:
        if self._cardinalities:
            X = _embedded(X, self._cardinalities, self._vectors)
        n_rows, n_features = X.shape
        if n_rows % _TILE_ROWS:
            X = np.vstack([X, np.zeros((-n_rows % _TILE_ROWS, n_features), X.dtype)])
        hidden = X.reshape(-1, 1, _TILE_ROWS, n_features)  # tiles, heads, rows, units
        for kernel, bias in self._hidden_layers:
            hidden = hidden @ kernel[:, -hidden.shape[3] :]
            hidden += bias
            hidden = self._activation(hidden)
        outputs = (hidden * self._kernel[..., -hidden.shape[3] :]).sum(axis=3) + self._bias
        return expit(outputs.swapaxes(1, 2).reshape(-1, self._n_heads)[:n_rows])


def _embedded(X: np.ndarray, cardinalities: Sequence[int], vectors: np.ndarray) -> np.ndarray:
    n_codes = len(cardinalities)
    first = np.cumsum([0, *cardinalities[:-1]])
    codes = X[:, -n_codes:].astype(np.intp) + first
    return np.hstack([X[:, :-n_codes], vectors[codes].reshape(len(X), -1)])


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def _relu6(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0, 6)


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _selu(x: np.ndarray) -> np.ndarray:
    # Klambauer et al. 2017, "Self-Normalizing Neural Networks".
    scale, alpha = np.float32(1.0507009873554805), np.float32(1.6732632423543772)
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _gelu(x: np.ndarray) -> np.ndarray:
    return np.float32(0.5) * x * (1 + erf(x * np.float32(np.sqrt(0.5))))


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, np.float32(0))


def _silu(x: np.ndarray) -> np.ndarray:
    return x * expit(x)


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return _relu6(x + 3) / 6


def _hard_silu(x: np.ndarray) -> np.ndarray:
    return x * _hard_sigmoid(x)


def _soft_shrink(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.maximum(np.abs(x) - np.float32(0.5), 0)


def _sparse_plus(x: np.ndarray) -> np.ndarray:
    return np.where(x <= -1, 0, np.where(x < 1, np.float32(0.25) * (x + 1) ** 2, x))


# Keras' activations by name, except those that need arguments (threshold), halve the units (glu),
# or differ from their paper (sparsemax).
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "celu": _elu,
    "elu": _elu,
    "exponential": np.exp,
    "gelu": _gelu,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, np.float32(0.2) * x),
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -_softplus(-x),
    "log_softmax": lambda x: log_softmax(x, axis=-1),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "relu": _relu,
    "relu6": _relu6,
    "selu": _selu,
    "sigmoid": expit,
    "silu": _silu,
    "soft_shrink": _soft_shrink,
    "softmax": lambda x: softmax(x, axis=-1),
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda x: np.clip(np.float32(0.5) * (x + 1), 0, 1),
    "squareplus": lambda x: np.float32(0.5) * (x + np.sqrt(x * x + 4)),
    "swish": _silu,
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}
