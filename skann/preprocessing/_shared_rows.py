"""Raw rows on their way to several networks, each column read once."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from skann.preprocessing._cleaner import TableCleaner, texts_of, warn_of_unseen_levels
from skann.preprocessing._columns import Column
from skann.preprocessing._encoded_rows import EncodedRows
from skann.preprocessing._encoder import TableEncoder
from skann.preprocessing._roles import read_column_as
from skann.preprocessing._table import stack_columns


class Preparation:
    """A fitted cleaner and the encoder of what it returns as one step.

    No table is built between them, and what they look up for each table is looked up once: both
    would take most of the time of a single row.

    Parameters
    ----------
    cleaner, encoder : fitted transformers
        The encoder on what the cleaner returned.
    """

    def __init__(self, cleaner: TableCleaner, encoder: TableEncoder) -> None:
        self.kept = cleaner._kept()
        self.known = cleaner._known_levels()
        self._filled = cleaner._filled
        n_columns = len(cleaner.get_feature_names_out())
        n_numbers = n_columns - len(self.known)
        levels_of_each = list(cleaner.levels_.values())
        self._categories = [
            (i - n_numbers, _codes(levels_of_each[i - n_numbers], encoded.names))
            for i, encoded in (encoder._onehot | encoder._embedding).items()
        ]
        self._encoded_rows = EncodedRows(np.empty((0, n_columns)), encoder.transformer_)

    def encoded(self, columns: list[Column], n_rows: int) -> np.ndarray:
        """Return the columns that ``kept`` asks for, to the same bits as by the transformers."""
        positions = [
            levels.positions_of_rows(*texts)
            for texts, levels in zip(texts_of(columns), self.known.values(), strict=True)
        ]
        codes = [codes[positions[i]] for i, codes in self._categories]
        values = stack_columns([*self._filled(columns), *codes], n_rows)
        return np.asarray(self._encoded_rows.of(values))


class SharedRows:
    """A checked table, for cleaners that were fitted on tables with its columns.

    Reading a column takes longer than cleaning and encoding it, and folds mostly read it alike.

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

    def encoded(self, preparation: Preparation) -> np.ndarray:
        """Return the rows, cleaned and encoded; warn of unseen levels.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_features_out)
        """
        columns = [self._column(*kept) for kept in preparation.kept]
        warn_of_unseen_levels(columns, preparation.known)
        return preparation.encoded(columns, len(self))

    def _column(self, position: int, role: str, form: str | None) -> Column:
        key = position, role, form
        if key not in self._read:
            self._read[key] = read_column_as(role, form, self._columns[position])
        return self._read[key]


def _codes(levels: list[str], encoded: list[Hashable]) -> np.ndarray:
    """Return the encoder's code of each level, 0 where it has none."""
    code_of = dict(zip(encoded, range(1, len(encoded) + 1), strict=True))
    return np.array([code_of.get(level, 0) for level in levels])
