"""The tuned cut against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skann.costs._actions import Offer
from skann.costs._matrix import Costs
from skann.costs._rule import Rule
from skann.costs._tuning import tune

COST = st.integers(-20, 20)
CUSTOMER = st.tuples(st.integers(0, 8), st.booleans(), st.integers(0, 3))
SEED = np.random.RandomState(0)


def columns(rows):
    score, positive, weight = map(np.array, zip(*rows, strict=True))
    return score / 8, positive.astype(bool), weight.astype(float)


def total(positive, contacted, costs, weight):
    return weight @ costs.of_decisions(positive, contacted)


@settings(max_examples=500, deadline=None)
@given(st.lists(CUSTOMER, min_size=1, max_size=12), COST, COST, COST, COST)
def test_one_threshold_costs_what_the_best_of_all_cuts_costs(rows, fn, fp, tp, tn):
    p, positive, weight = columns(rows)
    costs = Costs(float(fn), float(fp), float(tp), float(tn))
    if not weight.any():
        return
    if fn < tp and fp < tn:
        with pytest.raises(ValueError, match="reward mistakes"):
            tune(p, positive, costs, weight, "empirical", SEED)
        return
    tuned = tune(p, positive, costs, weight, "empirical", SEED)
    best = min(total(positive, p > t, costs, weight) for t in (-1.0, *np.unique(p)))
    assert total(positive, p > tuned.threshold, costs, weight) == best
    assert tuned.curve["cost"].min() == pytest.approx(best / weight.sum(), abs=1e-12)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(CUSTOMER, COST, COST, COST, COST), min_size=1, max_size=10),
)
def test_one_shift_costs_what_the_best_of_all_shifts_costs(rows):
    p, positive, weight = columns([row[0] for row in rows])
    if not weight.any():
        return
    fn, fp, tp, tn = np.array([row[1:] for row in rows], dtype=float).T
    costs = Costs(fn, fp, tp, tn)
    tuned = tune(p, positive, costs, weight, "empirical", SEED)

    missed, wasted = fn - tp, fp - tn
    inside = (missed > 0) & (wasted > 0)
    gains = (p * missed - (1 - p) * wasted > 0) | (
        (missed >= 0) & (wasted <= 0) & (missed > wasted)
    )
    share = np.full(len(p), np.nan)
    np.divide(p * missed, p * missed + (1 - p) * wasted, where=inside, out=share)
    candidates = [np.where(inside, share > cut, gains) for cut in (-1.0, *np.unique(share[inside]))]
    best = min(total(positive, contacted, costs, weight) for contacted in candidates)
    rule = Rule(tuned.threshold, tuned.cut, None)
    assert total(positive, rule.chosen(p, costs), costs, weight) == best
    swept = tuned.curve["cost"] if inside[weight > 0].all() else tuned.curve["cost"][1:-1]
    assert swept.min() == pytest.approx(best / weight.sum(), abs=1e-12)


@settings(deadline=None)
@given(st.lists(CUSTOMER, min_size=1, max_size=10), COST, COST)
def test_integer_weights_are_repeated_rows(rows, fn, fp):
    p, positive, weight = columns(rows)
    if not weight.any() or (fn < 0 and fp < 0):
        return
    costs = Costs(float(fn), float(fp), 0.0, 0.0)
    weighted = tune(p, positive, costs, weight, "empirical", SEED)
    rows = np.repeat(np.arange(len(p)), weight.astype(int))
    repeated = tune(p[rows], positive[rows], costs, np.ones(len(rows)), "empirical", SEED)
    assert weighted.threshold == repeated.threshold
    for name, values in weighted.curve.items():
        np.testing.assert_allclose(values, repeated.curve[name], rtol=1e-12, atol=1e-12)


def test_the_curve_holds_nobody_everybody_and_each_cut_between():
    p, positive = np.array([0.1, 0.4, 0.8]), np.array([False, True, True])
    tuned = tune(p, positive, Costs(100.0, 5.0, 0.0, 0.0), np.ones(3), "empirical", SEED)
    np.testing.assert_allclose(tuned.curve["threshold"], [0.9, 0.6, 0.25, 0.05])
    np.testing.assert_allclose(tuned.curve["cost"], [200 / 3, 100 / 3, 0.0, 5 / 3])
    np.testing.assert_allclose(tuned.curve["contacted"], [0, 1 / 3, 2 / 3, 1])
    assert tuned.threshold == pytest.approx(0.25)


def test_with_costs_a_customer_the_curve_still_holds_nobody_and_everybody():
    costs = Costs(np.array([10.0, 10.0, 0.0]), np.array([1.0, -1.0, 1.0]), 0.0, 0.0)
    positive = np.array([True, False, False])
    tuned = tune(np.array([0.5, 0.5, 0.5]), positive, costs, np.ones(3), "empirical", SEED)
    # nobody; the one who always pays; and the one open to question; and the one who never pays
    np.testing.assert_allclose(tuned.curve["contacted"], [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(tuned.curve["cost"], [10 / 3, 9 / 3, -1 / 3, 0], atol=1e-15)
    assert tuned.curve["threshold"][[0, -1]].tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize("threshold", [np.inf, -np.inf])
def test_where_contact_always_or_never_pays_certain_probabilities_follow(threshold):
    sign = -np.sign(threshold)
    costs = Costs(sign * 10.0, -sign * 5.0, 0.0, 0.0)
    p, positive = np.array([0.0, 1.0]), np.array([False, True])
    tuned = tune(p, positive, costs, np.ones(2), "empirical", SEED)
    assert tuned.threshold == threshold
    assert tuned.spread == (threshold, threshold)
    assert len(tuned.curve["cost"]) == 3


def test_bayes_takes_the_threshold_from_the_costs_alone():
    p, positive = np.array([0.2, 0.9]), np.array([True, False])
    tuned = tune(p, positive, Costs(100.0, 5.0, 0.0, 0.0), np.ones(2), "bayes", SEED)
    assert tuned.threshold == pytest.approx(5 / 105)
    assert tuned.cut == pytest.approx(0.5)


def test_bayes_decides_each_customer_by_gain():
    rng = np.random.default_rng(0)
    p = rng.random(200)
    costs = Costs(*rng.integers(-9, 9, size=(4, 200)).astype(float))
    tuned = tune(p, rng.random(200) < p, costs, np.ones(200), "bayes", SEED)
    gain = p * (costs.fn_cost - costs.tp_cost) - (1 - p) * (costs.fp_cost - costs.tn_cost)
    chosen = Rule(tuned.threshold, tuned.cut, None).chosen(p, costs)
    assert np.array_equal(chosen, gain > 0)


def test_the_shift_mends_probabilities_that_are_off_by_a_shift():
    rng = np.random.default_rng(0)
    n = 200_000
    logits = rng.normal(-2, 1.5, n)
    p = 1 / (1 + np.exp(-logits))
    positive = rng.random(n) < p
    costs = Costs(rng.uniform(20, 200, n), 5.0, 0.0, 0.0)
    inflated = 1 / (1 + np.exp(-(logits + 1.5)))
    tuned = tune(inflated, positive, costs, np.ones(n), "empirical", SEED)
    assert np.log(tuned.cut / (1 - tuned.cut)) == pytest.approx(1.5, abs=0.15)


def test_equal_seeds_give_equal_spreads():
    rng = np.random.default_rng(0)
    p = rng.random(100)
    positive = rng.random(100) < p
    costs = Costs(3.0, 1.0, 0.0, 0.0)
    spreads = [
        tune(p, positive, costs, np.ones(100), "empirical", np.random.RandomState(1)).spread
        for _ in range(2)
    ]
    assert spreads[0] == spreads[1]
    assert spreads[0][0] < spreads[0][1]


def test_a_limit_keeps_those_with_the_highest_gain():
    p = np.array([0.9, 0.5, 0.6, 0.2])
    costs = Costs(np.array([10.0, 100.0, 10.0, 10.0]), 1.0, 0.0, 0.0)
    offer = Offer(costs, 1.0, np.zeros(4, dtype=int))
    limited = Rule(np.nan, 0.5, None, capacity=2).contacted(p, offer)
    assert limited.tolist() == [True, True, False, False]
