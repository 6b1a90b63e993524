"""Rows to score, as many at a time as fit into memory, read once for all networks."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from skann._sklearn_private import _safe_indexing
from skann._warnings import give, held_back
from skann.preprocessing import TableCleaner
from skann.preprocessing._shared_rows import SharedRows

# As many as take some 64 MiB when they are encoded, and no more than make a difference.
_BYTES, _MOST_ROWS = 2**26, 65_536


def blocks(X: Any, members: Sequence[Any]) -> Iterator[Any]:
    """Yield checked rows, as many at a time as can be encoded; their columns are read once."""
    width = max(member.pipeline["network"].n_features_in_ for member in members)
    n_rows = min(_MOST_ROWS, max(1, _BYTES // (4 * width)))
    automatic = all(isinstance(member.pipeline["preprocess"], TableCleaner) for member in members)
    for start in range(0, X.shape[0], n_rows):
        whole = X.shape[0] <= n_rows
        rows = X if whole else _safe_indexing(X, slice(start, start + n_rows))
        yield SharedRows(rows) if automatic else rows


def of_each(
    members: Sequence[Any], answer: Callable[[Any, Any], np.ndarray], X: Any
) -> list[np.ndarray]:
    """Return what each network answers for checked rows, and give their warnings once."""
    answers: list[list[np.ndarray]] = [[] for _ in members]
    notes_of_each: list[list[Any]] = [[] for _ in members]
    for block in blocks(X, members):
        for member, own, notes in zip(members, answers, notes_of_each, strict=True):
            with held_back() as new_notes:
                own.append(answer(member, block))
            notes += new_notes
    give(notes_of_each)
    return [np.concatenate(own) for own in answers]
