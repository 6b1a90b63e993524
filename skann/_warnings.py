"""Warning classes of the package, so that users can silence one and keep the others."""

import sys
import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from itertools import chain
from typing import NamedTuple


class SkannWarning(UserWarning):
    """Base class of every warning that skann gives."""


class DroppedColumnWarning(SkannWarning):
    """A column was left out because it looks like an identifier or like free text."""


class EstimateWarning(SkannWarning):
    """The data do not support an estimate."""


class ReadingWarning(SkannWarning):
    """Some cells of a column could not be read, or could be read in two ways."""


class UnseenLevelsWarning(SkannWarning):
    """Rows to predict hold levels of a category that training did not see."""


class ModelVersionWarning(SkannWarning):
    """A model was written with another version, so it may predict something else."""


class ValidationWarning(SkannWarning):
    """No validation rows could be set aside, so training cannot be watched on unseen rows."""


class WorkflowWarning(SkannWarning):
    """A step that often misleads, such as reusing a test set, or accuracy for rare classes."""


class Unseen(NamedTuple):
    """Rows of each level of a column that training did not see, and of all levels."""

    rows: Mapping[str, int]
    n_present: int


class Said(NamedTuple):
    """A warning and its subject, by which equal warnings of several networks are found."""

    category: type[SkannWarning]
    message: str
    about: Hashable


Note = Said | dict[Hashable, Unseen]

_held_back: ContextVar[list[Note] | None] = ContextVar("held_back", default=None)


def warn(message: str, category: type[SkannWarning] = SkannWarning, about: Hashable = None) -> None:
    """Warn at the line that called into the package, unless warnings are held back."""
    _note(Said(category, message, message if about is None else about))


def warn_at_once(message: str, category: type[SkannWarning]) -> None:
    """Warn at once, even if warnings are held back until the end of a call."""
    warnings.warn(message, category, stacklevel=_levels_to_the_caller())


def warn_of_unseen(columns: Mapping[Hashable, Unseen]) -> None:
    """Warn of levels that training did not see.

    Columns without such levels are included if warnings are held back: other blocks of rows may
    have some.
    """
    if _held_back.get() is None:
        columns = {name: column for name, column in columns.items() if column.rows}
    if columns:
        _note(dict(columns))


@contextmanager
def held_back() -> Iterator[list[Note]]:
    """Collect warnings instead of giving them, also those of threads in a copy of this context.

    ``warnings.catch_warnings`` would lose the warnings of other threads.
    """
    notes: list[Note] = []
    token = _held_back.set(notes)
    try:
        yield notes
    finally:
        _held_back.reset(token)


@contextmanager
def each_once(*, unseen: bool = True) -> Iterator[None]:
    """Give each warning of a call once, at its end; none if it fails."""
    with held_back() as notes:
        yield
    give([notes], unseen=unseen)


def give(notes_of_each: Sequence[Iterable[Note]], *, unseen: bool = True) -> None:
    """Give the warnings of several networks, once per subject.

    Levels count as unseen if no network has seen them.
    """
    said: dict[Hashable, Said] = {}
    for note in chain.from_iterable(notes_of_each):
        if isinstance(note, Said):
            said.setdefault((note.category, note.about), note)
    for note in said.values():
        _note(note)
    if unseen and notes_of_each:
        warn_of_unseen(reduce(_unseen_by_both, map(_unseen_in_all, notes_of_each)))


def _unseen_in_all(notes: Iterable[Note]) -> Mapping[Hashable, Unseen]:
    """Add up what was unseen in one block of rows after another."""
    blocks = [note for note in notes if not isinstance(note, Said)]
    if len(blocks) == 1:
        return blocks[0]
    columns: dict[Hashable, Unseen] = {}
    for block in blocks:
        for name, (rows, n_present) in block.items():
            before = columns.get(name, Unseen({}, 0))
            rows = Counter(before.rows) + Counter(rows)
            columns[name] = Unseen(rows, before.n_present + n_present)
    return columns


def _unseen_by_both(
    one: Mapping[Hashable, Unseen], other: Mapping[Hashable, Unseen]
) -> Mapping[Hashable, Unseen]:
    both = {name: column for name, column in one.items() if name in other}
    for name, (rows, n_present) in both.items():
        if rows:
            rows = {level: n for level, n in rows.items() if level in other[name].rows}
            both[name] = Unseen(rows, n_present)
    return both


def _note(note: Note) -> None:
    notes = _held_back.get()
    if notes is not None:
        notes.append(note)
        return
    category, message = note[:2] if isinstance(note, Said) else _unseen_text(note)
    warnings.warn(message, category, stacklevel=_levels_to_the_caller())


def _unseen_text(columns: Mapping[Hashable, Unseen]) -> tuple[type[SkannWarning], str]:
    lost = [
        name for name, column in columns.items() if sum(column.rows.values()) == column.n_present
    ]
    parts = [
        f"{name!r} in {sum(column.rows.values()):,} of {column.n_present:,} rows, such as "
        f"{next(iter(column.rows))!r}"
        for name, column in columns.items()
    ]
    text = f"Levels that training never saw count as rare ones: {'; '.join(parts)}."
    if lost:
        text += (
            f" No row of {', '.join(map(repr, lost))} has a level that training knew: is it "
            "written in another way?"
        )
    return UnseenLevelsWarning, text


def _levels_to_the_caller() -> int:
    """Count the frames up to the first that is neither ours nor of a library that calls us."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(
        ("skann.", "sklearn.", "imblearn.", "joblib.", "contextlib")
    ):
        level, frame = level + 1, frame.f_back
    return level
