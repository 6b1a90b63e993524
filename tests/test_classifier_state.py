"""ChurnANNClassifier over time: going on, being stored, and being the same again."""

import copy
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import cross_val_predict

import skann

MODEL_SETTINGS = {"n_heads": 2, "learning_rate": 0.001, "l2": 0.0, "dropout": 0.1}


@pytest.fixture(scope="module")
def fitted(small_churn, make_model):
    return make_model().fit(*small_churn)


def weights(model):
    return model.pipelines_[0]["network"].model_.get_weights()


# Going on

NO_LEARNING = 1e-30


def test_warm_start_goes_on_from_the_weights_at_hand(small_churn, make_model):
    X, y = small_churn
    model = make_model(warm_start=True, early_stopping=False).fit(X, y)
    before, preprocess = weights(model), model.pipelines_[0]["preprocess"]
    model.set_params(learning_rate=NO_LEARNING).fit(X, y)
    assert model.pipelines_[0]["preprocess"] is preprocess
    for one, other in zip(before, weights(model), strict=True):
        assert_array_equal(one, other)
    model.set_params(learning_rate=0.01, epochs=5).fit(X, y)
    assert model.n_iter_ == len(model.history_) == 5
    assert any(not np.array_equal(a, b) for a, b in zip(before, weights(model), strict=True))


def test_a_warm_start_of_the_same_seed_sets_the_same_rows_aside(small_churn, make_model):
    X, y = small_churn
    model = make_model(warm_start=True).fit(X, y)
    before = model.validation_indices_
    assert_array_equal(model.fit(X, y).validation_indices_, before)


def test_without_warm_start_a_second_fit_is_a_first_one(fitted, small_churn, make_model):
    X, y = small_churn
    model = make_model().fit(X[100:], y[100:])
    model.fit(X, y)
    assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))


def test_a_warm_start_refuses_other_labels_and_columns(small_churn, make_model):
    X, y = small_churn
    model = make_model(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"labels \[0, 1\].*classes \['No', 'Yes'\]"):
        model.fit(X, (y == "Yes").astype(int))
    with pytest.raises(ValueError, match="(?s)missing.*age"):
        model.fit(X.drop(columns="age"), y)


def test_a_warm_start_does_not_overwrite_a_better_checkpoint(small_churn, tmp_path, make_model):
    X, y = small_churn
    model = make_model(warm_start=True, checkpoint_dir=tmp_path, learning_rate=0.01).fit(X, y)
    path = tmp_path / "churn_network.keras"
    written = path.stat().st_mtime_ns
    worse = (X.iloc[:50], np.where(model.predict(X[:50]) == "Yes", "No", "Yes"))
    model.set_params(learning_rate=NO_LEARNING).fit(X, y, validation_data=worse)
    assert path.stat().st_mtime_ns == written


def test_each_partial_fit_is_one_epoch_from_the_weights_at_hand(small_churn, make_model):
    X, y = small_churn
    model = make_model(learning_rate=0.01)
    losses = []
    for epoch in range(1, 4):
        model.partial_fit(X, y)
        losses.append(model.history_["loss"].iloc[-1])
        assert model.n_iter_ == len(model.history_) == epoch
    assert losses[2] < losses[1] < losses[0]
    assert list(model.history_["loss"]) == losses
    before = weights(model)
    model.set_params(learning_rate=NO_LEARNING).partial_fit(X, y)
    for one, other in zip(before, weights(model), strict=True):
        assert_array_equal(one, other)


def test_partial_fit_goes_on_after_fit_and_fit_starts_anew(fitted, small_churn, make_model):
    X, y = small_churn
    model = make_model().fit(X, y)
    model.set_params(learning_rate=NO_LEARNING).partial_fit(X, y)
    assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))
    model.set_params(learning_rate=1e-3).fit(X, y)
    assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))


