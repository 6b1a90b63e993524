"""Training, validation and test rows, split once: at random, by group or by time."""

import math
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, indexable

from skann._labels import check_labels, check_two_classes
from skann._lazy_frames import refuse_lazy_frames
from skann._sklearn_private import Interval, _safe_indexing, validate_params
from skann._typing import Labels, Table
from skann.model_selection._test_looks import models_shown, remember_test

_PARTS = ("training", "validation", "test")


class DataSplit(NamedTuple):
    """Rows and labels of the three parts; unpacks in this order.

    Examples
    --------
    >>> from skann.model_selection import train_validation_test_split
    >>> split = train_validation_test_split([[i] for i in range(40)], [0, 1] * 20, random_state=0)
    >>> split._fields
    ('X_train', 'X_validation', 'X_test', 'y_train', 'y_validation', 'y_test')
    >>> len(split.y_test), split.n_models_tested
    (8, 0)
    """

    X_train: Any
    X_validation: Any
    X_test: Any
    y_train: Any
    y_validation: Any
    y_test: Any

    @property
    def n_models_tested(self) -> int:
        """How many different models ``skann.inspection.evaluate`` has shown to the test part."""
        return len(models_shown(self.X_test, self.y_test) or ())


@validate_params(
    {
        "validation_size": [Interval(Real, 0, 1, closed="neither")],
        "test_size": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def train_validation_test_split(
    X: Table,
    y: Labels,
    *,
    validation_size: float = 0.15,
    test_size: float = 0.2,
    groups: ArrayLike | str | None = None,
    time: ArrayLike | str | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> DataSplit:
    """Split a table once, into rows to learn from, to choose by, and to test on.

    By default rows are drawn at random, with equal class shares in each part. With ``groups``, all
    rows of a group land in one part, with class shares as equal as that allows. With ``time``, the
    oldest rows are for training and the newest for the test, as the model will be used; rows of
    the same time stay together.

    Parameters
    ----------
    X : pandas or polars DataFrame, or array-like, of shape (n_samples, n_features)
        Raw rows. They are not changed, and keep their order within a part.
    y : array-like of shape (n_samples,)
        Two labels.
    validation_size, test_size : float, default=0.15 and 0.2
        Fractions of all rows, together below 1.
    groups : array-like of shape (n_samples,) or column of X, default=None
        Which rows belong together, such as the household or the customer of each row.
    time : array-like of shape (n_samples,) or column of X, default=None
        Numbers or dates. Not together with ``groups``.
    random_state : int, RandomState or None, default=None
        Seed of the draw; unused with ``time``.

    Returns
    -------
    DataSplit
        Named parts that unpack: X_train, X_validation, X_test, y_train, y_validation, y_test.
        ``n_models_tested`` counts the models that ``skann.inspection.evaluate`` shows to the test
        part.

    Raises
    ------
    ValueError
        If y does not have two classes, a part would lack one of them, sizes leave no training
        rows, or groups or times are missing.

    Examples
    --------
    >>> from skann.datasets import make_churn
    >>> from skann.model_selection import train_validation_test_split
    >>> X, y = make_churn(1000, random_state=0, return_X_y=True)
    >>> split = train_validation_test_split(X, y, random_state=0)
    >>> len(split.X_train), len(split.X_validation), len(split.X_test)
    (650, 150, 200)
    >>> X_train, X_validation, X_test, y_train, y_validation, y_test = split

    Customers who joined last are the test:

    >>> split = train_validation_test_split(X, y, time="signup_date")
    >>> bool(split.X_train["signup_date"].max() < split.X_test["signup_date"].min())
    True
    """
    if validation_size + test_size >= 1:
        raise ValueError(
            f"validation_size={validation_size} and test_size={test_size} leave no training rows: "
            "together they must stay below 1"
        )
    if groups is not None and time is not None:
        raise ValueError(
            "give groups or time, not both: a split by time cannot keep a group in one part"
        )
    refuse_lazy_frames(X=X, y=y)
    X, y = indexable(X, y)
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
    labels = check_labels(y, n_samples)
    target = (labels == check_two_classes(labels)[1]).astype(np.int64)
    fractions = (1.0 - validation_size - test_size, validation_size, test_size)
    if groups is not None:
        codes = pd.factorize(_per_row("groups", groups, X, n_samples))[0]
        part = parts_by_group(target, codes, fractions, check_random_state(random_state))
    elif time is not None:
        part = _parts_by_time(_moments(_per_row("time", time, X, n_samples)), fractions)
    else:
        part = _parts_at_random(target, fractions, check_random_state(random_state))
    _check_parts(part, target)
    rows = [np.flatnonzero(part == number) for number in range(3)]
    split = DataSplit(
        *(_safe_indexing(X, part_rows) for part_rows in rows),
        *(_safe_indexing(y, part_rows) for part_rows in rows),
    )
    remember_test(split.X_test, split.y_test)
    return split


def _parts_at_random(
    target: np.ndarray, fractions: tuple[float, ...], rng: np.random.RandomState
) -> np.ndarray:
    """Return the part of each row, 0 to 2, with equal class shares."""
    n_held_out = [math.ceil(round(fraction * len(target), 9)) for fraction in fractions[1:]]
    part = np.zeros(len(target), dtype=np.int64)
    rows = np.arange(len(target))
    for number, size in ((2, n_held_out[1]), (1, n_held_out[0])):
        try:
            rows, held_out = train_test_split(
                rows, test_size=size, stratify=target[rows], random_state=rng
            )
        except ValueError as error:
            raise ValueError(
                f"y has too few rows for three parts with both classes: {len(target)} rows, "
                f"{int(target.sum())} of them positive"
            ) from error
        part[held_out] = number
    return part


def parts_by_group(
    target: np.ndarray,
    codes: np.ndarray,
    fractions: tuple[float, ...],
    rng: np.random.RandomState,
) -> np.ndarray:
    """Hand out groups, the largest first, each to the part that most lacks what it has.

    Sechidis et al., "On the Stratification of Multi-Label Data", ECML PKDD 2011, section 3, with
    the classes for labels and groups for rows.
    """
    counts = np.zeros((codes.max() + 1, 2))
    np.add.at(counts, (codes, target), 1)
    share = counts / counts.sum(axis=0)
    wanted = np.repeat(np.array(fractions)[:, None], 2, axis=1)
    missing = wanted.copy()
    part_of_group = np.empty(len(counts), dtype=np.int64)
    shuffled = rng.permutation(len(counts))
    for group in shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]:
        need = ((missing - share[group]) / wanted) @ share[group]
        part_of_group[group] = number = int(np.argmax(need))
        missing[number] -= share[group]
    return part_of_group[codes]


def _parts_by_time(moments: np.ndarray, fractions: tuple[float, ...]) -> np.ndarray:
    """Return the part of each row, the oldest first; rows of the same time go to the later one."""
    ranked = np.sort(moments)
    ends = np.cumsum(fractions)[:2] * len(moments)
    starts = ranked[np.clip(np.round(ends).astype(int), 0, len(moments) - 1)]
    return (moments >= starts[0]).astype(np.int64) + (moments >= starts[1])


def _per_row(name: str, values: ArrayLike, X: Any, n_samples: int) -> pd.Series:
    """Return one value per row, given as such or as a column of X."""
    if isinstance(values, str):
        columns = list(getattr(X, "columns", ()))
        if values not in columns:
            raise ValueError(f"{name}={values!r} is not a column of X, which has {columns}")
        values = X[values]
    series = pd.Series(values if isinstance(values, pd.Series) else np.asarray(values))
    if len(series) != n_samples:
        raise ValueError(f"{name} has {len(series)} values for {n_samples} rows of X")
    if series.isna().any():
        raise ValueError(
            f"{name} is missing in {int(series.isna().sum())} of {n_samples} rows: fill these, or "
            "leave the rows out"
        )
    return series


def _moments(times: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(times):
        return times.astype("int64").to_numpy()
    if pd.api.types.is_numeric_dtype(times):
        return times.to_numpy()
    raise ValueError(
        f"time must hold numbers or dates, got {times.dtype} such as {times.iloc[0]!r}; turn text "
        "into dates with pandas.to_datetime"
    )


def _check_parts(part: np.ndarray, target: np.ndarray) -> None:
    for number, name in enumerate(_PARTS):
        n_classes = np.bincount(target[part == number], minlength=2)
        if not n_classes.all():
            raise ValueError(
                f"The {name} part would have {n_classes[0]} rows of one class and {n_classes[1]} "
                "of the other. Give more rows or other sizes; with large groups, or times of one "
                "class only, there may be no such split."
            )
