"""Gains, Bayes' rule and the exact sweep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skann.costs._decision import (
    bayes_threshold,
    best_cut,
    bootstrap_cuts,
    contact_gain,
    loss_share,
    middle,
    sweep,
)
from skann.costs._matrix import Costs

COST = st.integers(-20, 20)


@pytest.mark.parametrize(
    ("costs", "threshold"),
    [
        (Costs(100.0, 5.0, 0.0, 0.0), 5 / 105),
        (Costs(100.0, 5.0, 5.0, 0.0), 5 / 100),
        (Costs(0.0, 11.0, -56.0, 0.0), 11 / 67),  # retention: 200, 10, 1, 0.3
        (Costs(1.0, 1.0, 0.0, 0.0), 0.5),
    ],
)
def test_bayes_threshold_is_elkans(costs, threshold):
    assert bayes_threshold(costs) == pytest.approx(threshold, rel=1e-15)


@pytest.mark.parametrize(
    ("costs", "threshold"),
    [
        (Costs(10.0, -1.0, 0.0, 0.0), -np.inf),  # contacting earns from everybody
        (Costs(10.0, 0.0, 0.0, 0.0), -np.inf),  # contacting is free
        (Costs(0.0, 5.0, 0.0, 0.0), np.inf),  # contacting changes nothing for churners
        (Costs(0.0, 5.0, 9.0, 0.0), np.inf),  # and costs more
        (Costs(3.0, 3.0, 3.0, 3.0), np.inf),  # nothing matters
    ],
)
def test_where_contact_always_or_never_pays_the_threshold_is_infinite(costs, threshold):
    assert bayes_threshold(costs) == threshold


def test_costs_that_reward_mistakes_are_refused_by_name():
    with pytest.raises(ValueError, match="fn_cost=-100 is below tp_cost=0.*fp_cost=-5.*tn_cost=0"):
        bayes_threshold(Costs(-100.0, -5.0, 0.0, 0.0))


@settings(deadline=None)
@given(st.floats(0, 1), COST, COST, COST, COST)
def test_gain_is_the_difference_of_expected_costs(p, fn, fp, tp, tn):
    leave, contact = p * fn + (1 - p) * tn, p * tp + (1 - p) * fp
    assert contact_gain(p, Costs(fn, fp, tp, tn)) == pytest.approx(leave - contact, abs=1e-12)


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.integers(1, 100), st.integers(1, 100))
def test_log_odds_of_the_loss_share_are_the_margin(p, missed, wasted):
    costs = Costs(missed, wasted, 0.0, 0.0)
    threshold = bayes_threshold(costs)
    share = loss_share(p, costs)
    margin = np.log(p / (1 - p)) - np.log(threshold / (1 - threshold))
    assert np.log(share / (1 - share)) == pytest.approx(margin, abs=1e-9)


def test_sweep_cuts_between_distinct_scores_only():
    score = np.array([0.2, 0.8, 0.8, 0.5])
    swept = sweep(score, gain=np.array([-1.0, 3.0, -1.0, 4.0]), weight=np.array([1.0, 1, 2, 1]))
    assert swept.gain.tolist() == [0.0, 2.0, 6.0, 5.0]
    assert swept.contacted.tolist() == [0.0, 3.0, 4.0, 5.0]
    assert swept.low.tolist() == [0.8, 0.5, 0.2, -np.inf]
    assert swept.high.tolist() == [np.inf, 0.8, 0.5, 0.2]


def test_the_cut_lies_in_the_middle_between_scores():
    swept = sweep(np.array([0.2, 0.6]), np.array([-1.0, 1.0]), np.ones(2))
    assert best_cut(swept, expected=0.5) == pytest.approx(0.4)


def test_cuts_that_gain_the_same_form_one_plateau():
    # Two customers at 0.5 cancel out: any cut from 0.2 to 0.8 gains the same.
    swept = sweep(np.array([0.8, 0.5, 0.5, 0.2]), np.array([1.0, 1, -1, -1]), np.ones(4))
    assert best_cut(swept, expected=0.9) == pytest.approx(0.5)


def test_of_several_plateaus_the_one_nearest_to_the_expected_cut_is_taken():
    score, gain = np.array([0.9, 0.7, 0.5, 0.3]), np.array([1.0, -1.0, 1.0, -1.0])
    swept = sweep(score, gain, np.ones(4))
    assert best_cut(swept, expected=0.35) == pytest.approx(0.4)
    assert best_cut(swept, expected=0.95) == pytest.approx(0.8)


def test_rounding_does_not_break_a_plateau():
    # 0.1 + 0.2 - 0.3 is 5e-17, not 0.
    swept = sweep(np.array([0.9, 0.8, 0.7, 0.6]), np.array([0.1, 0.2, -0.3, 0.3]), np.ones(4))
    assert swept.gain.max() > 0.3
    assert best_cut(swept, expected=0.9) == pytest.approx(0.75)


def test_extreme_scores_leave_room_for_nobody_and_everybody_only_beyond_0_and_1():
    low, high = np.array([1.0, 0.9, -np.inf, -np.inf]), np.array([np.inf, np.inf, 0.1, 0.0])
    assert middle(low, high).tolist() == [np.inf, 0.95, 0.05, -np.inf]


def test_the_middle_of_neighbouring_floats_still_parts_them():
    low = np.array([0.3, 0.5])
    high = np.nextafter(low, 1)
    assert np.all((middle(low, high) >= low) & (middle(low, high) < high))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(-9, 9), st.integers(1, 3)), min_size=1, max_size=12
    )
)
def test_the_best_cut_is_that_of_full_enumeration(rows):
    score, gain, weight = np.array(rows, dtype=float).T
    score /= 8
    swept = sweep(score, gain, weight)
    totals = [gain[score > t].sum() for t in (-1.0, *np.unique(score))]
    assert swept.gain.max() == max(totals)
    assert gain[score > best_cut(swept, expected=0.5)].sum() == max(totals)
    assert sorted(swept.gain) == sorted(totals)


def test_resampled_cuts_do_not_move_when_every_customer_agrees():
    score, gain = np.array([0.1, 0.2, 0.6, 0.9]), np.array([-1.0, -1.0, 1.0, 1.0])
    cuts = bootstrap_cuts(score, gain, np.random.RandomState(0))
    assert np.unique(cuts) == pytest.approx(0.4)


def test_resampled_cuts_spread_where_customers_disagree():
    rng = np.random.default_rng(0)
    score = rng.random(300)
    gain = np.where(rng.random(300) < score, 1.0, -1.0)
    cuts = bootstrap_cuts(score, gain, np.random.RandomState(0))
    assert cuts.std() > 0.01
    assert 0.3 < np.median(cuts) < 0.7


def test_blocks_of_scores_resample_as_single_customers_do():
    rng = np.random.default_rng(0)
    score = rng.random(3000)
    gain = np.where(rng.random(3000) < score, 3.0, -1.0) * rng.choice([0.5, 1.0, 2.0], 3000)
    one_by_one = bootstrap_cuts(score, gain, np.random.RandomState(0), n_resamples=400)
    blocks = bootstrap_cuts(score, gain, np.random.RandomState(1), n_resamples=400, n_blocks=300)
    quantiles = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(
        np.quantile(blocks, quantiles), np.quantile(one_by_one, quantiles), atol=0.02
    )


@pytest.mark.parametrize("n_blocks", [1, 2, 3, 4, 5, 7])
def test_blocks_leave_no_customer_out(n_blocks):
    score = np.arange(1, 6) / 10
    everybody = bootstrap_cuts(score, np.ones(5), np.random.RandomState(0), n_blocks=n_blocks)
    nobody = bootstrap_cuts(score, -np.ones(5), np.random.RandomState(0), n_blocks=n_blocks)
    assert np.all(everybody == 0.05)
    assert np.all(nobody == 0.75)
