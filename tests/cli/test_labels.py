"""The labels of a target column mean the same in every file."""

import numpy as np
import pandas as pd
import pytest

from skann.cli._errors import CommandError
from skann.cli._labels import find_label, split_target, two_labels


def _labels(values, known=()):
    frame = pd.DataFrame({"x": range(len(values)), "churn": values})
    return split_target(frame, "churn", "data.csv", known)[1].tolist()


@pytest.mark.parametrize(
    "values",
    [
        ["0", "1", " 1 "],
        ["0.0", "1.0", "1."],
        ["0,0", "1,0", "1"],
        [0, 1, 1],
        [0.0, 1.0, 1.0],
        pd.array([0, 1, 1], dtype="Int64"),
        pd.Categorical([0, 1, 1]),
    ],
)
def test_whole_numbers_are_one_label_however_they_are_written(values):
    assert _labels(values) == ["0", "1", "1"]


@pytest.mark.parametrize(
    "values",
    [
        [False, True, True],
        ["False", "true", " TRUE "],
        pd.array([False, True, True], dtype="boolean"),
        np.array([False, True, True], dtype=object),
    ],
)
def test_flags_are_one_label_however_they_are_written(values):
    assert _labels(values) == ["False", "True", "True"]


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ([0, 1, None], ("False", "True")),
        (["false", "TRUE", ""], ("0", "1")),
        (["no", "YES", "n/a"], ("No", "Yes")),
    ],
)
def test_labels_become_the_known_ones_of_the_same_meaning(values, known):
    assert _labels(values, known) == list(known)


def test_labels_of_another_meaning_stay_as_they_are():
    assert _labels([0, 1], ("No", "Yes")) == ["0", "1"]
    assert _labels(["yes", "Yes"], ("Yes", "yes")) == ["yes", "Yes"]


def test_a_gap_is_no_label_in_any_file():
    gaps = np.array([True, None, False, np.nan], dtype=object)
    assert _labels(gaps) == _labels(["True", "", "False", " "]) == ["True", "False"]
    features, labels = split_target(pd.DataFrame({"x": [1, 2, 3], "y": ["b", None, "a"]}), "y", "p")
    assert features["x"].tolist() == [1, 3]
    assert labels.index.tolist() == [0, 1]


def test_a_word_for_not_known_is_a_label_only_where_it_is_one_of_two():
    assert _labels(["Yes", "No", "NA", "null"]) == ["Yes", "No"]
    assert _labels(["left", "none"]) == ["left", "none"]
    assert _labels(["Yes", "NA"], known=("No", "Yes")) == ["Yes"]


def test_labels_are_sorted_as_numbers_where_they_are():
    assert two_labels(pd.Series(["10", "9"])) == ("9", "10")
    assert two_labels(pd.Series(["yes", "no"])) == ("no", "yes")


@pytest.mark.parametrize(
    ("text", "labels", "found"),
    [
        ("1", ("0", "1"), "1"),
        ("1.0", ("0", "1"), "1"),
        ("true", ("False", "True"), "True"),
        ("1", ("False", "True"), "True"),
        (" y ", ("n", "y"), "y"),
        ("yes", ("No", "Yes"), "Yes"),
        ("yes", ("Yes", "yes"), "yes"),
    ],
)
def test_the_positive_label_is_found_by_how_people_write_it(text, labels, found):
    assert find_label(text, labels) == found


def test_labels_of_three_kinds_are_refused():
    with pytest.raises(CommandError, match=r"3 values \(0, 1, True\)"):
        two_labels(pd.Series(_labels(np.array([True, 1, 0], dtype=object))))
