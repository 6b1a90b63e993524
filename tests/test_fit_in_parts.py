"""A fit that pauses ends bit for bit where a fit without pauses does."""

import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import TargetEncoder

from skann._churn_ann._fit_in_parts import FitInParts

MODEL_SETTINGS = {
    "n_heads": 2,
    "epochs": 30,
    "batch_size": 32,
    "learning_rate": 0.03,
    "l2": 0.001,
    "patience": 4,
}


def fit_in_parts(model, X, y, pauses, between=lambda model: model, **fit_params):
    """Fit with a pause after each of ``pauses`` epochs; return the model and its epochs."""
    model._parts = FitInParts()
    epochs = []
    for until in (*pauses, model.epochs):
        model._parts.until = until
        model = between(model.fit(X, y, **fit_params))
        epochs.append(model.n_iter_)
    assert model._parts.done
    return model, epochs


def assert_same_fit(model, other, X):
    assert model.history_.equals(other.history_)
    assert model.best_epoch_ == other.best_epoch_
    assert_array_equal(model.validation_indices_, other.validation_indices_)
    assert_array_equal(model.predict_proba(X), other.predict_proba(X))


class CountedStopping(keras.callbacks.EarlyStopping):
    """Stops by the AUC, as a user's callback with a state of its own may."""

    begun = ended = 0

    def __init__(self):
        super().__init__("val_auc", mode="max", patience=5)

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        type(self).begun += 1

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        type(self).ended += 1


SETTINGS = {
    "default": {},
    "dropout": {"dropout": 0.3},
    "without reduce_lr": {"reduce_lr": False},
    "without early stopping": {"early_stopping": False, "epochs": 9},
    "without validation rows": {"validation_fraction": None, "epochs": 12},
    "epochs end it": {"epochs": 6},
    "resampler": {"resampler": "smote"},
    "class weights": {"class_weight": "balanced", "optimizer": "adamw"},
    "muon": {"optimizer": "muon"},
    "sgd": {"optimizer": keras.optimizers.SGD(0.1, momentum=0.9)},
    "keras fit": {"optimizer": keras.optimizers.RMSprop(0.01), "epochs": 8},
    "a callback": {"callbacks": [keras.callbacks.EarlyStopping("val_auc", mode="max", patience=3)]},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
def test_pauses_leave_no_trace(small_churn, settings, make_model):
    X, y = small_churn
    whole = make_model(**settings).fit(X, y)
    assert whole.n_iter_ > 3
    parts, epochs = fit_in_parts(make_model(**settings), X, y, (1, 3, 7))
    assert_same_fit(parts, whole, X)
    assert epochs == [min(until, whole.n_iter_) for until in (1, 3, 7, 30)]


def test_a_pause_after_each_epoch_leaves_no_trace(small_churn, make_model):
    X, y = small_churn
    whole = make_model(dropout=0.3).fit(X, y)
    parts, _ = fit_in_parts(make_model(dropout=0.3), X, y, range(1, 30))
    assert whole.n_iter_ < 30
    assert_same_fit(parts, whole, X)


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.3, "resampler": "over"},
        {"dropout": 0.3, "optimizer": keras.optimizers.RMSprop(0.01), "epochs": 6},
    ],
    ids=["graph", "keras"],
)
def test_a_pause_survives_pickling(small_churn, settings, make_model):
    X, y = small_churn
    whole = make_model(**settings).fit(X, y)
    parts, _ = fit_in_parts(
        make_model(**settings), X, y, (2, 5), lambda model: pickle.loads(pickle.dumps(model))
    )
    assert_same_fit(parts, whole, X)


def test_a_finished_fit_keeps_nothing_of_its_pauses(small_churn, make_model):
    X, y = small_churn
    whole = make_model().fit(X, y)
    parts, _ = fit_in_parts(make_model(), X, y, (2, 5))
    assert abs(len(pickle.dumps(parts)) - len(pickle.dumps(whole))) < 1500
    before = parts.history_
    assert parts.fit(X, y).history_ is before


def test_a_pause_has_the_best_weights_so_far(small_churn, make_model):
    X, y = small_churn
    model = make_model(learning_rate=0.1)
    model._parts = FitInParts(until=5)
    model.fit(X, y)
    stopped = make_model(learning_rate=0.1, epochs=5).fit(X, y)
    assert stopped.best_epoch_ < 5
    assert_same_fit(model, stopped, X)
    assert not model._parts.done


def test_the_checkpoint_is_that_of_a_fit_without_pauses(small_churn, tmp_path, make_model):
    X, y = small_churn
    networks = []
    for name in ("whole", "parts"):
        model = make_model(checkpoint_dir=tmp_path / name)
        if name == "whole":
            model.fit(X, y)
        else:
            fit_in_parts(model, X, y, (1, 4, 6))
        networks.append(keras.models.load_model(tmp_path / name / "churn_network.keras"))
    for one, other in zip(*(network.get_weights() for network in networks), strict=True):
        assert_array_equal(one, other)


def test_weights_costs_and_validation_data_come_in_again(small_churn, make_model):
    X, y = small_churn
    rng = np.random.default_rng(0)
    fit_params = {
        "sample_weight": rng.uniform(0.1, 2, 300),
        "validation_data": (X[300:], y[300:]),
        "fn_cost": rng.uniform(1, 9, 300),
        "fp_cost": 1.0,
    }
    whole = make_model(loss="cost").fit(X[:300], y[:300], **fit_params)
    parts, _ = fit_in_parts(make_model(loss="cost"), X[:300], y[:300], (2, 3), **fit_params)
    assert_same_fit(parts, whole, X)


def test_an_unseeded_fit_goes_on_with_the_seeds_that_it_drew(small_churn, make_model):
    X, y = small_churn
    model = make_model(random_state=None)
    model._parts = FitInParts(until=2)
    held_out = model.fit(X, y).validation_indices_
    model._parts.until = 4
    assert_array_equal(model.fit(X, y).validation_indices_, held_out)


def test_a_preprocessor_whose_fit_transform_is_its_own_trains_on_the_same_numbers(
    small_churn, make_model
):
    X, y = small_churn
    preprocessor = make_column_transformer((TargetEncoder(random_state=0), ["region"]))
    whole = make_model(preprocessor=preprocessor).fit(X, y)
    parts, _ = fit_in_parts(make_model(preprocessor=preprocessor), X, y, (1, 4))
    assert_same_fit(parts, whole, X)


def test_a_users_callback_sees_one_fit(small_churn, make_model):
    X, y = small_churn
    CountedStopping.begun = CountedStopping.ended = 0
    fit_in_parts(make_model(callbacks=[CountedStopping]), X, y, (1, 2, 3))
    assert (CountedStopping.begun, CountedStopping.ended) == (1, 1)


def test_losses_are_noted_without_the_penalty(small_churn, make_model):
    X, y = small_churn
    noted = {}
    for l2 in (0.0, 0.05):
        model = make_model(l2=l2, learning_rate=1e-30)
        model._parts = FitInParts(until=2)
        model.fit(X, y)
        noted[l2] = (model._parts.losses, model.history_["val_loss"].tolist())
    assert noted[0.0][0] == noted[0.0][1]
    assert noted[0.05][0] == pytest.approx(noted[0.0][0], rel=1e-6)
    assert noted[0.05][1][0] > noted[0.0][1][0] + 0.1
