"""Seven ways to get churn wrong, each shown to be shut out."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, log_loss, recall_score, roc_auc_score

from skann import ChurnANNClassifier, CostThresholdClassifier, ValidationWarning
from skann.datasets import make_churn

MODEL_SETTINGS = {"hidden_layer_sizes": (16,), "n_heads": 2, "epochs": 40, "learning_rate": 0.005}


@pytest.fixture(scope="module")
def churn():
    """Rows to train on and rows that no fit sees; a fifth of the customers leave."""
    X, y = make_churn(3000, random_state=0, return_X_y=True)
    X, y = X.drop(columns="customer_id"), (y == "Yes").astype(int)
    return X[:1500], X[1500:], y[:1500], y[1500:]


@pytest.fixture(scope="module")
def fitted(churn, make_model):
    X, _, y, _ = churn
    return make_model().fit(X, y)


# 1. Accuracy


def test_accuracy_says_little_and_is_not_what_training_reports(churn, fitted):
    X, X_test, y, y_test = churn
    nobody_leaves = DummyClassifier(strategy="prior").fit(X, y)
    accuracy = accuracy_score(y_test, nobody_leaves.predict(X_test))
    assert accuracy > 0.75
    assert abs(fitted.score(X_test, y_test) - accuracy) < 0.06

    assert roc_auc_score(y_test, nobody_leaves.predict_proba(X_test)[:, 1]) == 0.5
    assert roc_auc_score(y_test, fitted.predict_proba(X_test)[:, 1]) > 0.75
    assert {"auc", "val_auc"} <= set(fitted.history_)
    assert not [name for name in fitted.history_ if "accuracy" in name]


# 2. Leaks


@pytest.mark.parametrize("resampler", [None, "smote"])
def test_nothing_in_the_validation_rows_leaks_into_training(churn, resampler, make_model):
    """Whatever stands in them, every fitted step and every weight stays the same."""
    X, _, y, _ = churn
    settings = {
        "resampler": resampler,
        "epochs": 3,
        "early_stopping": False,
        "reduce_lr": False,
    }
    before = make_model(**settings).fit(X, y)
    held_out = before.validation_indices_
    changed = X.copy()
    rows = changed.index[held_out]
    changed.loc[rows, "monthly_charge"] = 1e6
    changed.loc[rows, "age"] = np.nan
    changed.loc[rows, "region"] = "Atlantis"
    after = make_model(**settings).fit(changed, y)

    assert_array_equal(after.validation_indices_, held_out)
    assert_array_equal(
        after.pipelines_[0]["preprocess"].medians_, before.pipelines_[0]["preprocess"].medians_
    )
    assert after.pipelines_[0]["preprocess"].levels_ == (before.pipelines_[0]["preprocess"].levels_)
    networks = [model.pipelines_[0]["network"].model_.get_weights() for model in (before, after)]
    for one, other in zip(*networks, strict=True):
        assert_array_equal(one, other)
    assert_array_equal(after.history_["loss"], before.history_["loss"])
    assert (after.history_["val_loss"] != before.history_["val_loss"]).all()


# 3. Imbalance


@pytest.mark.parametrize(
    "settings", [{"class_weight": "balanced"}, {"resampler": "over"}, {"resampler": "under"}]
)
def test_a_rare_class_is_found_and_probabilities_stay_honest(churn, fitted, settings, make_model):
    X, X_test, y, y_test = churn
    balanced = make_model(**settings).fit(X, y)
    found = recall_score(y_test, balanced.predict(X_test))
    assert found > recall_score(y_test, fitted.predict(X_test)) + 0.15
    assert abs(balanced.predict_proba(X_test)[:, 1].mean() - y_test.mean()) < 0.05
    distorted = balanced.pipelines_[0].predict_proba(X_test)[:, 1]
    corrected = balanced.predict_proba(X_test)[:, 1]
    assert log_loss(y_test, corrected) < log_loss(y_test, distorted)


# 4. The threshold 0.5


@pytest.mark.parametrize("method", ["empirical", "bayes"])
def test_a_threshold_by_cost_is_cheaper_than_one_half(churn, method, make_model):
    X, X_test, y, y_test = churn
    model = CostThresholdClassifier(
        make_model(), fn_cost=100, fp_cost=5, cv=3, method=method, random_state=0
    ).fit(X, y)

    def cost(contacted):
        return np.mean(np.where(y_test == 1, 100 * ~contacted, 5 * contacted))

    at_half = cost(model.predict_proba(X_test)[:, 1] >= 0.5)
    everybody, nobody = cost(np.full(len(X_test), True)), cost(np.full(len(X_test), False))
    chosen = cost(model.predict(X_test) == 1)
    assert model.threshold_ < 0.2
    assert chosen < 0.5 * at_half
    assert chosen < min(everybody, nobody)


# 5. Too big a network


def test_a_network_too_big_is_stopped_at_its_best_epoch(churn, make_model):
    X, X_test, y, y_test = churn
    settings = {"hidden_layer_sizes": (128, 128), "n_heads": 1, "dropout": 0.0, "epochs": 60}
    X, y = X[:400], y[:400]
    stopped = make_model(**settings).fit(X, y)
    endless = make_model(**settings, early_stopping=False, reduce_lr=False).fit(X, y)
    assert endless.history_["loss"].iloc[-1] < 0.1  # learned by heart
    assert stopped.n_iter_ < 60
    assert stopped.best_epoch_ == stopped.history_["val_loss"].idxmin()

    held_out = stopped.validation_indices_
    kept = log_loss(y.iloc[held_out], stopped.predict_proba(X.iloc[held_out]))
    assert kept < stopped.history_["val_loss"].iloc[-1]
    losses = [log_loss(y_test, model.predict_proba(X_test)) for model in (stopped, endless)]
    assert losses[0] < losses[1] - 0.2


# 6. The learning rate


def test_a_rate_at_which_training_diverges_gets_an_error_that_says_so(churn, make_model):
    X, _, y, _ = churn
    with pytest.raises(ValueError, match="training diverged.*lower learning_rate"):
        make_model(optimizer="sgd", learning_rate=1e30, n_heads=1).fit(X, y)


def test_a_rate_too_high_is_halved_until_the_loss_falls_again(churn, make_model):
    X, _, y, _ = churn
    settings = {"learning_rate": 0.3, "early_stopping": False, "epochs": 30, "patience": 4}
    falling = make_model(**settings).fit(X, y).history_
    rates = falling["learning_rate"]
    assert rates.iloc[-1] <= 0.3 / 4
    halved = rates.diff() < 0
    assert np.allclose(rates[halved], rates.shift()[halved] / 2)
    constant = make_model(**settings, reduce_lr=False).fit(X, y).history_
    assert falling["loss"].iloc[-1] < constant["loss"].iloc[-1]


# 7. No validation rows


def test_rows_are_set_aside_without_being_asked_for(churn):
    X, _, y, _ = churn
    model = ChurnANNClassifier(epochs=1).fit(X, y)
    assert_array_equal(model.validation_indices_, np.arange(len(X)))
    assert len(model.pipelines_) > 1
    assert {"val_loss", "val_auc"} <= set(model.history_)
    assert model.early_stopping


def test_where_none_can_be_set_aside_the_user_is_told(churn, make_model):
    X, _, _, _ = churn
    with pytest.warns(ValidationWarning, match="too small to split"):
        model = make_model(epochs=1).fit(X[:40], [1] + [0] * 39)
    assert "val_loss" not in model.history_
