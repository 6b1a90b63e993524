"""The network's forward pass in NumPy, used when TensorFlow is not loaded or cannot run."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import erf, expit, log_softmax, softmax

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


def head_probabilities(
    architecture: Architecture, weights: Sequence[np.ndarray], X: np.ndarray
) -> np.ndarray:
    """Return the probability by each head, as the Keras network does.

    Parameters
    ----------
    architecture : Architecture
    weights : sequence of ndarray
        In the order of the Keras network.
    X : ndarray of float32, shape (n_samples, n_features)

    Returns
    -------
    ndarray of float32, shape (n_samples, n_heads)

    Raises
    ------
    ValueError
        If the weights are not those of such a network, or the activation is not implemented here.
    """
    activation = ACTIVATIONS.get(architecture.activation)
    if activation is None:
        raise ValueError(f"activation {architecture.activation!r} needs TensorFlow")
    with np.errstate(over="ignore", under="ignore"):
        parts = [
            _forward(architecture, activation, weights, X[start : start + _BLOCK_ROWS])
            for start in range(0, len(X), _BLOCK_ROWS)
        ]
    n_heads = architecture.n_heads if architecture.hidden_layer_sizes else 1
    return np.concatenate(parts) if parts else np.empty((0, n_heads), np.float32)


def _forward(
    architecture: Architecture,
    activation: Callable[[np.ndarray], np.ndarray],
    weights: Sequence[np.ndarray],
    X: np.ndarray,
) -> np.ndarray:
    left = list(weights)
    if architecture.embedding_cardinalities:
        X = _embedded(X, architecture.embedding_cardinalities, left.pop(0))
    n_rows, n_features = X.shape
    if n_rows % _TILE_ROWS:
        X = np.vstack([X, np.zeros((-n_rows % _TILE_ROWS, n_features), X.dtype)])
    hidden = X.reshape(-1, 1, _TILE_ROWS, n_features)  # tiles, heads, rows, units
    n_heads = architecture.n_heads if architecture.hidden_layer_sizes else 1
    for index in range(len(architecture.hidden_layer_sizes)):
        kernel = left.pop(0)
        if n_heads > 1 and index == 0:  # the rows are the same for all heads, so scale the kernel
            kernel = left.pop(0).T[:, :, None] * kernel
        elif n_heads > 1:
            hidden = hidden * left.pop(0)[:, None, :]
        hidden = hidden @ kernel
        hidden += left.pop(0).reshape(n_heads, 1, -1)
        hidden = activation(hidden)
    kernel, bias = left
    outputs = (hidden * kernel.reshape(n_heads, 1, -1)).sum(axis=3) + bias[:, None]
    return expit(outputs.swapaxes(1, 2).reshape(-1, n_heads)[:n_rows])


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
