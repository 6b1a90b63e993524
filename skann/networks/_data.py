"""Training data as Keras and the compiled epoch take it."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf


class Table:
    """Rows, labels and weights as float32 arrays."""

    def __init__(self, X: Any, y: Any, sample_weight: Any = None) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float32)
        self.y = np.asarray(y, dtype=np.float32).reshape(-1, 1)
        self.n_rows = len(self.X)
        self.sample_weight = (
            None if sample_weight is None else np.asarray(sample_weight, dtype=np.float32)
        )
        for name, array in (("y", self.y), ("sample_weight", self.sample_weight)):
            if array is not None and len(array) != self.n_rows:
                raise ValueError(f"x has {self.n_rows} rows, and {name} has {len(array)}")

    def arrays(self) -> tuple[np.ndarray, ...]:
        arrays = (self.X, self.y)
        return arrays if self.sample_weight is None else (*arrays, self.sample_weight)

    def tensors(self) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        weight = self.sample_weight
        weight = np.ones(self.n_rows, np.float32) if weight is None else weight
        return tf.constant(self.X), tf.constant(self.y), tf.constant(weight)


class ShuffledBatches(keras.utils.PyDataset):
    """Batches in the order that the compiled epoch would take, for Keras' own `fit`."""

    def __init__(
        self, table: Table, batch_size: int, epoch_order: Any, shuffle: bool, epoch: int
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
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return tuple(array[rows] for array in self._table.arrays())

    def on_epoch_begin(self) -> None:
        self._epoch += 1
        self._order = self._epoch_order(self._epoch, self._table.n_rows, self._shuffle)
