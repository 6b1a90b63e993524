"""Clean rows that are encoded on demand."""

import copy
from collections.abc import Iterable

import numpy as np
from numpy.typing import DTypeLike
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skann.preprocessing._onehot import OneHotCodes
from skann.preprocessing._piecewise import PiecewiseLinearEncoder
from skann.preprocessing._smooth_clip import SmoothClipScaler
from skann.preprocessing._telling_values import TellingValues

# Products of single-precision numbers up to a million standard deviations stay finite.
_LARGEST_OUTPUT = 1e6
_BLOCK_BYTES = 2**24  # what encoding takes besides its output


class EncodedRows:
    """Rows of a table as float32 numbers for a network, held clean and encoded on demand.

    Bins turn one number into many columns, so encoded rows can take 50 times the memory of clean
    ones. ``take`` encodes some of them; ``numpy.asarray`` encodes all. Both give a row the same
    bits. Safe to use from several threads.

    Parameters
    ----------
    values : ndarray of float64, shape (n_samples, n_clean_columns)
        Numbers, then categories as codes. Held, not copied: do not change it afterwards.
    transformer : ColumnTransformer
        Fitted on such values.
    n_zeros : int, default=0
        Number of columns of zeros before the others.

    Attributes
    ----------
    shape : tuple of int
        (n_samples, n_features_out).
    dtype : dtype
        float32.
    nbytes : int
        Memory of all rows when they are encoded.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skann.preprocessing import TableEncoder
    >>> rows = TableEncoder("robust").fit_rows(pd.DataFrame({"tenure": [1.0, 2.0, 3.0]}))
    >>> rows.shape
    (3, 1)
    >>> rows.take(np.array([1, 1]))
    array([[0.],
           [0.]], dtype=float32)
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self, values: np.ndarray, transformer: ColumnTransformer, n_zeros: int = 0
    ) -> None:
        self._values = values
        self._transformer = transformer
        self._n_zeros = n_zeros
        self._steps = [
            (step, as_slice(columns), _moved(transformer.output_indices_[name], n_zeros))
            for name, step, columns in transformer.transformers_
            if name != "remainder"
        ]
        self.shape = (len(values), max(columns.stop for _, _, columns in self._steps))

    def widened(self, multiple: int) -> "EncodedRows":
        """Return the same rows behind columns of zeros, so that the width is a multiple of this.

        A network compiled for one width serves tables that differ by a few columns.

        Parameters
        ----------
        multiple : int

        Returns
        -------
        EncodedRows
        """
        n_zeros = self._n_zeros + -self.shape[1] % multiple
        return EncodedRows(self._values, self._transformer, n_zeros)

    def of(self, values: np.ndarray) -> "EncodedRows":
        """Return other rows, encoded in the same way.

        Parameters
        ----------
        values : ndarray of float64, shape (n_samples, n_clean_columns)

        Returns
        -------
        EncodedRows
        """
        other = copy.copy(self)
        other._values, other.shape = values, (len(values), self.shape[1])
        return other

    @property
    def nbytes(self) -> int:
        """Bytes of all rows, encoded."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return the encoding of some rows.

        Parameters
        ----------
        rows : ndarray of int, shape (n_rows,)
            Positions, in any order.

        Returns
        -------
        ndarray of float32, shape (n_rows, n_features_out)
        """
        blocks = (self._values[rows[block]] for block in self._blocks(len(rows)))
        return self._encode(blocks, len(rows))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError(
                "rows that are encoded on demand have no array to share: leave out copy=False"
            )
        blocks = (self._values[block] for block in self._blocks(len(self)))
        encoded = self._encode(blocks, len(self))
        return encoded if dtype is None else encoded.astype(dtype, copy=False)

    def _blocks(self, n_rows: int) -> list[slice]:
        # Three copies of the clean values. More rows would leave the processor's cache, fewer would
        # cost more in calls than in arithmetic.
        step = int(np.clip(_BLOCK_BYTES // (24 * self._values.shape[1]), 512, 4096))
        return [slice(start, start + step) for start in range(0, n_rows, step)]

    def _encode(self, blocks: Iterable[np.ndarray], n_rows: int) -> np.ndarray:
        encoded = np.empty((n_rows, self.shape[1]), dtype=self.dtype)
        encoded[:, : self._n_zeros] = 0.0
        start = 0
        for values in blocks:
            out = encoded[start : start + len(values)]
            for step, columns, columns_out in self._steps:
                _encode_into(step, values[:, columns], out[:, columns_out])
            start += len(values)
        return encoded


def _moved(columns: slice, by: int) -> slice:
    return slice(columns.start + by, columns.stop + by)


def _encode_into(step: BaseEstimator, values: np.ndarray, out: np.ndarray) -> None:
    # The arithmetic of `step.transform` without its checks, which cost more than a small block.
    if isinstance(step, PiecewiseLinearEncoder):
        step.encode_into(values, out, bound=_LARGEST_OUTPUT)
    elif isinstance(step, OneHotCodes | SmoothClipScaler | TellingValues):
        step.encode_into(values, out)
    elif isinstance(step, StandardScaler):
        scaled = values - step.mean_
        scaled /= step.scale_
        out[:] = np.clip(scaled, -_LARGEST_OUTPUT, _LARGEST_OUTPUT, out=scaled)
    elif isinstance(step, FunctionTransformer):  # ColumnTransformer's "passthrough"
        out[:] = values
    else:
        out[:] = step.transform(values)


def as_slice(columns: np.ndarray) -> slice | np.ndarray:
    """Return ``columns`` as a slice if they are neighbours: taking a slice makes no copy."""
    neighbours = len(columns) == columns[-1] - columns[0] + 1
    return slice(columns[0], columns[-1] + 1) if neighbours else columns
