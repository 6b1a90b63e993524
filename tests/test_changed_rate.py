"""CostThresholdClassifier on customers who churn at another rate than those of fit."""

import os

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skann import CostThresholdClassifier, EstimateWarning
from skann.costs import move_to_prior
from skann.datasets import fetch_bank_churn
from skann.preprocessing import TableCleaner, TableEncoder

COSTS = {"fn_cost": 100, "fp_cost": 5}


def customers(n, rate, seed):
    """Customers of either class look the same at every rate."""
    random = np.random.default_rng(seed)
    churned = random.random(n) < rate
    return random.normal(np.where(churned, 1.0, -1.0))[:, np.newaxis], churned


def cost(churned, contacted):
    return np.where(churned, np.where(contacted, 0, 100), np.where(contacted, 5, 0)).mean()


def fitted(method="empirical", rate=0.5, n=4000, seed=0, **settings):
    model = CostThresholdClassifier(LogisticRegression(), method=method, **COSTS, **settings)
    return model.fit(*customers(n, rate, seed))


@pytest.fixture(scope="module", params=["empirical", "bayes"])
def balanced(request):
    return fitted(request.param)


@pytest.mark.parametrize(("prior", "at_most"), [(0.02, 1.02), ("estimate", 1.05)])
def test_a_model_of_a_balanced_sample_decides_as_one_of_the_population(balanced, prior, at_most):
    X, churned = customers(50_000, 0.02, seed=1)
    own = fitted("bayes", rate=0.02, n=50_000, seed=2)
    best = cost(churned, own.predict(X))
    assert cost(churned, balanced.predict(X, prior=prior)) < at_most * best
    assert cost(churned, balanced.predict(X)) > 1.5 * best


def test_the_rate_that_fit_saw_changes_nothing(balanced):
    X, _ = customers(500, 0.5, seed=3)
    assert_allclose(balanced.predict_proba(X, prior=balanced.prior_), balanced.predict_proba(X))
    assert_array_equal(balanced.predict(X, prior=balanced.prior_), balanced.predict(X))


def test_probabilities_gains_actions_and_ranks_are_moved_together():
    X, _ = customers(500, 0.02, seed=4)
    model = fitted(actions={"call": {}, "gift": {"fp_cost": 20, "tp_cost": -60}})
    probability = model.predict_proba(X, prior=0.02)[:, 1]
    own = model.predict_proba(X)[:, 1]
    assert_allclose(probability, move_to_prior(own, from_prior=model.prior_, to_prior=0.02))
    gain = model.expected_gain(X, prior=0.02)
    call, gift = 105 * probability - 5, 180 * probability - 20
    assert_allclose(gain, np.maximum(call, gift))
    contacted = model.predict(X, prior=0.02)
    action = model.predict_action(X, prior=0.02)
    assert_array_equal(action != None, contacted)  # noqa: E711
    assert_array_equal((action == "gift")[contacted], (gift > call)[contacted])
    rank = model.rank(X, prior=0.02)
    assert_array_equal(np.sort(rank), np.arange(1, 501))
    assert rank[contacted].max() == contacted.sum()


def test_the_second_label_may_be_the_one_that_stays():
    X, churned = customers(2000, 0.5, seed=0)
    labels = np.where(churned, "left", "stayed")
    model = CostThresholdClassifier(LogisticRegression(), pos_label="left", **COSTS).fit(X, labels)
    moved = model.predict_proba(X, prior=0.02)
    assert_allclose(moved.sum(axis=1), 1)
    assert moved[:, 0].mean() < 0.3 * model.predict_proba(X)[:, 0].mean()
    assert model.prior_ == churned.mean()


def test_weights_count_in_the_rate_of_fit():
    X, churned = customers(2000, 0.2, seed=0)
    weight = np.where(churned, 4.0, 1.0)
    model = CostThresholdClassifier(LogisticRegression(), **COSTS)
    model.fit(X, churned, sample_weight=weight)
    assert model.prior_ == pytest.approx(np.average(churned, weights=weight))


@pytest.mark.parametrize(("method", "at_most"), [("bayes", 1.02), ("empirical", 1.2)])
def test_costs_by_customer_are_decided_at_the_new_rate(method, at_most):
    X, churned = customers(4000, 0.5, seed=0)
    value = np.random.default_rng(0).uniform(20, 200, 4000)
    model = CostThresholdClassifier(LogisticRegression(), fp_cost=5, method=method)
    model.fit(X, churned, fn_cost=value)
    new, left = customers(4000, 0.02, seed=1)
    contacted = model.predict(new, fn_cost=value, prior=0.02)
    spent = np.where(left, np.where(contacted, 0, value), np.where(contacted, 5, 0))
    bayes = expit(2 * new[:, 0] + np.log(0.02 / 0.98)) > 5 / (5 + value)
    best = np.where(left, np.where(bayes, 0, value), np.where(bayes, 5, 0))
    assert spent.mean() < at_most * best.mean()
    assert model.predict(new, fn_cost=value).mean() > 2 * contacted.mean()


@pytest.mark.parametrize("prior", [0, 1, 1.5, np.nan, "guess", True])
def test_what_is_no_rate_is_refused(balanced, prior):
    with pytest.raises(ValueError, match="prior must be a churn rate"):
        balanced.predict(np.zeros((3, 1)), prior=prior)


def test_a_batch_that_does_not_tell_its_rate_is_named(balanced):
    with pytest.warns(EstimateWarning, match="do not tell their churn rate"):
        balanced.predict(np.zeros((3, 1)), prior="estimate")


@pytest.mark.skipif("SKANN_DATA" not in os.environ, reason="needs the tables in SKANN_DATA")
def test_a_balanced_sample_of_a_real_table_costs_what_its_own_rate_costs():
    X, y = fetch_bank_churn(return_X_y=True)
    X, churned = X.drop(columns=["RowNumber", "CustomerId", "Surname"]), y.to_numpy() == 1
    model = make_pipeline(
        TableCleaner(), TableEncoder("standard", "onehot"), LogisticRegression(max_iter=500)
    )
    train, test = train_test_split(
        np.arange(len(X)), stratify=churned, test_size=0.5, random_state=0
    )
    random = np.random.default_rng(0)
    left = train[churned[train]]
    stayed = random.choice(train[~churned[train]], len(left), replace=False)
    balanced = random.permutation(np.concatenate([left, stayed]))
    spent = {}
    for name, rows, prior in (("own", train, None), ("balanced", balanced, churned.mean())):
        for method in ("empirical", "bayes"):
            decided = CostThresholdClassifier(model, method=method, cv=3, **COSTS)
            decided.fit(X.iloc[rows], churned[rows])
            spent[name, method] = cost(churned[test], decided.predict(X.iloc[test], prior=prior))
    assert spent["balanced", "bayes"] < 1.02 * spent["own", "bayes"]
    # Which cut is the cheapest is a matter of few customers, in either sample.
    assert spent["balanced", "empirical"] < 1.05 * spent["own", "empirical"]
