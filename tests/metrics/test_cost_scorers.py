"""Metrics inside scikit-learn's tools."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)

from skann import CostThresholdClassifier, metrics
from skann.metrics import emp_churn_score, expected_cost, make_cost_scorer, savings_score

READY = [
    name for name in metrics.__all__ if name.endswith("_scorer") and not name.startswith("make")
]


@pytest.fixture(scope="module")
def churn():
    X, y = make_classification(400, weights=[0.7], flip_y=0.1, random_state=0)
    return pd.DataFrame(X).add_prefix("x"), np.array(["No", "Yes"])[y]


def test_the_cost_scorer_is_the_negative_cost_of_predictions(churn):
    X, y = churn
    model = LogisticRegression().fit(X, y)
    (_, fp), (fn, _) = confusion_matrix(y, model.predict(X))
    score = make_cost_scorer(fn_cost=100, fp_cost=5)(model, X, y)
    assert score == pytest.approx(-(100 * fn + 5 * fp) / len(y))
    savings = make_cost_scorer(fn_cost=100, fp_cost=5, savings=True)(model, X, y)
    assert savings == savings_score(y, model.predict(X), fn_cost=100, fp_cost=5)


def test_costs_can_be_columns(churn):
    X, y = churn
    X = X.assign(value=np.linspace(1, 100, len(X)))
    model = CostThresholdClassifier(LogisticRegression(), fn_cost="value", cv=2).fit(X, y)
    for savings, metric, sign in [(False, expected_cost, -1), (True, savings_score, 1)]:
        scorer = make_cost_scorer(fn_cost="value", fp_cost=5, savings=savings)
        expected = sign * metric(y, model.predict(X), fn_cost=X["value"], fp_cost=5)
        assert scorer(model, X, y) == expected
    scores = cross_val_score(model, X, y, cv=2, scoring=make_cost_scorer(fn_cost="value"))
    assert np.all(scores < 0)


def test_costs_can_be_metadata(churn):
    X, y = churn
    value = np.linspace(1, 100, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_cost_scorer(fp_cost=5).set_score_request(fn_cost=True)
        scores = cross_val_score(
            LogisticRegression(), X, y, cv=2, scoring=scorer, params={"fn_cost": value}
        )
    assert np.all(scores < -1)


def test_the_cost_scorer_drives_searches_and_threshold_tuning(churn):
    X, y = churn
    scorer = make_cost_scorer(fn_cost=100, fp_cost=5)
    search = GridSearchCV(LogisticRegression(), {"C": [1e-6, 1.0]}, scoring=scorer).fit(X, y)
    assert search.best_params_ == {"C": 1.0}
    tuned = TunedThresholdClassifierCV(LogisticRegression(), scoring=scorer).fit(X, y)
    assert tuned.best_threshold_ < 0.5


@pytest.mark.parametrize("name", READY)
def test_ready_scorers_work_in_cross_validation(name, churn):
    X, y = churn
    scores = cross_validate(LogisticRegression(), X, y, cv=2, scoring={"s": getattr(metrics, name)})
    assert np.all(scores["test_s"] > 0)


def test_a_ready_scorer_scores_probabilities(churn):
    X, y = churn
    model = LogisticRegression().fit(X, y)
    expected = emp_churn_score(y, model.predict_proba(X)[:, 1])
    assert metrics.emp_churn_scorer(model, X, y) == expected
