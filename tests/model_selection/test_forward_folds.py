"""Folds that are judged on newer rows than they learn from."""

import numpy as np
import pytest

from skann._churn_ann._folds import _check_groups
from skann.model_selection._forward_folds import ForwardFolds, position_in_time


def test_no_fold_learns_from_its_own_time_or_a_later_one():
    times = np.random.default_rng(0).permutation(np.repeat(np.arange(20), 10))
    folds = list(ForwardFolds(4).split(times, groups=times))
    assert len(folds) == 4
    assert all(times[train].max() < times[held_out].min() for train, held_out in folds)
    judged = np.concatenate([held_out for _, held_out in folds])
    assert len(np.unique(judged)) == len(judged) == 100
    assert times[judged].min() == 10


def test_few_times_make_few_folds_however_many_rows_each_has():
    for shares in ([0.9, 0.1], [0.1, 0.9], [0.3, 0.3, 0.4]):
        times = np.repeat(np.arange(len(shares)), (100 * np.array(shares)).astype(int))
        folds = list(ForwardFolds(4).split(times, groups=times))
        assert 1 <= len(folds) < len(shares)
        assert all(times[train].max() < times[held_out].min() for train, held_out in folds)


def test_a_stretch_with_one_class_alone_before_it_is_no_fold():
    times = np.arange(80)
    churned = times >= 45
    folds = list(ForwardFolds(4).split(times, churned, times))
    assert len(folds) == 3
    assert all(len(np.unique(churned[train])) == 2 for train, _ in folds)


def test_times_must_be_given():
    with pytest.raises(ValueError, match="groups must hold the time"):
        next(ForwardFolds().split([1, 2, 3]))


def test_equal_times_have_one_position_from_the_oldest_to_the_newest():
    assert position_in_time(np.array([30, 10, 20, 10])).tolist() == [1, 0, 2 / 3, 0]
    assert position_in_time(np.array([5, 5])).tolist() == [0, 0]


def test_groups_of_numbers_keep_their_order_within_the_classifier():
    assert _check_groups([10.0, 9.0, 100.0], 3).tolist() == [1, 0, 2]
    assert _check_groups(["b", "a", "b"], 3).tolist() == [1, 0, 1]
