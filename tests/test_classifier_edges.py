"""ChurnANNClassifier at the edges: odd batches, schedules, labels and settings."""

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import OneHotEncoder

from skann._churn_ann._folds import one_split

MODEL_SETTINGS = {"n_heads": 2, "learning_rate": 0.001, "l2": 0.0}


def test_an_optimizer_instance_keeps_its_own_rate_in_a_warm_start(small_churn, make_model):
    model = make_model(optimizer=keras.optimizers.Adam(0.05), warm_start=True, patience=50)
    for _ in range(2):
        rates = model.fit(*small_churn).history_["learning_rate"]
        assert rates.iloc[0] == pytest.approx(0.05)
    rates = model.partial_fit(*small_churn).history_["learning_rate"]
    assert rates.iloc[-1] == pytest.approx(0.05)


def test_a_learning_rate_schedule_survives_a_plateau_and_a_warm_start(small_churn, make_model):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.9)
    model = make_model(
        optimizer=keras.optimizers.Adam(schedule),
        epochs=30,
        patience=2,
        early_stopping=False,
        warm_start=True,
    )
    assert model.fit(*small_churn).n_iter_ == 30
    assert model.fit(*small_churn).n_iter_ == 30


def test_partial_fit_learns_a_second_class_after_a_batch_of_the_first(small_churn, make_model):
    X, y = small_churn
    model = make_model(learning_rate=0.05)
    model.partial_fit(X[y == "No"], y[y == "No"], classes=["Yes", "No"])
    before = model.predict_proba(X)[:, 1].mean()
    model.partial_fit(X[y == "Yes"], y[y == "Yes"])
    assert model.predict_proba(X)[:, 1].mean() > before


@pytest.mark.parametrize("resampler", ["over", "under", "smote"])
def test_partial_fit_with_a_resampler_takes_a_batch_of_one_class(
    small_churn, resampler, make_model
):
    X, y = small_churn
    model = make_model(resampler=resampler).partial_fit(X, y)
    model.partial_fit(X[y == "No"], y[y == "No"])
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_warm_start_on_rows_of_one_class_leaves_probabilities_finite(small_churn, make_model):
    X, y = small_churn
    model = make_model(warm_start=True).fit(X, y)
    try:
        model.fit(X[y == "No"], y[y == "No"])
    except ValueError as error:
        assert "one class" in str(error)
    assert np.isfinite(model.predict_proba(X)).all()


def test_the_split_leaves_both_classes_to_training():
    y = np.array([0] * 298 + [1] * 2)
    for seed in range(5):
        train, _ = one_split(y, 0.8, None, seed)
        assert y[train].sum() > 0


def test_smote_keeps_weights_where_the_preprocessor_gives_sparse_rows(small_churn, make_model):
    X, y = small_churn
    sparse = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["contract", "region"]), sparse_threshold=1.0
    )
    weight = np.linspace(1, 2, len(y))
    make_model(preprocessor=sparse, resampler="smote").fit(X, y, sample_weight=weight)


def test_smote_works_where_scikit_learn_is_set_to_give_frames(small_churn, make_model):
    with sklearn.config_context(transform_output="pandas"):
        make_model(resampler="smote").fit(*small_churn)


def test_training_that_diverges_late_is_told_in_fit(small_churn, make_model):
    late = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e-3 if epoch < 2 else 1e30)
    model = make_model(optimizer="sgd", early_stopping=False, reduce_lr=False, callbacks=[late])
    with pytest.raises(ValueError, match="training diverged"):
        model.fit(*small_churn)


@pytest.mark.parametrize("labels", [[False, True], [0, 1]])
def test_labels_of_object_dtype_are_taken(small_churn, labels, make_model):
    X, y = small_churn
    model = make_model().fit(X, np.array(labels, dtype=object)[(y == "Yes").astype(int)])
    assert list(model.classes_) == labels


@pytest.mark.parametrize("what", ["columns", "labels", "weights"])
def test_an_error_in_validation_data_says_so(small_churn, what, make_model):
    X, y = small_churn
    data = {
        "columns": (X.drop(columns="age"), y),
        "labels": (X, y.where(y == "No", "Maybe")),
        "weights": (X, y, -np.ones(len(y))),
    }[what]
    with pytest.raises(ValueError, match="validation_data"):
        make_model().fit(X, y, validation_data=data)


def test_weights_that_are_no_numbers_are_refused_by_name(small_churn, make_model):
    X, y = small_churn
    with pytest.raises(ValueError, match="sample_weight"):
        make_model().fit(X, y, sample_weight=["heavy"] * len(y))
    with pytest.raises(ValueError, match="class_weight"):
        make_model(class_weight={"No": "light", "Yes": 2}).fit(X, y)


@pytest.mark.parametrize("settings", [{}, {"resampler": "smote", "class_weight": "balanced"}])
def test_rows_that_do_not_fit_into_memory_encoded_train_the_same_network(
    small_churn, monkeypatch, settings, make_model
):
    X, y = small_churn
    expected = make_model(**settings).fit(X, y)
    monkeypatch.setattr("skann._churn_ann._steps._SHARE_OF_MEMORY", 0.0)
    found = make_model(**settings).fit(X, y)
    pd.testing.assert_frame_equal(found.history_, expected.history_)
    assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
