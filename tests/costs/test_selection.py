"""Limits: so many customers, or so much money."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skann.costs import select_within_budget
from skann.costs._selection import contact_order, within_capacity

GAINS = st.lists(st.integers(-20, 60), min_size=1, max_size=8)


def best_gain(gain, cost, budget):
    """Of all subsets that the budget can pay for."""
    sets = np.array(list(product([0, 1], repeat=len(gain))))
    return (sets @ gain)[sets @ cost <= budget].max()


def test_ties_go_to_the_higher_probability_then_the_earlier_row():
    gain, probability = np.array([1.0, 2.0, 1.0, 1.0]), np.array([0.3, 0.1, 0.5, 0.3])
    order = contact_order(np.ones(4, dtype=bool), gain, probability)
    assert order.tolist() == [1, 2, 0, 3]


def test_the_chosen_come_before_the_others():
    order = contact_order(np.array([False, True]), np.array([5.0, 1.0]), np.array([0.5, 0.5]))
    assert order.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("capacity", "n", "slots"),
    [(3, 10, 3), (30, 10, 10), (0, 10, 0), (0.29, 100, 29), (0.1, 9, 0), (1.0, 7, 7), (0.5, 5, 2)],
)
def test_capacity_counts_customers_or_a_fraction_rounded_down(capacity, n, slots):
    assert within_capacity(np.arange(n), capacity).sum() == slots


@settings(max_examples=300, deadline=None)
@given(GAINS, st.integers(1, 5), st.integers(0, 30))
def test_the_choice_is_the_best_one_where_contacts_cost_the_same(gain, cost, budget):
    gain = np.array(gain)
    selected, bound = select_within_budget(gain, cost, budget)
    assert gain[selected].sum() == best_gain(gain, np.full(len(gain), cost), budget)
    assert selected.sum() * cost <= budget
    assert bound >= gain[selected].sum() - 1e-9


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9, 60), st.integers(0, 20)), min_size=1, max_size=8),
    st.integers(0, 60),
)
def test_the_choice_gains_at_least_half_of_the_best_and_the_bound_holds(rows, budget):
    gain, cost = np.array(rows, dtype=float).T
    selected, bound = select_within_budget(gain, cost, budget)
    best = best_gain(gain, cost, budget)
    assert cost[selected].sum() <= budget
    assert best / 2 <= gain[selected].sum() <= best
    assert bound >= best - 1e-9


def test_one_dear_customer_can_be_worth_more_than_several_cheap_ones():
    selected, bound = select_within_budget([3.0, 100.0], [1.0, 100.0], budget=100.0)
    assert selected.tolist() == [False, True]
    assert bound == pytest.approx(3 + 99)


def test_whoever_is_too_dear_is_passed_over():
    selected, _ = select_within_budget([50.0, 40.0, 9.0], [5.0, 5.0, 2.0], budget=8.0)
    assert selected.tolist() == [True, False, True]


def test_sums_of_decimals_still_fit():
    selected, _ = select_within_budget(np.ones(3), 0.1, budget=0.3)
    assert selected.all()


def test_negative_money_is_refused():
    with pytest.raises(ValueError, match="budget"):
        select_within_budget([1.0], [1.0], -1.0)
    with pytest.raises(ValueError, match="contact"):
        select_within_budget([1.0], [-1.0], 1.0)
