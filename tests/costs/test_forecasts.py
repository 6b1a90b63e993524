"""The churn rate and the cost of customers whose labels are not known yet."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

from skann import EstimateWarning
from skann.costs import estimate_prior, forecast_cost, move_to_prior
from skann.metrics import expected_cost


def population(n, rate, seed, separation=1.0):
    """Labels, and probabilities that are calibrated where both classes are as frequent."""
    random = np.random.default_rng(seed)
    churned = random.random(n) < rate
    score = random.normal(np.where(churned, separation, -separation))
    return churned, expit(2 * separation * score)


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_the_interval_holds_the_rate_of_nearly_all_shifted_populations(rate):
    held = 0
    for seed in range(100):
        _, probability = population(2000, rate, seed)
        estimate = estimate_prior(probability, 0.5)
        assert estimate.low <= estimate.prior <= estimate.high
        held += estimate.low <= rate <= estimate.high
    assert held >= 90


def test_the_estimate_is_where_expectation_maximisation_comes_to_rest():
    _, probability = population(500, 0.2, seed=0)
    rate = 0.5
    for _ in range(2000):
        rate = move_to_prior(probability, from_prior=0.5, to_prior=rate).mean()
    assert_allclose(estimate_prior(probability, 0.5).prior, rate, atol=1e-6)


def test_the_rate_of_training_is_taken_into_account():
    _, probability = population(5000, 0.3, seed=1)
    at_a_tenth = move_to_prior(probability, from_prior=0.5, to_prior=0.1)
    assert_allclose(estimate_prior(at_a_tenth, 0.1), estimate_prior(probability, 0.5), atol=1e-6)


def test_a_population_without_churners_has_a_rate_near_nothing():
    _, probability = population(3000, 0.0, seed=2)
    estimate = estimate_prior(probability, 0.5)
    assert estimate.low < 1e-6
    assert estimate.high < 0.02


def test_probabilities_of_0_and_1_are_taken():
    estimate = estimate_prior(np.repeat([0.0, 1.0], [80, 20]), 0.5)
    assert_allclose(estimate.prior, 0.2, atol=1e-6)


def test_probabilities_that_say_nothing_are_told():
    with pytest.warns(EstimateWarning, match="300 customers do not tell their churn rate"):
        estimate = estimate_prior(np.full(300, 0.3), 0.3)
    assert estimate.high - estimate.low > 0.99


@pytest.mark.parametrize(
    ("probability", "prior", "confidence", "message"),
    [
        ([], 0.5, 0.95, "holds no customers"),
        ([1.5], 0.5, 0.95, "from 0 to 1"),
        ([0.5], 1.0, 0.95, "from_prior"),
        ([0.5], 0.5, 1.0, "confidence"),
    ],
)
def test_what_is_no_probability_is_refused(probability, prior, confidence, message):
    with pytest.raises(ValueError, match=message):
        estimate_prior(probability, prior, confidence=confidence)


def test_the_forecast_is_what_calibrated_decisions_cost():
    costs = {"fn_cost": 100, "fp_cost": 5, "tp_cost": 7, "tn_cost": -1}
    held = 0
    for seed in range(100):
        churned, probability = population(1000, 0.5, seed)
        contacted = probability > 0.05
        forecast = forecast_cost(probability, contacted, **costs)
        cost = expected_cost(churned, contacted, **costs)
        held += forecast.low <= cost <= forecast.high
    assert held >= 90


def test_costs_may_differ_by_customer():
    forecast = forecast_cost([0.5, 0.5], [False, True], fn_cost=[10, 20], fp_cost=[1, 2])
    assert forecast.cost == (5 + 1) / 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contacted": [True]}, "one value per customer"),
        ({"contacted": [1, 0]}, "must hold bools"),
        ({"fn_cost": np.nan}, "fn_cost holds NaN"),
        ({"confidence": 0}, "confidence"),
    ],
)
def test_what_cannot_be_forecast_is_refused(change, message):
    given = {"probability": [0.1, 0.2], "contacted": [True, False]} | change
    with pytest.raises(ValueError, match=message):
        forecast_cost(**given)
