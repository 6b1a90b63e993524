"""Synthetic tables of any length, and how fast a model scores their rows."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from _measure import interleaved

from skann.cli._model_file import load_model, save_model
from skann.cli._split import split_rows
from skann.cli._training import fit

BLOCK_ROWS = 65_536


def made_rows(n_rows: int, at_a_time: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
    """Yield rows of 16 numbers, 4 categories and the label, some at a time."""
    rng = np.random.default_rng(0)
    for start in range(0, n_rows, at_a_time):
        n = min(at_a_time, n_rows - start)
        numbers = rng.normal(size=(n, 16)).round(4)
        levels = [rng.integers(0, n_levels, n) for n_levels in (2, 4, 12, 40)]
        score = numbers[:, 0] * numbers[:, 1] + numbers[:, 2] + (levels[1] == 2) - 2.0
        frame = pd.DataFrame(numbers, columns=[f"number_{i}" for i in range(16)])
        for i, codes in enumerate(levels):
            frame[f"category_{i}"] = np.array([f"level {code}" for code in range(40)])[codes]
        yield frame.assign(left=(rng.random(n) < 1 / (1 + np.exp(-score))).astype(int))


def write_table(path: Path, n_rows: int) -> Path:
    """Write such rows to a Parquet file."""
    tables = (pa.Table.from_pandas(rows, preserve_index=False) for rows in made_rows(n_rows))
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)
    return path


def by_both_paths(path: str, n_rows: int, epochs: int | None) -> dict[str, float]:
    """Train a model as `skann train` does, save it, and score rows by it before and after.

    Returns
    -------
    dict of {"TensorFlow", "NumPy": float}
        Rows per second.
    """
    rows = next(made_rows(20_000))
    labels = rows.pop("left").astype(str)
    split = split_rows((labels == "1").to_numpy(), 0.2, 0)
    fitted = fit(rows, labels, "1", split, fn_cost=100.0, fp_cost=5.0, epochs=epochs)
    save_model(fitted, path)
    models = {"TensorFlow": fitted, "NumPy": load_model(path)}
    features = [fitted.features(block, "the block") for block in made_rows(n_rows)]
    for model in models.values():
        model.probability(features[0].head(1_000))  # compiles
    runs = {
        name: lambda model=model: [model.probability(block) for block in features]
        for name, model in models.items()
    }
    return {name: n_rows / seconds for name, seconds in interleaved(runs, 3).items()}
