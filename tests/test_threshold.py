"""CostThresholdClassifier: what it decides, and how it fits into scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.utils.estimator_checks import estimator_checks_generator

from skann import CostThresholdClassifier

EXPECTED_FAILURES = {
    "check_classifiers_train": "predict cuts at the tuned threshold, not at probability 0.5",
}


def checks():
    for method in ("bayes", "empirical"):
        yield from estimator_checks_generator(
            CostThresholdClassifier(LogisticRegression(), method=method),
            expected_failed_checks=EXPECTED_FAILURES if method == "empirical" else {},
            mark="xfail",
        )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def churn():
    X, y = make_classification(
        1500, n_features=8, weights=[0.8], flip_y=0.1, class_sep=0.8, random_state=0
    )
    return train_test_split(X, y, stratify=y, random_state=0)


def cost(y, predicted, fn=100.0, fp=5.0, tp=0.0, tn=0.0):
    return np.where(y, np.where(predicted, tp, fn), np.where(predicted, fp, tn)).mean()


def test_expected_cost_is_the_lowest_of_all_cuts_on_out_of_fold_probabilities(churn):
    X, _, y, _ = churn
    model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5).fit(X, y)
    p = cross_val_predict(LogisticRegression(), X, y, method="predict_proba", cv=5)[:, 1]
    cuts = np.concatenate([[-1.0], np.unique(p)])
    assert model.expected_cost_ == pytest.approx(min(cost(y, p > t) for t in cuts), rel=1e-12)
    assert cost(y, p > model.threshold_) == pytest.approx(model.expected_cost_, rel=1e-12)


def test_cheap_offers_raise_recall_and_cut_cost_against_one_half(churn):
    X, X_test, y, y_test = churn
    for method in ("empirical", "bayes"):
        model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5, method=method)
        predicted = model.fit(X, y).predict(X_test)
        at_half = model.predict_proba(X_test)[:, 1] > 0.5
        assert cost(y_test, predicted) < cost(y_test, at_half)
        assert predicted[y_test == 1].mean() > at_half[y_test == 1].mean()
    assert model.threshold_ == pytest.approx(5 / 105, rel=1e-12)