def test_partial_fit_takes_batches_of_one_class(small_churn, make_model):
    X, y = small_churn
    model = make_model(learning_rate=0.05).partial_fit(X, y)
    before = model.predict_proba(X)[:, 1].mean()
    model.partial_fit(X[y == "No"], y[y == "No"])
    fallen = model.predict_proba(X)[:, 1].mean()
    model.partial_fit(X[y == "Yes"], y[y == "Yes"])
    assert fallen < before
    assert fallen < model.predict_proba(X)[:, 1].mean()


def test_a_first_batch_of_one_class_needs_the_classes(small_churn, make_model):
    X, y = small_churn
    stay = (X[y == "No"], y[y == "No"])
    with pytest.raises(ValueError, match="one class"):
        make_model().partial_fit(*stay)
    model = make_model().partial_fit(*stay, classes=["Yes", "No"])
    assert list(model.classes_) == ["No", "Yes"]
    assert model.predict_proba(X).shape == (400, 2)


def test_partial_fit_refuses_classes_that_do_not_fit(small_churn, make_model):
    X, y = small_churn
    with pytest.raises(ValueError, match=r"Yes.*not in classes \['Maybe', 'No'\]"):
        make_model().partial_fit(X, y, classes=["No", "Maybe"])
    with pytest.raises(ValueError, match="3 classes"):
        make_model().partial_fit(X, y, classes=["No", "Yes", "Maybe"])
    model = make_model().partial_fit(X, y)
    model.partial_fit(X, y, classes=["Yes", "No"])
    with pytest.raises(ValueError, match=r"classes=\['No', 'Maybe'\] is not what earlier calls"):
        model.partial_fit(X, y, classes=["No", "Maybe"])
    with pytest.raises(ValueError, match="Maybe"):
        model.partial_fit(X, y.where(y == "No", "Maybe"))


def test_partial_fit_heeds_weights(small_churn, make_model):
    X, y = small_churn
    weight = np.where(y == "Yes", 10.0, 0.1)
    plain, weighted = make_model(learning_rate=0.05), make_model(learning_rate=0.05)
    for _ in range(3):
        plain.partial_fit(X, y)
        weighted.partial_fit(X, y, sample_weight=weight)
    assert weighted.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.2


# Being stored


def through_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib", compress=3)
    return joblib.load(folder / "model.joblib")


@pytest.mark.parametrize(
    "store",
    [
        lambda model, folder: pickle.loads(pickle.dumps(model)),
        through_joblib,
        lambda model, folder: copy.deepcopy(model),
    ],
    ids=["pickle", "joblib", "deepcopy"],
)
def test_a_stored_model_predicts_equally_and_goes_on(small_churn, tmp_path, store, make_model):
    X, y = small_churn
    model = make_model(warm_start=True, resampler="over").fit(X, y)
    twin = store(model, tmp_path)
    assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert twin.column_roles_ == model.column_roles_
    assert twin.history_.equals(model.history_)
    assert_array_equal(
        twin.fit(X, y).predict_proba(X),
        model.fit(X, y).predict_proba(X),
    )
    assert_array_equal(
        twin.partial_fit(X, y).predict_proba(X),
        model.partial_fit(X, y).predict_proba(X),
    )


def test_a_stored_model_is_not_much_larger_than_its_weights(fitted):
    assert len(pickle.dumps(fitted)) < 200_000


IN_A_NEW_PROCESS = """
import sys, joblib, numpy as np
model, X, y = joblib.load(sys.argv[1])
assert "tensorflow" in sys.modules
loaded = model.predict_proba(X)
fitted_again = model.fit(X, y).predict_proba(X)
np.save(sys.argv[2], np.stack([loaded, fitted_again]))
"""


@pytest.mark.slow
def test_a_new_process_predicts_and_fits_equally(fitted, small_churn, tmp_path):
    X, y = small_churn
    joblib.dump((fitted, X, y), tmp_path / "all.joblib")
    subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS, tmp_path / "all.joblib", tmp_path / "out.npy"],
        check=True,
        cwd=Path(skann.__file__).parents[1],
        env=os.environ | {"PYTHONHASHSEED": "123"},
    )
    loaded, fitted_again = np.load(tmp_path / "out.npy")
    expected = fitted.predict_proba(X)
    assert_array_equal(loaded, expected)
    assert_array_equal(fitted_again, expected)


