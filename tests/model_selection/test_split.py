"""train_validation_test_split: what lands where, and what the test part remembers."""

import gc
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skann import WorkflowWarning
from skann.model_selection import train_validation_test_split
from skann.model_selection._test_looks import _records, count_look, find_test


@pytest.fixture
def customers():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"row": np.arange(1000), "household": rng.integers(0, 300, 1000)})
    y = pd.Series(np.where(rng.random(1000) < 0.2, "Yes", "No"))
    return X, y


def rows(split):
    return [part["row"].to_numpy() for part in split[:3]]


def test_each_row_lands_in_one_part_with_its_label(customers):
    X, y = customers
    split = train_validation_test_split(X, y, random_state=0)
    assert np.array_equal(np.sort(np.concatenate(rows(split))), np.arange(1000))
    for part_rows, labels in zip(rows(split), split[3:], strict=True):
        assert np.array_equal(labels.to_numpy(), y.to_numpy()[part_rows])


def test_sizes_are_exact_and_class_shares_equal(customers):
    X, y = customers
    split = train_validation_test_split(X, y, validation_size=0.1, test_size=0.3, random_state=0)
    assert [len(part) for part in split[:3]] == [600, 100, 300]
    n_positive = (y == "Yes").sum()
    for labels, fraction in zip(split[3:], (0.6, 0.1, 0.3), strict=True):
        assert abs((labels == "Yes").sum() - n_positive * fraction) < 1


def test_the_same_seed_gives_the_same_parts_and_another_seed_others(customers):
    first, same, other = (
        train_validation_test_split(*customers, random_state=seed) for seed in (0, 0, 1)
    )
    assert all(map(np.array_equal, rows(first), rows(same)))
    assert not np.array_equal(first.X_test["row"], other.X_test["row"])


def test_groups_stay_whole_and_parts_keep_size_and_class_shares(customers):
    X, y = customers
    split = train_validation_test_split(X, y, groups="household", random_state=0)
    houses = [set(part["household"]) for part in split[:3]]
    assert not houses[0] & houses[1] | houses[0] & houses[2] | houses[1] & houses[2]
    share = (y == "Yes").mean()
    for part, labels, size in zip(split[:3], split[3:], (650, 150, 200), strict=True):
        assert len(part) == pytest.approx(size, abs=5)
        assert (labels == "Yes").mean() == pytest.approx(share, abs=0.01)


def test_groups_may_be_an_array_and_the_seed_matters(customers):
    X, y = customers
    house = X["household"].to_numpy()
    by_array = train_validation_test_split(X, y, groups=house, random_state=0)
    by_name = train_validation_test_split(X, y, groups="household", random_state=0)
    other = train_validation_test_split(X, y, groups=house, random_state=1)
    assert np.array_equal(by_array.X_test["row"], by_name.X_test["row"])
    assert not np.array_equal(by_array.X_test["row"], other.X_test["row"])


def test_a_group_larger_than_the_test_part_goes_to_training():
    house = np.repeat([0, 1, 2, 3, 4, 5, 6], [70, 5, 5, 5, 5, 5, 5])
    X = pd.DataFrame({"row": np.arange(100)})
    split = train_validation_test_split(X, np.tile([0, 1], 50), groups=house, random_state=0)
    assert set(range(70)) <= set(split.X_train["row"])


@pytest.mark.parametrize("as_dates", [True, False])
def test_by_time_the_newest_rows_are_the_test(customers, as_dates):
    X, y = customers
    when = np.random.default_rng(1).permutation(1000)
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(when, unit="h") if as_dates else when
    split = train_validation_test_split(X, y, time=moments)
    train, validation, test = (when[part] for part in rows(split))
    assert [len(train), len(validation), len(test)] == [650, 150, 200]
    assert train.max() < validation.min() and validation.max() < test.min()


def test_rows_of_the_same_time_stay_together(customers):
    X, y = customers
    month = X["row"].to_numpy() // 100
    split = train_validation_test_split(X, y, time=month)
    months = [set(month[part]) for part in rows(split)]
    assert months == [set(range(6)), {6, 7}, {8, 9}]


@pytest.mark.parametrize("as_type", [pl.DataFrame, lambda X: X.to_numpy()])
def test_polars_and_arrays_keep_their_type(customers, as_type):
    X, y = customers
    split = train_validation_test_split(as_type(X), y.to_numpy(), random_state=0)
    assert type(split.X_test) is type(as_type(X))
    assert split.X_test.shape == (200, 2)
    assert isinstance(split.y_test, np.ndarray)


def test_lists_split_too():
    split = train_validation_test_split([[i] for i in range(20)], [0, 1] * 10, random_state=0)
    assert len(split.X_test) == len(split.y_test) == 4
    assert split.n_models_tested == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"validation_size": 0.5, "test_size": 0.5}, "leave no training rows"),
        ({"groups": "household", "time": "row"}, "groups or time, not both"),
        ({"groups": "house"}, "does not name a column of X"),
        ({"groups": [1, 2]}, "2 values for 1000 rows"),
        ({"time": ["2024"] * 1000}, "pandas.to_datetime"),
        ({"time": np.where(np.arange(1000) == 3, np.nan, 1.0)}, "missing in 1 of 1000"),
        ({"groups": np.zeros(1000)}, "would have 0 rows of one class"),
    ],
)
def test_arguments_that_make_no_split_are_told(customers, arguments, message):
    with pytest.raises(ValueError, match=message):
        train_validation_test_split(*customers, **arguments)


def test_labels_are_checked(customers):
    X, y = customers
    with pytest.raises(ValueError, match="labels are missing"):
        train_validation_test_split(X, y.where(y.index > 0))
    with pytest.raises(ValueError, match="only one class"):
        train_validation_test_split(X, np.zeros(1000))
    with pytest.raises(ValueError, match="too few rows for three parts"):
        train_validation_test_split(X[:5], [0, 0, 0, 0, 1])


def test_the_test_part_warns_from_the_second_model_on(customers):
    split = train_validation_test_split(*customers, random_state=0)
    record = find_test(split.X_test)
    scores = np.linspace(0, 1, 200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert count_look(record, scores) == 1
        assert count_look(record, scores.copy()) == 1
    with pytest.warns(WorkflowWarning, match="has now seen 2 models"):
        count_look(record, scores**2)
    assert split.n_models_tested == 2
    assert find_test(split.X_test.copy(), split.y_test) is record
    assert find_test(split.X_validation) is None


def test_records_go_with_the_test_part_and_do_not_hold_the_training_rows(customers):
    split = train_validation_test_split(*customers, random_state=0)
    X_test, y_test = split.X_test, split.y_test
    record = find_test(X_test)
    assert record.training_rows()[0] is split.X_train
    del split
    gc.collect()
    assert record.training_rows() is None
    keys = {id(X_test), id(y_test)}
    assert keys <= _records.keys()
    del X_test, y_test
    gc.collect()
    assert not keys & _records.keys()
