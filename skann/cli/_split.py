"""Which rows test a model: random ones, all of some customers, or the newest."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from skann._warnings import give, held_back
from skann.cli._errors import CommandError


class Split(NamedTuple):
    """Numbers of the rows to learn from and to test on, and what ``fit`` needs to go on alike."""

    train: np.ndarray
    test: np.ndarray
    said: str
    groups: np.ndarray | None = None  # of the rows to learn from
    group: str | None = None  # what tells customers apart
    in_time: bool = False  # groups are times, and folds learn the older ones only


def split_rows(
    churned: np.ndarray,
    test_size: float,
    seed: int,
    option: str | None = None,
    column: pd.Series | None = None,
) -> Split:
    """Choose test rows at random, or as the option ``--group`` or ``--time`` says of a column."""
    if column is None:
        return _at_random(churned, test_size, seed)
    if option == "--group":
        return _by_group(churned, column, test_size, seed)
    return _by_time(churned, column, test_size)


def _at_random(churned: np.ndarray, test_size: float, seed: int) -> Split:
    """Draw test rows with equal class shares."""
    from sklearn.model_selection import train_test_split

    try:
        train, test = train_test_split(
            np.arange(len(churned)), test_size=test_size, stratify=churned, random_state=seed
        )
    except ValueError as error:
        raise CommandError(f"too few rows to train and test: {error}") from None
    said = f"{len(test):,} customers set aside, {len(train):,} to learn from"
    return Split(train, test, said)


def _by_group(churned: np.ndarray, column: pd.Series, test_size: float, seed: int) -> Split:
    """Draw test rows, all that have the same value in a column together."""
    from skann.model_selection._split import parts_by_group

    _refuse_gaps("--group", column, column.isna().to_numpy())
    codes, values = pd.factorize(column)
    if len(values) < 2:
        raise CommandError(
            f"--group {column.name}: it is {values[0]!r} in every row; give the column that tells "
            "customers apart"
        )
    random = np.random.RandomState(seed)
    is_test = parts_by_group(churned.astype(int), codes, (1 - test_size, test_size), random) == 1
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    _check_classes(churned, train, test, f"--group {column.name}")
    n_test = len(np.unique(codes[test]))
    said = (
        f"{len(test):,} rows set aside, of {n_test:,} {column.name}; {len(train):,} of "
        f"{len(values) - n_test:,} others to learn from. Folds keep the rows of each together, too"
    )
    return Split(train, test, said, codes[train], group=str(column.name))


def _by_time(churned: np.ndarray, column: pd.Series, test_size: float) -> Split:
    """Set the newest rows aside; rows of the same time stay together."""
    from skann.model_selection._forward_folds import position_in_time

    moments, are_dates = _moments(column)
    is_test = position_in_time(moments) >= 1 - test_size
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    if not len(train) or not len(test):
        raise CommandError(f"--time {column.name}: all rows are of the same time")
    _check_classes(churned, train, test, f"--time {column.name}")
    first = moments[test].min()
    shown = f"{first:.12g}"
    if are_dates:
        shown = str((pd.Timestamp(0) + pd.Timedelta(days=first)).date())
    said = (
        f"{len(test):,} rows set aside, with {column.name} from {shown} on; {len(train):,} older "
        "ones to learn from"
    )
    times = np.unique(moments[train], return_inverse=True)[1]
    if not times.any():
        return Split(train, test, f"{said}, all of one time")
    said += ". Folds, too, are judged on newer rows than they learn from"
    return Split(train, test, said, times, in_time=True)


def _moments(column: pd.Series) -> tuple[np.ndarray, bool]:
    """Return times as numbers, read as the preprocessing does, and whether they are dates."""
    from skann.preprocessing._roles import read_column

    _refuse_gaps("--time", column, column.isna().to_numpy())
    with held_back() as notes:
        read = read_column(column)
    if read.numbers is None:
        raise CommandError(
            f"--time {column.name}: cells such as {column.iloc[0]!r} are neither dates nor numbers"
        )
    numbers = np.asarray(read.numbers)
    moments = numbers[:, 0] if numbers.ndim == 2 else numbers
    _refuse_gaps("--time", column, np.isnan(moments))
    give([notes])
    return moments, numbers.ndim == 2


def _refuse_gaps(option: str, column: pd.Series, is_missing: np.ndarray) -> None:
    if is_missing.any():
        unread = column[is_missing].dropna()
        example = f", such as {unread.iloc[0]!r}" if len(unread) else ""
        what = "cannot be read" if len(unread) else "is missing"
        raise CommandError(
            f"{option} {column.name}: it {what} in {is_missing.sum():,} of {len(column):,} rows"
            f"{example}. Fill these, or leave the rows out."
        )


def _check_classes(churned: np.ndarray, train: np.ndarray, test: np.ndarray, option: str) -> None:
    for rows, name in ((train, "rows to learn from"), (test, "test rows")):
        n_churned = int(churned[rows].sum())
        if n_churned in (0, len(rows)):
            raise CommandError(
                f"{option}: {n_churned:,} of the {len(rows):,} {name} would be of customers who "
                "left, and both kinds are needed. Give more rows, or another --test-size."
            )
