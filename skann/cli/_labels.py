"""The labels of the target column, as people write them."""

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from skann.cli._errors import CommandError, did_you_mean, listed

_NO_LABEL = frozenset({"na", "n/a", "nan", "null", "none", "<na>", "#n/a", "?"})
_WHOLE_NUMBER = re.compile(r"([+-]?\d+)(?:\.0*|,0)")
_NUMBERS_OF_FLAGS = {"true": "1", "false": "0"}


def check_target(columns: Iterable[str], target: str, path: str) -> None:
    """Refuse a table without the target column."""
    columns = list(columns)
    if target not in columns:
        raise CommandError(
            f"{path} has no column {target!r}"
            + (did_you_mean(target, columns) or f". It has {listed(columns)}")
        )


def split_target(
    frame: pd.DataFrame, target: str, path: str, known: Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the features and the labels of the rows that have a label.

    Labels become text in one form, whatever the file: 1, 1.0 and " 1 " are "1", true is "True".
    Labels that mean the same as a ``known`` one become that: 1 and "true" become "True". What
    people write for "not known", such as NA, is not a label, unless it is one of just two.
    """
    check_target(frame.columns, target, path)
    texts = [None if pd.isna(value) else _label(value) for value in frame[target].astype(object)]
    by_meaning = {_meaning(label): label for label in known}
    if by_meaning and len(by_meaning) == len(known):
        texts = [text and by_meaning.get(_meaning(text), text) for text in texts]
    none = {text for text in texts if not text or text.casefold() in _NO_LABEL}
    if not known and len(set(texts) - {None, ""}) <= 2:
        none = {None, ""}
    labels = pd.Series([None if text in none - {*known} else text for text in texts], dtype=object)
    has_label = labels.notna().to_numpy()
    features = frame.drop(columns=target)[has_label].reset_index(drop=True)
    return features, labels[has_label].reset_index(drop=True).rename(target)


def two_labels(labels: pd.Series) -> tuple[str, str]:
    """Return the two labels, sorted as numbers or as text."""
    found = sorted(labels.unique().tolist(), key=_sort_key)
    if len(found) == 1:
        raise CommandError(
            f"column {labels.name!r} holds {found[0]!r} only; a model needs customers who left and "
            "customers who stayed"
        )
    if len(found) != 2:
        raise CommandError(
            f"column {labels.name!r} holds {len(found)} values ({listed(found, 4)}); "
            "two are needed, such as Yes and No. Is it the right --target?"
        )
    return found[0], found[1]


def find_label(text: str, labels: Sequence[str]) -> str:
    """Return the label written as ``text``: 1 for 1.0, yes for Yes where there is no yes."""
    for written in (str, _meaning):
        for label in labels:
            if written(label) == written(_label(text)):
                return label
    raise CommandError(f"--positive {text} is not among the labels {listed(labels)}")


def _label(value: object) -> str:
    text = str(value).strip()
    if text.casefold() in _NUMBERS_OF_FLAGS:
        return text.capitalize()
    whole = _WHOLE_NUMBER.fullmatch(text)
    return whole[1] if whole else text


def _meaning(label: str) -> str:
    return _NUMBERS_OF_FLAGS.get(label.casefold(), label.casefold())


def _sort_key(label: str) -> tuple[bool, float, str]:
    try:
        return False, float(label), label
    except ValueError:
        return True, 0.0, label
