"""The rows that each network is trained on, and those that it is stopped on and judges."""

import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
    train_test_split,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import column_or_1d

from skann._typing import Labels, Table
from skann._warnings import ValidationWarning, warn

Fold = tuple[np.ndarray, np.ndarray]  # indices of training rows, and of those held out


class Plan(NamedTuple):
    """The folds of a fit and the seeds of their networks."""

    folds: list[Fold]
    resample_seeds: list[int]
    network_seeds: list[int]


def plan_fit(
    settings: BaseEstimator,
    X: Table,
    y: np.ndarray,
    groups: Labels | None,
    rows: np.ndarray,
    n_rows: int,
    has_validation_data: bool,
) -> Plan:
    """Return the folds of a fit, and seeds for each.

    Parameters
    ----------
    settings : ChurnANNClassifier
        ``cv``, ``validation_fraction`` and ``random_state`` are read.
    X : DataFrame or array-like of shape (n_rows, n_features)
    y : ndarray of shape (n_samples,)
        Labels of the rows that have any weight, as 0 and 1.
    groups : array-like of shape (n_rows,) or None
    rows : ndarray of int, shape (n_samples,)
        Rows in fit that have any weight. Folds count positions among these.
    n_rows : int
        Rows in fit.
    has_validation_data : bool
        Whether rows to stop on were given.
    """
    random = check_random_state(settings.random_state)
    split_seed, resample_seed, network_seed = random.randint(2**30, size=3).tolist()
    codes = None if groups is None else _check_groups(groups, n_rows)
    own = None if codes is None else codes[rows]
    cv = settings.cv
    if cv is None:
        fraction = None if has_validation_data else settings.validation_fraction
        folds = [one_split(y, fraction, own, split_seed)]
    elif isinstance(cv, Integral):
        folds = stratified_folds(y, int(cv), own, split_seed)
    else:
        folds = _folds_of_splitter(cv, X, y, codes, rows, n_rows)
    if len(folds) == 1:
        return Plan(folds, [resample_seed], [network_seed])
    # Far apart, since layers of a network add their number to its seed.
    further = np.random.RandomState(network_seed).randint(2**30, size=(2, len(folds)))
    return Plan(folds, *further.tolist())


def one_split(y: np.ndarray, fraction: float | None, groups: np.ndarray | None, seed: int) -> Fold:
    """Return training and validation rows, stratified and sorted; groups stay whole.

    No row is held out, with a warning, if there are too few to leave both classes to training.
    """
    everything = np.arange(len(y)), np.array([], dtype=int)
    if fraction is None:
        return everything
    n_validation = max(2, int(np.ceil(fraction * len(y))))
    if np.bincount(y, minlength=2).min() < 2 or len(y) - n_validation < 2:
        return _too_small(y, everything)
    if groups is not None:
        n_folds = max(2, round(1 / fraction))
        return _grouped_folds(y, n_folds, groups, seed)[0]
    train, held_out = train_test_split(
        np.arange(len(y)), test_size=n_validation, stratify=y, random_state=seed
    )
    if len(np.unique(y[train])) < 2:
        return _too_small(y, everything)
    return np.sort(train), np.sort(held_out)


def stratified_folds(
    y: np.ndarray, n_folds: int, groups: np.ndarray | None, seed: int
) -> list[Fold]:
    """Return shuffled folds with the class shares of all rows; groups stay whole.

    There are at most as many folds as the rarer class has rows.
    """
    if groups is not None:
        return _grouped_folds(y, n_folds, groups, seed)
    rarest = int(np.bincount(y, minlength=2).min())
    if rarest < 2:
        return [_too_small(y, (np.arange(len(y)), np.array([], dtype=int)))]
    splitter = StratifiedKFold(min(n_folds, rarest), shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(y)), y))


def _grouped_folds(y: np.ndarray, n_folds: int, groups: np.ndarray, seed: int) -> list[Fold]:
    n_groups = min(len(np.unique(groups[y == label])) for label in (0, 1))
    if n_groups < 2:
        raise ValueError(
            "groups keeps all rows of a class in one group, so no network could be judged on rows "
            "of other groups; give groups=None, or other groups"
        )
    n_folds = min(n_folds, n_groups)
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # It counts rows; what matters is checked below.
        warnings.filterwarnings("ignore", "The least populated class")
        folds = list(splitter.split(np.zeros(len(y)), y, groups))
    return _check_folds(folds, y)


def _folds_of_splitter(
    cv: Any, X: Table, y: np.ndarray, groups: np.ndarray | None, rows: np.ndarray, n_rows: int
) -> list[Fold]:
    """Return the folds of a splitter or an iterable, which also see rows without weight."""
    position = np.full(n_rows, -1)
    position[rows] = np.arange(len(rows))
    labels = np.zeros(n_rows, dtype=int)
    labels[rows] = y
    splits = check_cv(cv, labels, classifier=True).split(X, labels, groups)
    everything = np.arange(n_rows)  # a splitter may give masks
    folds = [
        (_known(position[everything[train]]), _known(position[everything[held_out]]))
        for train, held_out in splits
    ]
    return _check_folds(folds, y)


def _known(positions: np.ndarray) -> np.ndarray:
    return positions[positions >= 0]


def _check_folds(folds: list[Fold], y: np.ndarray) -> list[Fold]:
    if not folds:
        raise ValueError("cv gives no folds; at least two are needed")
    for number, (train, held_out) in enumerate(folds, start=1):
        if len(np.unique(y[train])) < 2 or not len(held_out):
            raise ValueError(
                f"fold {number} of cv has {np.bincount(y[train], minlength=2).tolist()} training "
                f"rows of the two classes and {len(held_out)} rows to stop on; a network needs "
                "both classes and some rows to stop on: take fewer folds"
            )
        if len(np.intersect1d(train, held_out)):
            raise ValueError(f"fold {number} of cv has rows both to train and to stop on")
    return folds


def _check_groups(groups: Labels, n_rows: int) -> np.ndarray:
    names = column_or_1d(np.asarray(groups), warn=False)
    if len(names) != n_rows:
        raise ValueError(f"groups has {len(names)} entries, and X has {n_rows} rows")
    if names.dtype.kind not in "iuf":  # numbers keep their order, which a splitter may go by
        names = names.astype(str)
    return np.unique(names, return_inverse=True)[1]


def _too_small(y: np.ndarray, everything: Fold) -> Fold:
    warn(
        f"no validation rows set aside: classes of {np.bincount(y).tolist()} rows "
        "are too small to split; the training loss is watched instead",
        ValidationWarning,
    )
    return everything


def n_networks(cv: Any) -> int:
    """Return how many networks there are where no rows are set aside."""
    return 1 if cv is None else check_cv(cv).get_n_splits()


def judged_rows(
    held_out: Sequence[np.ndarray], probabilities: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows any fold held out, sorted, and the mean of their probabilities."""
    indices = np.concatenate(held_out)
    rows, position, counts = np.unique(indices, return_inverse=True, return_counts=True)
    return rows, np.bincount(position, weights=np.concatenate(probabilities)) / counts
