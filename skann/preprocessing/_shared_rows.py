"""Raw rows on their way to several networks, each column read once."""

import numpy as np
import pandas as pd

from skann._warnings import warn_of_unseen
from skann.preprocessing._cleaner import MISSING, RARE, TableCleaner, _numbers, _texts
from skann.preprocessing._columns import Column
from skann.preprocessing._encoded_rows import EncodedRows
from skann.preprocessing._encoder import TableEncoder
from skann.preprocessing._levels import other_spelling
from skann.preprocessing._roles import read_column_as
from skann.preprocessing._table import stack_columns


class SharedRows:
    """A checked table, for cleaners that were fitted on tables with its columns.

    To read a column takes longer than to clean and encode it, and folds mostly read it alike. No
    table stands between cleaning and encoding, which would take most of the time of a single row.

    Parameters
    ----------
    table : pandas.DataFrame
        As `as_table` returns it.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._n_rows = len(table)
        self._columns = [series for _, series in table.items()]
        self._read: dict[tuple[int, str, str | None], Column] = {}

    def __len__(self) -> int:
        return self._n_rows

    def encoded(self, cleaner: TableCleaner, encoder: TableEncoder) -> np.ndarray:
        """Return what the encoder makes of what the cleaner makes of the rows, to the same bits.

        Parameters
        ----------
        cleaner, encoder : fitted transformers
            The encoder on what the cleaner returned.

        Returns
        -------
        ndarray of float32, shape (n_samples, n_features_out)
        """
        roles = list(cleaner.column_roles_.values())
        kept = [*cleaner._numbers, *cleaner._dates, *cleaner._categories]
        columns = [self._column(i, roles[i], cleaner._forms[i]) for i in kept]
        warn_of_unseen(cleaner._unseen(columns))
        numbers = _filled_numbers(cleaner, columns)
        categories = list(zip(_texts(columns), cleaner.levels_.values(), strict=True))
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


def _filled_numbers(cleaner: TableCleaner, columns: list[Column]) -> list[np.ndarray]:
    """Return each number and date part without gaps, then each indicator of gaps."""
    numbers = _numbers(columns)
    gaps = [np.isnan(values) for values in numbers]
    filled = [
        np.where(missing, median, values) if missing.any() else values
        for values, missing, median in zip(numbers, gaps, cleaner.medians_, strict=True)
    ]
    return [*filled, *(gaps[j] for j in cleaner._indicators)]


def _codes(texts: tuple[np.ndarray, list[str]], kept: list[str], encoded: list[str]) -> np.ndarray:
    """Return the encoder's code of each row: of its level, or of the pool of rare ones."""
    codes, levels = texts
    known = dict.fromkeys(kept, 0) | dict(zip(encoded, range(1, len(encoded) + 1), strict=True))
    rare = known[RARE]
    code_of = [known.get(level, known.get(other_spelling(level), rare)) for level in levels]
    return np.array([*code_of, known.get(MISSING, rare)])[codes]  # the last is for code -1
