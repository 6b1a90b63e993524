"""Callbacks of scikit-learn hear of folds, epochs and inner fits, and change nothing unasked."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skann
from skann import ChurnANNClassifier, CostThresholdClassifier
from skann.model_selection import StagedSearchCV

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has none")


def network(**parameters):
    settings = {"hidden_layer_sizes": (8,), "n_heads": 1, "batch_size": 64, "random_state": 0}
    return ChurnANNClassifier(**{"cv": None, "epochs": 2, **settings, **parameters})


class Listener:
    """Notes what it hears of, and stops or fails at the end of a task if it is to."""

    max_propagation_depth = None

    def __init__(self, stop_at=None, fail_at=None):
        self.stop_at, self.fail_at = stop_at, fail_at
        self.begun, self.ended, self.torn_down = [], [], 0

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(path_of(context))

    def on_fit_task_end(self, estimator, context):
        path = path_of(context)
        self.ended.append(path)
        if path == self.fail_at:
            raise RuntimeError("the listener fails")
        return path == self.stop_at

    def teardown(self, estimator, context):
        self.torn_down += 1


def path_of(context):
    above = "" if context.parent is None else f"{path_of(context.parent)}/"
    return f"{above}{context.task_name} {context.task_id}"


def heard_from(model, X, y):
    """Return what a callback hears of when a model is fitted, in the order of its end."""
    listener = Listener()
    model.set_callbacks(listener).fit(X, y)
    assert sorted(listener.begun) == sorted(listener.ended)
    assert listener.torn_down == 1
    return listener.ended


def epochs(path, n_epochs=2):
    return [*(f"{path}/epoch {epoch}" for epoch in range(n_epochs)), path]


LINEAR = LogisticRegression(max_iter=100)  # which has callbacks of its own


@pytest.fixture(scope="module")
def numbers(small_churn):
    X, y = small_churn
    return StandardScaler().fit_transform(X.select_dtypes("number").fillna(0)), y


@pytest.fixture(scope="module")
def folds(small_churn):
    rows = np.arange(len(small_churn[1]))
    return [(rows[rows % 2 != k], rows[rows % 2 == k]) for k in range(2)]


@pytest.fixture(scope="module")
def plain(small_churn, folds):
    return network(cv=folds, early_stopping=False).fit(*small_churn)


@pytest.fixture(scope="module")
def watched(plain, small_churn):
    """The same fit with callbacks."""
    callbacks = Listener(), callback.ScoringMonitor(scoring="roc_auc")
    model = clone(plain).set_params(n_jobs=2).set_callbacks(*callbacks)
    return model.fit(*small_churn), *callbacks


def test_a_fit_is_bit_for_bit_the_same_with_callbacks(plain, watched, small_churn):
    X, _ = small_churn
    assert_array_equal(watched[0].predict_proba(X), plain.predict_proba(X))
    assert_array_equal(watched[0].validation_proba_, plain.validation_proba_)
    assert watched[0].history_.equals(plain.history_)


def test_folds_and_their_epochs_are_told(watched):
    _, listener, _ = watched
    told = [*epochs("fit 0/fold 0"), *epochs("fit 0/fold 1"), "fit 0"]
    assert sorted(listener.ended) == sorted(listener.begun) == sorted(told)
    assert listener.ended[-1] == "fit 0"
    assert listener.torn_down == 1


def test_each_epoch_of_each_fold_has_a_score_of_its_training_rows(watched, small_churn, folds):
    X, y = small_churn
    model, _, monitor = watched
    scores = {row["task_id_path"]: row["roc_auc"] for row in monitor.get_logs().data}
    by_fold = [(0, 0), (0, 0, 0), (0, 0, 1), (0, 1), (0, 1, 0), (0, 1, 1)]
    assert sorted(scores) == [(0,), *by_fold]
    for number, (train, _) in enumerate(folds):
        score = model.pipelines_[number].predict_proba(X.iloc[train])[:, 1]
        expected = roc_auc_score(y[train] == "Yes", score)
        assert_allclose([scores[0, number], scores[0, number, 1]], expected, atol=1e-6)
        assert scores[0, number, 0] != scores[0, number, 1]
    assert_allclose(scores[0,], roc_auc_score(y, model.predict_proba(X)[:, 1]), atol=1e-6)


def test_a_model_with_callbacks_is_pickled_and_saved(watched, small_churn, tmp_path):
    X, _ = small_churn
    model = watched[0]
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))
    skann.save(model, tmp_path / "model.skann")
    loaded = skann.load(tmp_path / "model.skann")
    assert_allclose(loaded.predict_proba(X), model.predict_proba(X), atol=1e-6)
    assert not hasattr(loaded, "_skl_callbacks")


def test_the_larger_network_that_the_first_fold_tries_is_a_task(small_churn):
    heard = heard_from(network(cv=2, epochs=1), *small_churn)
    assert heard[:3] == [*epochs("fit 0/fold 0", 1), "fit 0/larger-network 2"]


def test_who_asks_to_stop_stops_training_with_the_best_weights(small_churn):
    X, y = small_churn
    listener = Listener(stop_at="fit 0/epoch 4")
    model = network(epochs=50, learning_rate=0.1, l2=0.0).set_callbacks(listener).fit(X, y)
    assert model.n_iter_ == 5
    losses = model.history_["val_loss"]
    assert model.best_epoch_ == losses.idxmin() == 3
    loss = log_loss(y[model.validation_indices_] == "Yes", model.validation_proba_)
    assert loss == pytest.approx(losses.min(), abs=1e-5)


def test_a_callback_that_fails_leaves_the_estimator_as_it_was(small_churn):
    listener = Listener(fail_at="fit 0/epoch 0")
    model = network().set_callbacks(listener)
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="the listener fails"):
        model.fit(*small_churn)
    assert vars(model) == before
    assert listener.torn_down == 1


def test_a_fit_that_goes_on_counts_the_epochs_of_before(small_churn, tmp_path):
    model = network(warm_start=True, checkpoint_dir=tmp_path)
    with pytest.raises(RuntimeError):
        model.set_callbacks(Listener(fail_at="fit 0/epoch 1")).fit(*small_churn)
    assert heard_from(model, *small_churn) == ["fit 0/epoch 1", "fit 0"]


def test_the_decision_tells_of_its_fits_and_hands_callbacks_on(numbers):
    model = CostThresholdClassifier(LINEAR, fn_cost=9, cv=2)
    heard = heard_from(model, *numbers)
    scoring = "fit 0/score-unseen-rows 1"
    fits = ["fit 0/fit 0", f"{scoring}/fit 0", f"{scoring}/fit 1"]
    assert [path for path in heard if "iter" not in path] == [*fits, scoring, "fit 0"]
    for fit in fits:
        assert any(path.startswith(f"{fit}/lbfgs-iter") for path in heard)


def test_networks_are_tasks_of_what_they_stand_in(small_churn):
    steps = make_pipeline("passthrough", network(epochs=1))
    search = GridSearchCV(steps, {"churnannclassifier__dropout": [0.1]}, cv=2, refit=False)
    heard = heard_from(search, *small_churn)
    for number in range(2):
        assert f"fit 0/search 0/fit {number}/fit 1/epoch 0" in heard


@pytest.mark.parametrize("verbose", [0, 1])
def test_stages_and_candidates_are_told(numbers, verbose, capsys):
    stages = {"size": {"C": [0.1, 1.0]}, "intercept": {"fit_intercept": [False, True]}}
    search = StagedSearchCV(LINEAR, stages, cv=2, verbose=verbose)
    heard = [path for path in heard_from(search, *numbers) if "iter" not in path]
    told = [path.partition("/search 0/")[2] for path in heard]
    if not verbose:
        fits = [f"size 0/fit {number}" for number in range(4)]
        assert told[:5] == [*fits, "size 0"]
    assert heard[-3:] == ["fit 0/search 0", "fit 0/fit 1", "fit 0"]


def test_a_race_is_told_by_candidate_and_fold(small_churn):
    search = StagedSearchCV(network(), {"rate": {"learning_rate": [1e-3, 1e-2]}}, cv=2)
    stage = "fit 0/search 0/rate 0"
    candidates = [f"{stage}/candidate-split-evaluation {number}" for number in range(4)]
    heard = heard_from(search, *small_churn)
    assert heard == [*candidates, stage, "fit 0/search 0", *epochs("fit 0/fit 1"), "fit 0"]


def test_the_progress_bar_shows_folds(small_churn, capsys):
    pytest.importorskip("rich", reason="scikit-learn's progress bar needs rich")
    network(cv=2, epochs=1).set_callbacks(callback.ProgressBar()).fit(*small_churn)
    shown = capsys.readouterr().out
    for task in ("fit", "fold #0", "fold #1"):
        assert f"ChurnANNClassifier - {task}" in shown
