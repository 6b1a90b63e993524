"""Random parts of a table that does not fit into memory, each in a file of its own."""

import itertools
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from skann.cli._errors import CommandError
from skann.cli._labels import split_target, two_labels
from skann.cli._tables import BLOCK_ROWS, Blocks, to_frame

_VALIDATION_FRACTION = 0.15  # of the rows that are not for the test
MOST_PARTS = 200  # their files are open at a time


class Labels(NamedTuple):
    """The target column of a table, and how many rows have each of its two labels, or none."""

    target: str
    n_rows: dict[str, int]
    n_unlabelled: int

    @property
    def n_labelled(self) -> int:
        """Rows that have one of them."""
        return sum(self.n_rows.values())


class Part(NamedTuple):
    """Random rows of a table, in a file of their own."""

    file: str
    n_rows: int
    labels: Labels

    def read(self) -> tuple[pd.DataFrame, pd.Series]:
        """Return features and labels."""
        with pa.OSFile(self.file) as source:
            frame = to_frame(pa.ipc.open_stream(source).read_all(), self.file)
        return split_target(frame, self.labels.target, self.file, [*self.labels.n_rows])


class Parts(NamedTuple):
    """A table in parts."""

    test: Part
    validation: Part
    training: list[Part]

    @property
    def n_training_rows(self) -> int:
        """Rows of all training parts."""
        return sum(part.n_rows for part in self.training)


def count_labels(table: Blocks, target: str) -> Labels:
    """Read the target column of all rows, as ``split_target`` does."""
    counts = [
        to_frame(block, table.path)[target].value_counts(dropna=False)
        for block in table.read([target])
    ]
    counted = pd.concat(counts).rename("rows").rename_axis(target).reset_index()
    features, labels = split_target(counted, target, table.path)
    if labels.empty:
        raise CommandError(f"{table.path}: column {target!r} is empty")
    by_label = features["rows"].groupby(labels).sum()
    n_rows = {label: int(by_label[label]) for label in two_labels(labels)}
    return Labels(target, n_rows, int(counted["rows"].sum() - by_label.sum()))


def deal_out(
    table: Blocks,
    labels: Labels,
    *,
    dropped: Sequence[str],
    test_size: float,
    folder: str,
    seed: int,
) -> Parts:
    """Write the rows that have a label to files, at random, each label in its share.

    So nothing of the table's order, by label or by time, is left in a part. Each has at most as
    many rows as a block, or a ``MOST_PARTS``-th of the training rows where that is more.

    Parameters
    ----------
    table : Blocks
    labels : Labels
    dropped : sequence of str
        Columns to leave out.
    test_size : float
        Share of the rows to test on, up to a block. A share of the others is there to stop on.
    folder : str
        Where the files are written.
    seed : int
    """
    sizes = _sizes(labels.n_labelled, test_size)
    left = {label: _in_proportion(n_rows, sizes) for label, n_rows in labels.n_rows.items()}
    for label, n_left in left.items():
        if n_left[:3].min() < 1:
            raise CommandError(
                f"too few rows to train and test: {labels.n_rows[label]:,} of {label!r}"
            )
    parts = [
        Part(os.path.join(folder, f"{number}.arrows"), int(n_rows), labels)
        for number, n_rows in enumerate(np.sum([*left.values()], axis=0))
    ]
    random = np.random.default_rng(seed)
    writers: list[Any] = []
    with ExitStack() as stack:
        for block in table:
            block = block.drop_columns([*dropped])
            if not writers:
                new = [pa.ipc.new_stream(part.file, block.schema) for part in parts]
                writers = [stack.enter_context(writer) for writer in new]
            rows, number = _draw(block, labels, left, random, table.path)
            dealt = block.take(rows[np.argsort(number)])
            ends = np.cumsum([0, *np.bincount(number, minlength=len(parts))])
            for writer, (start, end) in zip(writers, itertools.pairwise(ends), strict=True):
                writer.write_table(dealt.slice(start, end - start))
    return Parts(parts[0], parts[1], parts[2:])


def _sizes(n_rows: int, test_size: float) -> np.ndarray:
    """Return the rows of each part: to test on, to stop on, and to learn from."""
    n_test = min(round(test_size * n_rows), BLOCK_ROWS)
    n_validation = min(round(_VALIDATION_FRACTION * (n_rows - n_test)), BLOCK_ROWS)
    n_training = n_rows - n_test - n_validation
    n_parts = min(-(-n_training // BLOCK_ROWS), MOST_PARTS)
    return np.array([n_test, n_validation, *[n_training / n_parts] * n_parts])


def _in_proportion(n_rows: int, sizes: np.ndarray) -> np.ndarray:
    """Divide a number of rows in proportion to sizes."""
    ends = np.round(n_rows * np.cumsum(sizes) / sizes.sum()).astype(np.int64)
    return np.diff(ends, prepend=0)


def _draw(
    block: pa.Table,
    labels: Labels,
    left: Mapping[str, np.ndarray],
    random: np.random.Generator,
    path: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of a block that have a label, and the part that each of them goes to.

    Over all blocks this is a draw without replacement: ``left``, which says how many rows of each
    label a part still gets, is counted down.
    """
    frame = to_frame(block.select([labels.target]), path)
    frame.insert(0, "", np.arange(len(frame)))  # no column of a table has an empty name
    rows, label = split_target(frame, labels.target, path, [*labels.n_rows])
    number = np.empty(len(label), dtype=np.intp)
    for name, n_left in left.items():
        n_drawn = random.multivariate_hypergeometric(n_left, int((label == name).sum()))
        number[label == name] = random.permutation(np.repeat(np.arange(len(n_left)), n_drawn))
        n_left -= n_drawn
    return rows[""].to_numpy(), number
