"""MPC and EMPC against their definitions and numerical integration."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta as beta_distribution

from skann.metrics import emp_churn_score, max_profit_score

CUSTOMERS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=12
)


def cut_profits(y, score, weight, acceptance, clv, incentive, contact):
    """Profit per customer of each cut, and the fraction it contacts, from the definition."""
    share = weight / weight.sum()
    delta, phi = incentive / clv, contact / clv
    tops = [score >= t for t in (np.inf, *np.unique(score)[::-1])]
    churners = np.array([share @ (y & top) for top in tops])
    others = np.array([share @ (~y & top) for top in tops])
    profit = clv * ((acceptance * (1 - delta) - phi) * churners - (delta + phi) * others)
    return profit, churners + others


def integrated(y, score, weight, alpha, beta, **campaign):
    """EMPC and its fraction by quadrature between the kinks of the integrand."""

    def lines(acceptance):
        return cut_profits(y, score, weight, acceptance, **campaign)

    at_0, at_1 = lines(0.0)[0], lines(1.0)[0]
    slope = at_1 - at_0
    kinks = {0.0, 1.0}
    for i, j in combinations(range(len(slope)), 2):
        if slope[i] != slope[j]:
            kinks.add(float(np.clip((at_0[i] - at_0[j]) / (slope[j] - slope[i]), 0, 1)))

    def profit(a):
        return lines(a)[0].max() * beta_distribution.pdf(a, alpha, beta)

    def fraction(a):
        gain, contacted = lines(a)
        return contacted[gain.argmax()] * beta_distribution.pdf(a, alpha, beta)

    return [
        sum(quad(f, low, high, epsabs=1e-13)[0] for low, high in pairwise(sorted(kinks)))
        for f in (profit, fraction)
    ]


def read(rows):
    y, score, weight = map(np.array, zip(*rows, strict=True))
    return y.astype(bool), score.astype(float), weight.astype(float)


# Kinks that differ by rounding leave intervals on which quad finds nothing to refine.
@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
@settings(max_examples=40, deadline=None)
@given(
    CUSTOMERS,
    st.sampled_from([(6, 14), (1, 1), (2, 9), (3.5, 2.5)]),
    st.sampled_from([(200, 10, 1), (100, 0, 20), (50, 40, 0), (30, 1, 5)]),
)
def test_empc_is_the_integral_over_acceptance(rows, shape, amounts):
    y, score, weight = read(rows)
    if not weight.any():
        return
    campaign = dict(zip(("clv", "incentive", "contact"), amounts, strict=True))
    profit, fraction = emp_churn_score(
        y,
        score,
        alpha=shape[0],
        beta=shape[1],
        sample_weight=weight,
        return_fraction=True,
        **campaign,
    )
    expected_profit, expected_fraction = integrated(y, score, weight, *shape, **campaign)
    assert profit == pytest.approx(expected_profit, abs=1e-9)
    assert fraction == pytest.approx(expected_fraction, abs=1e-7)


@settings(deadline=None)
@given(CUSTOMERS, st.floats(0, 1), st.sampled_from([(200, 10, 1), (50, 60, 0), (30, 1, 5)]))
def test_mpc_is_the_best_of_all_cuts(rows, acceptance, amounts):
    y, score, weight = read(rows)
    if not weight.any():
        return
    campaign = dict(zip(("clv", "incentive", "contact"), amounts, strict=True))
    profit, fraction = max_profit_score(
        y, score, acceptance=acceptance, sample_weight=weight, return_fraction=True, **campaign
    )
    cuts, contacted = cut_profits(y, score, weight, acceptance, **campaign)
    assert profit == pytest.approx(cuts.max(), abs=1e-9)
    at_fraction = np.isclose(contacted, fraction, atol=1e-12)
    assert cuts[at_fraction].max() == pytest.approx(cuts.max(), abs=1e-9)


def test_a_perfect_ranking_earns_every_churner_and_nothing_else():
    # 0.25 * (0.3 * 190 - 1) a customer
    y, score = [1, 0, 0, 0], [0.9, 0.1, 0.2, 0.3]
    assert max_profit_score(y, score, return_fraction=True) == pytest.approx((14.0, 0.25))
    # in EMPC, too: below an acceptance of 1 / 190 nobody is contacted
    assert emp_churn_score(y, score, return_fraction=True) == pytest.approx((14.0, 0.25), abs=1e-6)


def test_an_offer_that_costs_more_than_the_customer_is_worth_earns_nothing():
    y, score = [1, 0], [0.9, 0.1]
    assert emp_churn_score(y, score, clv=10, incentive=12, return_fraction=True) == (0.0, 0.0)
    assert max_profit_score(y, score, clv=10, incentive=12, return_fraction=True) == (0.0, 0.0)


def test_nobody_churning_earns_nothing():
    assert emp_churn_score([0, 0], [0.9, 0.1], return_fraction=True) == (0.0, 0.0)
    assert max_profit_score([0, 0], [0.9, 0.1]) == 0.0


def test_a_narrow_distribution_of_acceptance_makes_empc_mpc():
    rng = np.random.default_rng(0)
    y = rng.random(400) < 0.2
    score = rng.random(400) + 0.5 * y
    narrow = emp_churn_score(y, score, alpha=3e6, beta=7e6)
    assert narrow == pytest.approx(max_profit_score(y, score), rel=1e-4)


def test_scores_count_by_their_order_alone():
    rng = np.random.default_rng(0)
    y, score = rng.random(200) < 0.3, rng.random(200)
    for metric in (emp_churn_score, max_profit_score):
        assert metric(y, score) == metric(y, np.log(score))


def test_bad_scores_and_campaigns_are_refused_by_name():
    with pytest.raises(ValueError, match="y_score holds NaN"):
        max_profit_score([0, 1], [0.1, np.nan])
    with pytest.raises(ValueError, match="y_score has 1 values"):
        max_profit_score([0, 1], [0.1])
    with pytest.raises(ValueError, match="incentive"):
        emp_churn_score([0, 1], [0.1, 0.2], incentive=-1)
    with pytest.raises(ValueError, match="alpha"):
        emp_churn_score([0, 1], [0.1, 0.2], alpha=0)
