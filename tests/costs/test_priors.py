"""Probabilities put back to the class shares that training changed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from skann.costs import move_to_prior, prior_shift, undo_prior_shift

PROBABILITY = st.floats(1e-9, 1 - 1e-9)
RATIO = st.floats(1e-3, 1e3)


def test_odds_are_divided_by_the_ratio_of_the_weights():
    corrected = undo_prior_shift(np.array([0.5, 0.8]), prior_shift(4.0, 2.0))
    np.testing.assert_allclose(corrected, [1 / 3, 2 / 3], rtol=1e-14)


@pytest.mark.parametrize("shift", [-800.0, -1.0, 0.0, 1.0, 800.0])
def test_certain_probabilities_stay_certain(shift):
    assert undo_prior_shift([0.0, 1.0], shift).tolist() == [0.0, 1.0]


@settings(deadline=None)
@given(PROBABILITY, RATIO, RATIO)
def test_a_shift_and_its_opposite_cancel(probability, positive, negative):
    shift = prior_shift(positive, negative)
    there_and_back = undo_prior_shift(undo_prior_shift([probability], shift), -shift)
    np.testing.assert_allclose(there_and_back, [probability], rtol=1e-9)


@settings(deadline=None)
@given(PROBABILITY, RATIO, RATIO)
def test_weights_and_resampling_add_up(probability, weight, resampling):
    at_once = undo_prior_shift([probability], prior_shift(weight * resampling, 1.0))
    one_by_one = undo_prior_shift(
        undo_prior_shift([probability], prior_shift(weight, 1.0)), prior_shift(resampling, 1.0)
    )
    np.testing.assert_allclose(at_once, one_by_one, rtol=1e-9)


def test_moving_to_another_prior_is_elkans_theorem_2():
    p, old, new = 0.3, 0.5, 0.1
    elkan = new * (p - p * old) / (old - p * old + new * p - old * new)
    moved = move_to_prior([p], from_prior=old, to_prior=new)
    np.testing.assert_allclose(moved, [elkan], rtol=1e-14)


def test_the_shift_undoes_class_weights_of_a_logistic_regression():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 2))
    y = rng.random(20_000) < 1 / (1 + np.exp(2 - X @ [1.0, -0.5]))
    plain = LogisticRegression(C=1e6).fit(X, y)
    weighted = LogisticRegression(C=1e6, class_weight={False: 1.0, True: 6.0}).fit(X, y)
    corrected = undo_prior_shift(weighted.predict_proba(X)[:, 1], prior_shift(6.0, 1.0))
    np.testing.assert_allclose(corrected, plain.predict_proba(X)[:, 1], atol=0.02)


def test_the_argument_is_left_alone():
    probability = np.array([0.2, 0.4])
    undo_prior_shift(probability, 1.0)
    assert probability.tolist() == [0.2, 0.4]


def test_what_is_no_probability_ratio_or_prior_is_refused():
    with pytest.raises(ValueError, match="probability"):
        undo_prior_shift([1.5], 0.0)
    with pytest.raises(ValueError, match="probability"):
        undo_prior_shift([np.nan], 0.0)
    with pytest.raises(ValueError, match="log_odds_shift"):
        undo_prior_shift([0.5], np.inf)
    with pytest.raises(ValueError, match="ratio_negative"):
        prior_shift(1.0, 0.0)
    with pytest.raises(ValueError, match="to_prior"):
        move_to_prior([0.5], from_prior=0.5, to_prior=1.0)
