"""Training data in the forms that Keras and the compiled epoch take."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from skann.networks._graphs import Batches

# Rows are handed to TensorFlow in blocks of this size: small enough to stay in a core's cache, and
# large enough for a call to cost next to nothing.
BLOCK_BYTES = 2**22
MAX_BATCHES = 64
_ALIGNMENT = 64  # bytes, of what TensorFlow allocates itself


class LazyRows(Protocol):
    """Rows that are encoded when they are taken."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return some rows, encoded."""


class LabelledRows:
    """Rows, labels and weights as float32.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features) or LazyRows
    y, sample_weight : array-like of shape (n_samples,)
    """

    def __init__(
        self, X: np.ndarray | LazyRows, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        is_array = not is_encoded_when_taken(X)
        self.X: Any = np.ascontiguousarray(X, dtype=np.float32) if is_array else X
        self.y = np.asarray(y, dtype=np.float32).reshape(-1)
        self.n_rows = self.X.shape[0]
        self.sample_weight = (
            None if sample_weight is None else np.asarray(sample_weight, dtype=np.float32)
        )
        self._standing: list[Batches] | None = None
        for name, array in (("y", self.y), ("sample_weight", self.sample_weight)):
            if array is not None and len(array) != self.n_rows:
                raise ValueError(f"x has {self.n_rows} rows, and {name} has {len(array)}")

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return some rows, their labels as a column, and their weights, if any."""
        X = self.X.take(rows) if is_encoded_when_taken(self.X) else self.X[rows]
        if self.sample_weight is None:
            return X, self.y[rows, None]
        return X, self.y[rows, None], self.sample_weight[rows]

    def standing_blocks(self, batch_size: int) -> Iterable[Batches]:
        """Return the blocks of all rows in their order; a single one is made only once."""
        if self._standing is None:
            blocks = self.blocks(batch_size)
            if self.n_rows > batch_size * batches_per_block(batch_size, self.X.shape[1]):
                return blocks
            self._standing = list(blocks)
        return self._standing

    def blocks(self, batch_size: int, order: np.ndarray | None = None) -> Iterator[Batches]:
        """Yield all rows in batches, as many at a time as the compiled functions take.

        Parameters
        ----------
        batch_size : int
        order : ndarray of int of shape (n_samples,), optional
            Positions of the rows; in their order by default.
        """
        n_features = self.X.shape[1]
        n_batches = batches_per_block(batch_size, n_features)
        size = n_batches * batch_size
        for start in range(0, self.n_rows, size):
            rows = slice(start, start + size) if order is None else order[start : start + size]
            X = aligned((size, n_features))
            y, weight = aligned((size,)), aligned((size,))
            n_rows = len(self.y[rows])
            _take_into(self.X, rows, X[:n_rows])
            X[n_rows : n_rows + batch_size] = 0.0  # the rest is never read
            y[:n_rows], y[n_rows:] = self.y[rows], 0.0
            weight[:n_rows] = 1.0 if self.sample_weight is None else self.sample_weight[rows]
            weight[n_rows:] = 0.0
            yield Batches(
                as_tensor(X.reshape(n_batches, batch_size, n_features)),
                as_tensor(y.reshape(n_batches, batch_size)),
                as_tensor(weight.reshape(n_batches, batch_size)),
                tf.constant(n_rows),
            )


def batches_per_block(batch_size: int, n_features: int) -> int:
    """Return the batches of a block, which depend on nothing else, or XLA would compile anew."""
    return int(np.clip(BLOCK_BYTES // (4 * batch_size * n_features), 1, MAX_BATCHES))


def is_encoded_when_taken(X: object) -> bool:
    """Tell whether ``X`` holds rows that ``X.take(rows)`` encodes."""
    return hasattr(X, "take") and hasattr(X, "dtype") and not isinstance(X, np.ndarray)


def aligned(shape: tuple[int, ...], dtype: type = np.float32) -> np.ndarray:
    """Return an empty array whose memory TensorFlow uses without a copy."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(n_bytes + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + n_bytes].view(dtype).reshape(shape)


def as_tensor(array: np.ndarray) -> tf.Tensor:
    """Return a tensor that shares the memory of an ``aligned`` array, which must not change then.

    ``tf.constant`` would copy a whole block, however few rows it holds.
    """
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _take_into(X: Any, rows: slice | np.ndarray, out: np.ndarray) -> None:
    if is_encoded_when_taken(X):
        out[:] = X.take(np.arange(len(X))[rows] if isinstance(rows, slice) else rows)
    elif isinstance(rows, slice):
        out[:] = X[rows]
    else:
        np.take(X, rows, axis=0, out=out, mode="clip")  # any other mode makes a copy first


class ShuffledBatches(keras.utils.PyDataset):
    """Batches in the order that the compiled epoch would take, for Keras' own ``fit``."""

    def __init__(
        self,
        table: LabelledRows,
        batch_size: int,
        epoch_order: Callable[[int, int, bool], np.ndarray],
        shuffle: bool,
        epoch: int,
    ) -> None:
        super().__init__()
        self._table = table
        self._batch_size = batch_size
        self._epoch_order = epoch_order
        self._shuffle = shuffle
        self._epoch = epoch - 1
        self._order = epoch_order(epoch, table.n_rows, shuffle)

    def __len__(self) -> int:
        return -(-self._table.n_rows // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        return self._table.take(
            self._order[index * self._batch_size : (index + 1) * self._batch_size]
        )

    def on_epoch_begin(self) -> None:
        self._epoch += 1
        self._order = self._epoch_order(self._epoch, self._table.n_rows, self._shuffle)
