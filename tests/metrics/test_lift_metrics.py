"""The top of the ranking."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skann.metrics import lift_score, precision_at_top, recall_at_top

Y = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0]
SCORE = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]


def test_the_top_counts_customers_by_score():
    assert precision_at_top(Y, SCORE, fraction=0.4) == pytest.approx(3 / 4)
    assert recall_at_top(Y, SCORE, fraction=0.2) == pytest.approx(2 / 3)
    assert lift_score(Y, SCORE, fraction=0.2) == pytest.approx(1 / 0.3)
    assert lift_score(Y, SCORE, fraction=1.0) == pytest.approx(1.0)


def test_the_order_of_rows_is_of_no_matter():
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(Y))
    for metric in (lift_score, precision_at_top, recall_at_top):
        assert metric(np.array(Y)[rows], np.array(SCORE)[rows], fraction=0.3) == pytest.approx(
            metric(Y, SCORE, fraction=0.3)
        )


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=6),
    st.integers(1, 6),
)
def test_ties_give_the_mean_over_all_ways_to_order_them(rows, k):
    y, score = map(np.array, zip(*rows, strict=True))
    k = min(k, len(y))
    orders = [
        order for order in permutations(range(len(y))) if np.all(np.diff(score[[*order]]) <= 0)
    ]
    mean = np.mean([y[[*order[:k]]].mean() for order in orders])
    assert precision_at_top(y, score, fraction=k / len(y)) == pytest.approx(mean)


def test_integer_weights_are_repeated_rows():
    weight = np.array([3, 1, 2, 0, 1, 1, 5, 1, 1, 1])
    for metric in (lift_score, precision_at_top, recall_at_top):
        weighted = metric(Y, SCORE, fraction=0.3, sample_weight=weight)
        repeated = metric(np.repeat(Y, weight), np.repeat(SCORE, weight), fraction=0.3)
        assert weighted == pytest.approx(repeated)


def test_without_churners_lift_and_recall_are_nan():
    assert np.isnan(lift_score([0, 0], [0.1, 0.2]))
    assert np.isnan(recall_at_top([0, 0], [0.1, 0.2]))
    assert precision_at_top([0, 0], [0.1, 0.2]) == 0.0


def test_a_fraction_beyond_the_customers_is_refused():
    with pytest.raises(ValueError, match="fraction"):
        lift_score(Y, SCORE, fraction=1.5)
