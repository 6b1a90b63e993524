"""What every estimator owes scikit-learn: its checks, and a place in all of its tools."""

import joblib
import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from skann import ChurnANNClassifier, CostThresholdClassifier


def expected_failures(estimator):
    """Checks that an estimator fails, each with the reason why it should."""
    if isinstance(estimator, ChurnANNClassifier):
        return {
            "check_sample_weight_equivalence_on_dense_data": (
                "mini-batches of single precision: a weight of two and a row given twice are the "
                "same in expectation, not to the last digit"
            )
        }
    return {}


@parametrize_with_checks(
    [
        ChurnANNClassifier(cv=2, epochs=10),
        ChurnANNClassifier(
            cv=None, hidden_layer_sizes=(16,), n_heads=1, preprocessor="passthrough", epochs=15
        ),
        # Where the cut is tuned, see test_threshold.
        CostThresholdClassifier(LogisticRegression(), method="bayes", cv=2),
    ],
    expected_failed_checks=expected_failures,
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


CHURN_MODEL = ChurnANNClassifier(
    cv=None, hidden_layer_sizes=(4,), n_heads=1, epochs=2, batch_size=64, random_state=0
)
ESTIMATORS = {
    "ChurnANNClassifier": CHURN_MODEL,
    "CostThresholdClassifier": CostThresholdClassifier(
        CHURN_MODEL, fn_cost=100, fp_cost=5, cv="validation", random_state=0
    ),
}


@pytest.fixture(params=ESTIMATORS)
def estimator(request):
    return clone(ESTIMATORS[request.param])


@pytest.fixture
def rate_name(estimator):
    """What the network's learning rate is called in a grid."""
    return (
        "learning_rate"
        if "learning_rate" in estimator.get_params()
        else ("estimator__learning_rate")
    )


def assert_probabilities(model, X):
    probability = model.predict_proba(X)
    assert probability.shape == (len(X), 2)
    assert_allclose(probability.sum(axis=1), 1)
    assert probability[:, 1].std() > 0
    assert list(model.classes_) == ["No", "Yes"]
    assert set(model.predict(X)) <= {"No", "Yes"}


def test_it_is_a_binary_classifier(estimator):
    assert is_classifier(estimator)
    assert not estimator.__sklearn_tags__().classifier_tags.multi_class


def test_in_a_pipeline(estimator, small_churn):
    X, y = small_churn
    drop = FunctionTransformer(pd.DataFrame.drop, kw_args={"columns": "signup_date"})
    pipeline = make_pipeline(drop, estimator).fit(X, y)
    assert_probabilities(pipeline, X)
    assert_array_equal(
        pipeline.predict_proba(X),
        clone(estimator).fit(drop.transform(X), y).predict_proba(drop.transform(X)),
    )


def test_in_a_pipeline_of_imbalanced_learn(estimator, small_churn):
    X, y = small_churn
    sampler = RandomUnderSampler(random_state=0)
    pipeline = make_sampling_pipeline(sampler, estimator).fit(X, y)
    assert_probabilities(pipeline, X)
    assert_array_equal(
        pipeline.predict_proba(X),
        clone(estimator).fit(*sampler.fit_resample(X, y)).predict_proba(X),
    )


def test_in_a_grid_search_with_threads(estimator, rate_name, small_churn):
    X, y = small_churn
    grid = {rate_name: [1e-3, 1e-1]}
    one = GridSearchCV(estimator, grid, scoring="roc_auc", cv=2).fit(X, y)
    with joblib.parallel_config("threading"):
        two = GridSearchCV(estimator, grid, scoring="roc_auc", cv=2, n_jobs=2).fit(X, y)
    assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert_probabilities(one, X)


@pytest.mark.slow
def test_in_a_grid_search_with_processes(estimator, rate_name, small_churn):
    X, y = small_churn
    grid = {rate_name: [1e-3, 1e-1]}
    one = GridSearchCV(estimator, grid, scoring="roc_auc", cv=2).fit(X, y)
    two = GridSearchCV(estimator, grid, scoring="roc_auc", cv=2, n_jobs=2).fit(X, y)
    assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_in_a_halving_grid_search(estimator, rate_name, small_churn):
    X, y = small_churn
    search = HalvingGridSearchCV(
        estimator,
        {rate_name: [1e-3, 1e-2, 1e-1]},
        scoring="roc_auc",
        cv=2,
        min_resources=100,
        random_state=0,
    ).fit(X, y)
    assert search.n_iterations_ == 2
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert_probabilities(search, X)


def test_successive_halving_over_epochs(small_churn):
    X, y = small_churn
    search = HalvingGridSearchCV(
        ChurnANNClassifier((4,), cv=None, n_heads=1, random_state=0),
        {"learning_rate": [1e-6, 1e-5, 1e-4, 0.02]},
        resource="epochs",
        max_resources=8,
        factor=2,
        cv=2,
        scoring="roc_auc",
        random_state=0,
    ).fit(X, y)
    assert search.n_resources_ == [2, 4, 8]
    assert search.n_candidates_ == [4, 2, 1]
    assert search.best_params_ == {"learning_rate": 0.02, "epochs": 8}
    assert search.best_estimator_.n_iter_ == 8
    assert search.predict_proba(X)[:, 1].std() > 0


def test_in_cross_validate(estimator, small_churn):
    X, y = small_churn
    y = (y == "Yes").astype(int)  # scikit-learn's average precision asks for 0 and 1
    scoring = ["roc_auc", "average_precision", "neg_log_loss", "neg_brier_score", "accuracy"]
    scores = cross_validate(
        estimator, X, y, scoring=scoring, cv=3, return_train_score=True, error_score="raise"
    )
    for name, values in scores.items():
        assert len(values) == 3
        assert np.isfinite(values).all(), name


def test_folds_are_stratified(estimator, small_churn):
    X, y = small_churn
    probability = cross_val_predict(estimator, X, y.sort_values(), cv=2, method="predict_proba")
    assert np.isfinite(probability).all()  # unstratified folds of sorted labels hold one class


def test_in_a_calibrated_classifier(estimator, small_churn):
    X, y = small_churn
    assert_probabilities(CalibratedClassifierCV(estimator, cv=2).fit(X, y), X)


def test_in_a_tuned_threshold_classifier(estimator, small_churn):
    X, y = small_churn
    tuned = TunedThresholdClassifierCV(estimator, scoring="balanced_accuracy", cv=2).fit(X, y)
    assert 0 < tuned.best_threshold_ < 1
    assert_probabilities(tuned, X)


def test_in_a_stack_and_in_a_vote(estimator, small_churn):
    X, y = small_churn
    members = [("one", estimator), ("other", clone(estimator))]
    assert_probabilities(StackingClassifier(members, cv=2).fit(X, y), X)
    assert_probabilities(VotingClassifier(members, voting="soft").fit(X, y), X)


def test_in_a_bag(estimator, small_churn):
    X, y = small_churn
    bag = BaggingClassifier(estimator, n_estimators=2, random_state=0).fit(X.to_numpy(), y)
    assert_probabilities(bag, X.to_numpy())


def test_in_permutation_importance(estimator, small_churn):
    X, y = small_churn
    estimator.fit(X, y)
    importance = permutation_importance(
        estimator, X, y, scoring="roc_auc", n_repeats=2, random_state=0
    )
    assert importance.importances_mean.shape == (X.shape[1],)
    assert np.isfinite(importance.importances_mean).all()
    assert np.abs(importance.importances_mean).max() > 0


@pytest.mark.parametrize("column", ["tenure_months", "contract"])
def test_in_partial_dependence(estimator, small_churn, column):
    X, y = small_churn
    X = X.astype({"tenure_months": float})
    estimator.fit(X, y)
    dependence = partial_dependence(
        estimator, X, [column], categorical_features=["contract"], grid_resolution=3
    )
    assert dependence["average"].shape == (1, 3)
    assert ((dependence["average"] > 0) & (dependence["average"] < 1)).all()


def test_in_a_learning_curve(estimator, small_churn):
    X, y = small_churn
    sizes, train, test = learning_curve(
        estimator, X, y, cv=2, train_sizes=[0.5, 1.0], scoring="roc_auc", error_score="raise"
    )
    assert list(sizes) == [100, 200]
    assert np.isfinite(train).all() and np.isfinite(test).all()
