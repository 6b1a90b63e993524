"""Labels of any dtype as one array, and which of them is positive."""

from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_array, column_or_1d

from skann._lazy_frames import refuse_lazy_frames
from skann._typing import Label, Labels

_NUMBERS = (Real, Decimal, np.bool_)


def check_labels(
    y: Labels | ArrayLike | None, n_rows: int | None = None, name: str = "y"
) -> np.ndarray:
    """Return labels as a one-dimensional array of one kind.

    Equal labels come out equal, whatever holds them: bools, integers and decimals in an object
    column become bools and numbers; nullable ones become floats, as in scikit-learn.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        NumPy array, list, or column of pandas, polars or Arrow.
    n_rows : int, optional
        Required number of labels.
    name : str, default="y"
        Name of the labels in errors.

    Raises
    ------
    ValueError
        If labels are missing, continuous, of several kinds, or not as many as the rows.
    """
    if y is None:
        raise ValueError(f"requires {name} to be passed, but the target {name} is None")
    refuse_lazy_frames(**{name: y})
    if not hasattr(y, "__array__"):
        y = np.array(y, dtype=object)  # NumPy would turn [1, "1"] into text
    labels = column_or_1d(y, input_name=name, warn=True)
    if n_rows is not None and len(labels) != n_rows:
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"there are {n_rows} rows and {name} has {len(labels)} labels"
        )
    n_missing = int(pd.isna(labels).sum())
    if n_missing:
        raise ValueError(
            f"Input {name} contains NaN: {n_missing} of {len(labels)} labels are missing; "
            "drop these rows"
        )
    if labels.dtype.kind in "OT":
        labels = _of_one_kind(labels.astype(object), name)
    labels = check_array(labels, ensure_2d=False, dtype=None, input_name=name)
    kind = type_of_target(labels, input_name=name)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind}. {name} must hold two labels, found values such as "
            f"{_shown(labels[0])}"
        )
    return labels


def _of_one_kind(labels: np.ndarray, name: str) -> np.ndarray:
    """Turn numbers and bools in an object array into an array of their own dtype."""
    examples: dict[str, object] = {}
    for kind in dict.fromkeys(map(type, labels)):
        examples[_kind_of_type(kind)] = next(label for label in labels if type(label) is kind)
    if len(examples) > 1:
        found = " and ".join(f"{kind} such as {_shown(examples[kind])}" for kind in examples)
        raise ValueError(
            f"{name} mixes {found}: turn all labels into the same kind, for example with "
            f"{name}.astype(str)"
        )
    if "numbers" not in examples:
        return labels
    numbers = np.array(labels.tolist())
    return numbers.astype(np.float64) if numbers.dtype == object else numbers


def _kind_of_type(kind: type) -> str:
    if issubclass(kind, str):
        return "text"
    return "numbers" if issubclass(kind, _NUMBERS) else kind.__name__


def _kind(labels: np.ndarray) -> str:
    return "numbers" if labels.dtype.kind in "biuf" else _kind_of_type(type(labels[0]))


def _shown(label: object) -> str:
    """Return a label as Python writes it: '1' for text and 1 for a number."""
    return repr(label.item() if isinstance(label, np.generic) else label)


def check_two_classes(y: np.ndarray) -> np.ndarray:
    """Return the two labels of ``y``, sorted; the second is the positive class.

    Raises
    ------
    ValueError
        If there are not exactly two.
    """
    classes = np.unique(y)
    if len(classes) > 2:
        raise ValueError(
            "Only binary classification is supported. The type of the target is "
            f"{type_of_target(y)}: y has {len(classes)} classes."
        )
    if len(classes) < 2:
        raise ValueError(
            f"y holds only one class, {classes.tolist()}; rows of two classes are needed to learn "
            "the difference (rows with sample_weight 0 do not count)"
        )
    return classes


def check_known(y: np.ndarray, classes: np.ndarray, name: str = "y") -> None:
    """Refuse labels other than the classes.

    Raises
    ------
    ValueError
        If ``y`` holds another label.
    """
    unknown = set(np.unique(y).tolist()) - set(np.asarray(classes).tolist())
    if unknown:
        raise ValueError(
            f"{name} has labels {sorted(unknown, key=str)} that are not in classes "
            f"{np.asarray(classes).tolist()}"
        )


def encode_labels(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return 0 for ``classes[0]`` and 1 for ``classes[1]``.

    Raises
    ------
    ValueError
        If ``y`` holds another label.
    """
    check_known(y, classes)
    return (y == classes[1]).astype(np.int64)


def positive_index(classes: np.ndarray, pos_label: Label | None) -> int:
    """Return the index of the positive class, by default the second.

    Raises
    ------
    ValueError
        If ``pos_label`` is not one of the classes.
    """
    if pos_label is None:
        return 1
    known = np.asarray(classes).tolist()
    if pos_label not in known:
        raise ValueError(f"pos_label={pos_label!r} is not a label of y, which has {known}")
    return known.index(pos_label)


def positive_class(pos_label: Label | None, **labels: np.ndarray) -> Label:
    """Return the label that counts as positive.

    Parameters
    ----------
    pos_label : label or None
        None takes the second of two labels in sorted order, or 1 or True where 0, 1, -1, False or
        True stands alone.
    **labels : ndarray
        The outcomes and the decisions, if any, by the name of their argument.

    Raises
    ------
    ValueError
        If the arrays hold labels of two kinds or more than two labels; if ``pos_label`` is not one
        of two labels, or of another kind than a single one; or if a single label leaves the
        positive one open and no ``pos_label`` is given.
    """
    kinds = {name: _kind(array) for name, array in labels.items()}
    if len(set(kinds.values())) > 1:
        found = ", ".join(
            f"{name} holds {kinds[name]} such as {_shown(array[0])}"
            for name, array in labels.items()
        )
        raise ValueError(f"Labels of different kinds cannot be compared: {found}")
    names = " and ".join(labels)
    classes = np.unique(np.concatenate(list(labels.values()))).tolist()
    if len(classes) > 2:
        raise ValueError(
            f"{names} must hold two labels, found {len(classes)}: {classes[:5]}"
            f"{'...' if len(classes) > 5 else ''}"
        )
    if pos_label is None:
        if len(classes) == 2:
            return classes[1]
        if classes[0] in (-1, 0, 1):
            return 1
        raise ValueError(
            f"{names} holds only one label, {classes}: give the positive one as pos_label"
        )
    alone = len(classes) == 1 and _kind_of_type(type(pos_label)) == next(iter(kinds.values()))
    if pos_label not in classes and not alone:  # of a single label, it may be the other one
        raise ValueError(f"pos_label={pos_label!r} is not a label of {names}: found {classes}")
    return pos_label
