"""Rows to learn from, drawn from a table that is too large."""

import numpy as np
import pandas as pd
import pyarrow as pa

from skann.cli._tables import Blocks


def sample_rows(table: Blocks, target: str, n_rows: int, seed: int) -> tuple[pa.Table, int]:
    """Draw rows in proportion to the values of a column, the only one that is held for all rows.

    Returns
    -------
    rows : pyarrow.Table
        In the order of the table.
    n_rows : int
        How many rows the table has.
    """
    from sklearn.utils import resample

    first = next(iter(table))
    if target not in first.column_names:
        return first, len(first)  # which is refused for its columns
    labels = pa.concat_tables(table.read([target])).column(target)
    if n_rows >= len(labels):
        return pa.concat_tables(table), len(labels)
    codes = pd.factorize(labels.to_pandas(), use_na_sentinel=False)[0]
    drawn = resample(
        np.arange(len(labels)), replace=False, n_samples=n_rows, stratify=codes, random_state=seed
    )
    is_drawn = np.zeros(len(labels), dtype=bool)
    is_drawn[drawn] = True
    blocks, start = [], 0
    for block in table:
        blocks.append(block.filter(pa.array(is_drawn[start : start + len(block)])))
        start += len(block)
    return pa.concat_tables(blocks), len(labels)
