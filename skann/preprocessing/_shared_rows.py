"""Raw rows on their way to several networks, each column read once."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from skann.preprocessing._cleaner import TableCleaner, positions_of_rows, texts_of
from skann.preprocessing._columns import Column
from skann.preprocessing._encoded_rows import EncodedRows
from skann.preprocessing._encoder import TableEncoder
from skann.preprocessing._roles import read_column_as
from skann.preprocessing._table import stack_columns


class SharedRows:
    """A checked table, for cleaners that were fitted on tables with its columns.

    Reading a column takes longer than cleaning and encoding it, and folds mostly read it alike. No
    table is built between cleaning and encoding, which would take most of the time of a single row.

    Parameters
    ----------
    table : pandas.DataFrame
        As ``as_table`` returns it.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._n_rows = len(table)
        self._columns = [series for _, series in table.items()]
        self._read: dict[tuple[int, str, str | None], Column] = {}

    def __len__(self) -> int:
        return self._n_rows

    def encoded(self, cleaner: TableCleaner, encoder: TableEncoder) -> np.ndarray:
        """Return the rows, cleaned and encoded, to the same bits as by the transformers.

        Parameters
        ----------
        cleaner, encoder : fitted transformers
            The encoder on what the cleaner returned.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_features_out)
        """
        columns = cleaner._read_kept(self._column)
        numbers = cleaner._filled(columns)
        categories = list(zip(texts_of(columns), cleaner.levels_.values(), strict=True))
        codes = [
            _codes(*categories[i - len(numbers)], levels.names)
            for i, levels in (encoder._onehot | encoder._embedding).items()
        ]
        values = stack_columns([*numbers, *codes], len(self))
        return np.asarray(EncodedRows(values, encoder.transformer_))

    def _column(self, position: int, role: str, form: str | None) -> Column:
        key = position, role, form
        if key not in self._read:
            self._read[key] = read_column_as(role, form, self._columns[position])
        return self._read[key]


def _codes(
    texts: tuple[np.ndarray, list[str]], kept: list[str], encoded: list[Hashable]
) -> np.ndarray:
    """Return the encoder's code of each row, 0 where it has none for the level."""
    code_of = dict(zip(encoded, range(1, len(encoded) + 1), strict=True))
    return np.array([code_of.get(level, 0) for level in kept])[positions_of_rows(*texts, kept)]
