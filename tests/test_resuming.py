"""A fit that was cut off, by an error or a kill, ends bit for bit where it would have ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

import skann
from skann import CostThresholdClassifier
from skann._churn_ann._fit_in_parts import NetworkParts
from skann._churn_ann._unfinished import StateFile, Unfinished, fingerprint
from skann._warnings import WorkflowWarning
from skann.model_selection import StagedSearchCV
from skann.networks import resumed, stored

MODEL_SETTINGS = {
    "cv": 2,
    "hidden_layer_sizes": (8,),
    "n_heads": 1,
    "epochs": 12,
    "batch_size": 128,
    "learning_rate": 0.05,
    "patience": 2,
    "dropout": 0.2,
    "random_state": 0,
}


class OnEpochEnd(keras.callbacks.Callback):
    """Calls a function at the end of each epoch of each network."""

    leaves_weights_alone = True

    def __init__(self, function):
        super().__init__()
        self.function = function

    def on_epoch_end(self, epoch, logs=None):
        self.function(epoch)


def cut_off(model, X, y, after):
    """Interrupt a fit after so many epochs of all its networks."""
    ended = []

    def interrupt(epoch):
        ended.append(epoch)
        if len(ended) == after:
            raise KeyboardInterrupt

    model.callbacks = [*(model.callbacks or []), OnEpochEnd(interrupt)]
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)


def assert_same_fit(model, other, X):
    assert model.history_.equals(other.history_)
    assert model.best_epoch_ == other.best_epoch_
    assert_array_equal(model.validation_proba_, other.validation_proba_)
    assert_array_equal(model.predict_proba(X), other.predict_proba(X))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def whole(small_churn, make_model):
    """A fit that nothing cut off."""
    model = make_model().fit(*small_churn)
    assert 4 < len(model.history_) < 24
    return model


def test_a_fit_that_is_cut_off_again_and_again_ends_as_if_it_had_not_been(
    small_churn, whole, tmp_path, make_model
):
    X, y = small_churn
    settings = {"warm_start": True, "checkpoint_dir": tmp_path}
    first_fold = len(whole.history_.loc[1])
    for after in (1, 2, first_fold, 2):
        cut_off(make_model(**settings), X, y, after)
    epochs = []
    model = make_model(**settings, callbacks=[OnEpochEnd(epochs.append)]).fit(X, y)
    assert_same_fit(model, whole, X)
    assert 0 < len(epochs) < len(whole.history_.loc[2])
    assert names(tmp_path) == ["churn_network_1.keras", "churn_network_2.keras"]


def test_backup_and_restore_does_the_same_in_its_own_folder(
    small_churn, whole, tmp_path, make_model
):
    X, y = small_churn
    callbacks = [keras.callbacks.BackupAndRestore(tmp_path)]
    cut_off(make_model(callbacks=callbacks), X, y, 3)
    assert len(names(tmp_path)) == 1
    assert_same_fit(make_model(callbacks=callbacks).fit(X, y), whole, X)
    assert names(tmp_path) == []


def test_keras_own_fit_and_a_users_early_stopping_go_on(small_churn, tmp_path, make_model):
    X, y = small_churn
    settings = {
        "cv": None,
        "optimizer": keras.optimizers.RMSprop(0.01),
        "epochs": 5,
        "callbacks": [keras.callbacks.EarlyStopping("val_auc", mode="min", patience=2)],
    }
    whole = make_model(**settings).fit(X, y)
    assert whole.n_iter_ < 5
    settings |= {"warm_start": True, "checkpoint_dir": tmp_path}
    cut_off(make_model(**settings), X, y, whole.n_iter_)
    assert_same_fit(make_model(**settings).fit(X, y), whole, X)


def test_the_networks_of_a_race_between_capacities_go_on(
    small_churn, tmp_path, monkeypatch, make_model
):
    monkeypatch.setattr("skann._churn_ann._capacity._KNOWS_LITTLE", 2.0)
    X, y = small_churn
    settings = {"hidden_layer_sizes": (8,), "l2": "auto", "epochs": 3}
    whole = make_model(**settings).fit(X, y)
    settings |= {"warm_start": True, "checkpoint_dir": tmp_path}
    cut_off(make_model(**settings), X, y, 5)  # in the second network of the first fold
    assert len(list(tmp_path.glob("churn_network_1.*.state"))) == 2
    model = make_model(**settings).fit(X, y)
    assert_same_fit(model, whole, X)
    assert model.l2_ == whole.l2_
    assert names(tmp_path) == ["churn_network_1.keras", "churn_network_2.keras"]


def test_the_checkpoint_is_of_the_capacity_that_was_chosen(
    small_churn, tmp_path, monkeypatch, make_model
):
    monkeypatch.setattr("skann._churn_ann._capacity._KNOWS_LITTLE", 2.0)
    monkeypatch.setattr("skann._churn_ann._capacity._GAIN_OF_THE_MEAN", 0.0)
    monkeypatch.setattr("skann._churn_ann._capacity.LARGE_LAYER_SIZES", (3,))
    settings = {"hidden_layer_sizes": "auto", "epochs": 1, "checkpoint_dir": tmp_path}
    model = make_model(**settings).fit(*small_churn)
    saved = keras.saving.load_model(tmp_path / "churn_network_1.keras").get_weights()
    own = model.pipelines_[0]["network"].model_.get_weights()
    assert_array_equal(saved[0], own[0])


def test_a_further_fit_goes_on_from_the_same_fitted_network_only(small_churn, tmp_path, make_model):
    X, y = small_churn
    fitted = make_model(cv=None, epochs=3, warm_start=True, checkpoint_dir=tmp_path).fit(X, y)
    first = fitted.predict_proba(X)
    cut_off(fitted, X, y, 2)
    assert_array_equal(fitted.predict_proba(X), first)
    assert len(list(tmp_path.glob("*.state"))) == 1
    epochs = []
    fitted.set_params(callbacks=[OnEpochEnd(epochs.append)]).fit(X, y)
    assert (len(epochs), fitted.n_iter_) == (2, 3)


def test_states_of_other_fits_are_told_of(tmp_path):
    Unfinished(tmp_path, "one").file(None, "capacity").write("member", NetworkParts())
    Unfinished(tmp_path, "one")
    with pytest.warns(WorkflowWarning, match="other rows, parameters or versions"):
        Unfinished(tmp_path, "another")


def test_without_an_integer_seed_no_state_is_written_and_this_is_said(
    small_churn, tmp_path, make_model
):
    X, y = small_churn
    settings = {"cv": None, "warm_start": True, "checkpoint_dir": tmp_path, "random_state": None}
    with pytest.warns(WorkflowWarning, match="integer random_state"):
        cut_off(make_model(**settings), X, y, 2)
    assert names(tmp_path) == ["churn_network.keras"]


# Files of states


def test_a_damaged_state_is_not_taken_for_one(tmp_path):
    file = StateFile(tmp_path / "churn_network.abc_1.state")
    assert file.read() is None
    file.write("member", NetworkParts(losses=[0.5]))
    member, parts = file.read()
    assert (member, parts.losses) == ("member", [0.5])
    content = bytearray(file.path.read_bytes())
    content[-9] ^= 1
    for damaged in (content, content[:50], b""):
        file.path.write_bytes(damaged)
        with pytest.warns(WorkflowWarning, match="damaged: the network starts anew"):
            assert file.read() is None


def test_what_cannot_be_pickled_is_refused_and_the_file_stays(tmp_path):
    file = StateFile(tmp_path / "churn_network.abc_1.state")
    file.write("member", NetworkParts())
    with pytest.raises(ValueError, match="cannot be pickled"):
        file.write(lambda: None, NetworkParts())
    assert file.read()[0] == "member"
    assert names(tmp_path) == [file.path.name]


def test_other_fits_keep_their_states_and_killed_ones_leave_no_halves(tmp_path):
    own, other = (Unfinished(tmp_path, key) for key in ("own", "other"))
    for states in (own, other):
        states.file(1, "capacity").write("member", NetworkParts())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f".{ended.pid}_churn_network_1.keras").touch()
    at_work = tmp_path / f".{os.getpid()}_churn_network_1.keras"
    at_work.touch()
    own.remove()
    assert names(tmp_path) == sorted([other.file(1, "capacity").path.name, at_work.name])


def test_fits_are_told_apart_by_what_decides_their_result(make_model):
    table = pd.DataFrame({"plan": ["a", "b", None], "age": [1.0, np.nan, 3.0]})
    y = np.array([0, 1, 1])
    known = fingerprint(make_model(), table, y)
    callbacks = [OnEpochEnd(print)]
    same = make_model(n_jobs=2, verbose=1, warm_start=True, checkpoint_dir="d", callbacks=callbacks)
    assert fingerprint(same, table.copy(), y.copy()) == known
    assert fingerprint(make_model(patience=3), table, y) != known
    assert fingerprint(make_model(), table.assign(age=[1.0, 2.0, 3.0]), y) != known
    assert fingerprint(make_model(), table, 1 - y) != known
    rates = {
        fingerprint(make_model(optimizer=keras.optimizers.SGD(rate)), table, y)
        for rate in (0.1, 0.1, 0.2)
    }
    assert len(rates) == 2


def test_callbacks_are_stored_by_kind_without_their_network_and_others_begin_anew():
    keeps = keras.callbacks.EarlyStopping(patience=7)
    keeps.wait = 3
    keeps.set_model(keras.Sequential())
    states = stored([keeps, keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)])
    fresh = [keras.callbacks.EarlyStopping(patience=7), OnEpochEnd(print)]
    together, going_on = resumed(fresh, states)
    assert [callback.wait for callback in going_on] == [3]
    assert together == [*going_on, fresh[1]]
    assert going_on[0]._model is None


# Inner fits


def test_inner_fits_of_a_threshold_and_a_search_leave_the_checkpoint_alone(
    small_churn, tmp_path, make_model
):
    X, y = small_churn
    network = make_model(cv=None, epochs=1, checkpoint_dir=tmp_path)
    decision = CostThresholdClassifier(network, fn_cost=20, fp_cost=1, cv=2).fit(X, y)
    search = StagedSearchCV(
        clone(network).set_params(checkpoint_dir=tmp_path / "search"),
        {"learning_rate": {"learning_rate": [0.01, 0.05]}},
        cv=2,
    ).fit(X, y)
    for folder, fitted in (
        (tmp_path, decision.estimator_),
        (tmp_path / "search", search.best_estimator_),
    ):
        saved = keras.saving.load_model(folder / "churn_network.keras").get_weights()
        own = fitted.pipelines_[0]["network"].model_.get_weights()
        assert_array_equal(saved[0], own[0])


KILLED = """
import os, signal, sys
import keras
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from test_resuming import MODEL_SETTINGS
from skann import ChurnANNClassifier
from skann.datasets import make_churn

class Kill(keras.callbacks.Callback):
    leaves_weights_alone = True
    left = int(sys.argv[3])

    def on_epoch_end(self, epoch, logs=None):
        Kill.left -= 1
        if not Kill.left:
            os.kill(os.getpid(), signal.SIGKILL)

churn = make_churn(400, random_state=0)
mine = {"warm_start": True, "checkpoint_dir": sys.argv[2], "callbacks": [Kill]}
model = ChurnANNClassifier(**MODEL_SETTINGS, **mine)
model.fit(churn.data.drop(columns="customer_id"), churn.target)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills so there")
def test_a_killed_process_leaves_what_another_goes_on_from(
    small_churn, whole, tmp_path, make_model
):
    X, y = small_churn
    for after in (2, 3):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, __file__, tmp_path, str(after)],
            cwd=Path(skann.__file__).parents[1],
            stderr=subprocess.DEVNULL,
        )
        assert killed.returncode == -signal.SIGKILL
    epochs = []
    callbacks = [OnEpochEnd(epochs.append)]
    settings = {"warm_start": True, "checkpoint_dir": tmp_path, "callbacks": callbacks}
    assert_same_fit(make_model(**settings).fit(X, y), whole, X)
    assert len(epochs) <= len(whole.history_) - 3