# Being the same again


def test_equal_seeds_give_equal_models_whatever_was_fitted_between(fitted, small_churn, make_model):
    X, y = small_churn
    other = make_model(hidden_layer_sizes=(5, 3), resampler="smote", random_state=9).fit(X, y)
    other.predict(X)
    np.random.seed(3)
    random.seed(3)
    again = make_model().fit(X, y)
    assert_array_equal(again.validation_indices_, fitted.validation_indices_)
    assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.history_.equals(fitted.history_)


def test_the_seed_decides_split_and_weights(fitted, small_churn, make_model):
    X, y = small_churn
    for seed in (1, None):
        other = make_model(random_state=seed).fit(X, y)
        assert not np.array_equal(other.validation_indices_, fitted.validation_indices_)
        assert not np.array_equal(other.predict_proba(X), fitted.predict_proba(X))


def test_without_a_seed_two_fits_differ(small_churn, make_model):
    X, y = small_churn
    one, other = (make_model(random_state=None, epochs=1).fit(X, y) for _ in range(2))
    assert not np.array_equal(one.predict_proba(X), other.predict_proba(X))


def test_a_random_state_instance_is_drawn_from(fitted, small_churn, make_model):
    X, y = small_churn
    state = np.random.RandomState(0)
    one = make_model(random_state=state, epochs=1).fit(X, y)
    other = make_model(random_state=state, epochs=1).fit(X, y)
    again = make_model(random_state=np.random.RandomState(0), epochs=1).fit(X, y)
    assert_array_equal(one.predict_proba(X), again.predict_proba(X))
    assert not np.array_equal(one.predict_proba(X), other.predict_proba(X))


def global_draws():
    """Numbers from every global generator that somebody may have seeded."""
    generators = random.random, np.random.uniform
    return [draw() for draw in generators] + [float(keras.random.uniform(())) for _ in range(2)]


def seed_all(seed):
    """Seed every global generator, that of Keras too, which 3.11 keeps otherwise."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)


def test_a_fit_leaves_global_generators_and_the_environment_alone(small_churn, make_model):
    environment = dict(os.environ)
    seed_all(4)
    expected = global_draws()
    seed_all(4)
    make_model(resampler="smote").fit(*small_churn).predict_proba(small_churn[0])
    assert global_draws() == expected
    assert dict(os.environ) == environment


def test_a_seeded_fit_leaves_operation_determinism_off(fitted):
    # SciKeras turns it on, after which TensorFlow refuses unseeded draws in the whole process.
    from tensorflow.python.framework.config import is_op_determinism_enabled

    assert not is_op_determinism_enabled()


@pytest.mark.slow
def test_folds_in_processes_and_threads_equal_folds_one_after_another(small_churn, make_model):
    X, y = small_churn
    arguments = {"cv": 3, "method": "predict_proba"}
    expected = cross_val_predict(make_model(), X, y, **arguments)
    for backend in ("threading", "loky"):
        with joblib.parallel_config(backend):
            found = cross_val_predict(make_model(), X, y, **arguments, n_jobs=2)
        assert_array_equal(found, expected)


def test_repeated_fits_reuse_the_compiled_graphs(small_churn, monkeypatch, make_model):
    from skann.networks._graphs import Graphs

    X, y = small_churn
    make_model(validation_fraction=None).fit(X, y).predict_proba(X)
    traced = []
    forward = Graphs._forward

    def note(self, *args, **kwargs):
        traced.append(self)
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(Graphs, "_forward", note)
    for parameters in (
        {"learning_rate": 0.1},
        {"dropout": 0.5},
        {"l2": 0.1},
        {"batch_size": 17},
        {"random_state": 7},
        {"class_weight": "balanced"},
        {"epochs": 1},
        {"optimizer": "adamw"},
    ):
        make_model(validation_fraction=None, **parameters).fit(X, y).predict_proba(X)
    assert traced == []
