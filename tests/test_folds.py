"""A network a fold: every row trains, and every row is judged by a network that did not see it."""

import pickle
import re
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, RepeatedKFold, TimeSeriesSplit

from skann import ChurnANNClassifier, CostThresholdClassifier, ValidationWarning
from skann._churn_ann._member import Member
from skann._churn_ann._stopping import stop_by_the_others
from skann.preprocessing import TableCleaner

MODEL_SETTINGS = {"n_heads": 2, "epochs": 4, "learning_rate": 0.02, "cv": 3}


class OnTrainBegin(keras.callbacks.Callback):
    """Hands itself to a function when training begins."""

    leaves_weights_alone = True

    def __init__(self, function):
        super().__init__()
        self.function = function

    def on_train_begin(self, logs=None):
        self.function(self)


class Interrupt(keras.callbacks.Callback):
    leaves_weights_alone = True

    def __init__(self, hook="on_epoch_end", on=True):
        super().__init__()
        if on:
            setattr(self, hook, self._stop)

    def _stop(self, *args):
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def data(small_churn):
    return small_churn


@pytest.fixture(scope="module")
def fitted(data, make_model):
    return make_model().fit(*data)


def test_every_row_is_judged_by_the_network_that_did_not_see_it(data, make_model):
    X, y = data
    folds = [
        (np.arange(len(y))[np.arange(len(y)) % 3 != k], np.arange(k, len(y), 3)) for k in range(3)
    ]
    model = make_model(cv=folds).fit(X, y)
    assert_array_equal(model.validation_indices_, np.arange(len(y)))
    for k, (train, held_out) in enumerate(folds):
        own = model.pipelines_[k].predict_proba(X.iloc[held_out])[:, 1]
        assert_allclose(model.validation_proba_[held_out], own, rtol=1e-6)
        cleaner = TableCleaner().fit(X.iloc[train])
        assert_array_equal(model.pipelines_[k]["preprocess"].medians_, cleaner.medians_)


def test_the_probability_is_the_mean_of_the_networks(fitted, data):
    X, _ = data
    networks = [pipeline.predict_proba(X)[:, 1] for pipeline in fitted.pipelines_]
    assert len(networks) == 3
    assert not np.allclose(networks[0], networks[1])
    assert_allclose(fitted.predict_proba(X)[:, 1], np.mean(networks, axis=0), rtol=1e-6)


def test_the_spread_is_that_of_all_heads_of_all_networks(fitted, data):
    X, _ = data
    heads = []
    for pipeline in fitted.pipelines_:
        encoded = pipeline["encode"].transform(pipeline["preprocess"].transform(X))
        heads += list(pipeline["network"].head_probabilities(encoded).T)
    assert len(heads) == 3 * fitted.n_heads
    assert_allclose(fitted.predict_proba_std(X), np.std(heads, axis=0), atol=1e-6)


def test_the_history_tells_folds_apart(fitted):
    assert fitted.history_.index.names == ["fold", "epoch"]
    assert fitted.history_.index.unique("fold").tolist() == [1, 2, 3]
    assert len(fitted.best_epoch_) == 3
    assert fitted.n_iter_ == fitted.history_.groupby("fold").size().max()


def test_a_network_is_stopped_by_the_rows_of_the_others():
    """Each network keeps the epoch at which the mean of the other two is lowest."""
    losses = [[3.0, 1.0, 2.0, 2.0], [3.0, 2.0, 1.0], [1.0, 3.0, 4.0, 5.0]]
    members = [FakeMember(curve) for curve in losses]
    stopped = stop_by_the_others([member.member for member in members])
    # By its own losses each would keep another: 2, 3 and 1.
    assert [member.best_epoch for member in stopped] == [1, 1, 2]
    assert [member.kept for member in members] == [0, 0, 1]


class FakeMember:
    """A network that has trained with these losses, and whose weights are their epoch."""

    def __init__(self, losses):
        history = pd.DataFrame({"val_loss": losses})
        network = SimpleNamespace(model_=SimpleNamespace(set_weights=self.keep))
        snapshots = range(len(losses))
        self.member = Member({"network": network}, np.ones(2), 0.0, history, 1, snapshots=snapshots)

    def keep(self, epoch):
        self.kept = epoch


@pytest.mark.parametrize("change", [{"n_jobs": 2}, {}], ids=["threads", "again"])
def test_equal_seeds_give_equal_networks(fitted, data, change, make_model):
    again = make_model(**change).fit(*data)
    assert_array_equal(again.predict_proba(data[0]), fitted.predict_proba(data[0]))
    assert_array_equal(again.validation_proba_, fitted.validation_proba_)


def test_another_seed_gives_other_folds_and_networks(fitted, data, make_model):
    other = make_model(random_state=1).fit(*data)
    assert not np.allclose(other.validation_proba_, fitted.validation_proba_)


def test_rows_of_a_group_are_on_one_side(data, make_model):
    X, y = data
    groups = np.repeat(np.arange(len(y) // 4), 4)[: len(y)]
    model = make_model(epochs=1).fit(X, y, groups=groups)
    trained = make_model(epochs=1, cv=GroupKFold(3)).fit(X, y, groups=groups)
    for one in (model, trained):
        assert_array_equal(one.validation_indices_, np.arange(len(y)))
    single = make_model(epochs=1, cv=None, validation_fraction=0.25).fit(X, y, groups=groups)
    held_out = set(groups[single.validation_indices_])
    others = np.setdiff1d(np.arange(len(y)), single.validation_indices_)
    assert held_out and not held_out & set(groups[others])
    assert 0.1 < len(single.validation_indices_) / len(y) < 0.4


def test_folds_made_of_groups_keep_them_whole():
    from skann._churn_ann._folds import stratified_folds

    rng = np.random.default_rng(0)
    y, groups = rng.integers(0, 2, 200), rng.integers(0, 40, 200)
    folds = stratified_folds(y, 4, groups, seed=0)
    assert len(folds) == 4
    for train, held_out in folds:
        assert not set(groups[train]) & set(groups[held_out])


def test_the_past_does_not_learn_from_the_future(data, make_model):
    X, y = data
    model = make_model(cv=TimeSeriesSplit(3), epochs=1).fit(X, y)
    first = min(held[0] for _, held in TimeSeriesSplit(3).split(X))
    assert_array_equal(model.validation_indices_, np.arange(first, len(y)))
    for pipeline, (train, _) in zip(model.pipelines_, TimeSeriesSplit(3).split(X), strict=True):
        cleaner = TableCleaner().fit(X.iloc[train])
        assert_array_equal(pipeline["preprocess"].medians_, cleaner.medians_)


def test_a_row_that_is_held_out_twice_gets_the_mean(data, make_model):
    X, y = data
    model = make_model(cv=RepeatedKFold(n_splits=2, n_repeats=2, random_state=0), epochs=1)
    model.fit(X, y)
    assert len(model.pipelines_) == 4
    assert_array_equal(model.validation_indices_, np.arange(len(y)))
    row = 5
    splits = RepeatedKFold(n_splits=2, n_repeats=2, random_state=0).split(X)
    own = [
        pipeline.predict_proba(X.iloc[[row]])[0, 1]
        for pipeline, (_, held) in zip(model.pipelines_, splits, strict=True)
        if row in held
    ]
    assert len(own) == 2
    assert_allclose(model.validation_proba_[row], np.mean(own), rtol=1e-6)


def test_rare_classes_make_fewer_folds_or_none(data, make_model):
    X, y = data
    y = (np.arange(len(y)) < 2).astype(int)
    assert len(make_model(epochs=1, cv=5).fit(X, y).pipelines_) == 2
    y[1] = 0
    with pytest.warns(ValidationWarning, match="too small to split"):
        model = make_model(epochs=1, cv=5).fit(X, y)
    assert len(model.pipelines_) == 1
    assert len(model.validation_indices_) == len(model.validation_proba_) == 0


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([(np.arange(100), np.arange(50, 200))], "fold 1 of cv has rows both to train"),
        ([], "no folds"),
        ([(np.arange(300), np.array([], dtype=int))] * 2, "0 rows to stop on"),
    ],
)
def test_folds_that_make_no_sense_are_refused(data, cv, message, make_model):
    X, y = data
    model = make_model(cv=cv)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "n_features_in_")


def test_groups_of_another_length_are_refused(data, make_model):
    X, y = data
    with pytest.raises(ValueError, match=re.escape("groups has 3 entries")):
        make_model().fit(X, y, groups=[1, 2, 3])


def test_validation_data_stop_the_networks_and_rows_are_judged_all_the_same(data, make_model):
    X, y = data
    own, given = (X[:300], y[:300]), (X[300:], y[300:])
    model = make_model().fit(*own, validation_data=given)
    assert_array_equal(model.validation_indices_, np.arange(300))
    for pipeline, loss in zip(
        model.pipelines_, model.history_["val_auc"].groupby("fold").last(), strict=True
    ):
        assert 0 < loss < 1 and len(pipeline) == 4


@pytest.mark.parametrize(
    "parameters", [{"class_weight": "balanced"}, {"resampler": "over"}], ids=str
)
def test_what_rows_are_told_is_at_their_own_class_shares(data, parameters, make_model):
    X, y = data
    model = make_model(epochs=15, **parameters).fit(X, y)
    share = np.mean(np.asarray(y) == model.classes_[1])
    assert abs(model.validation_proba_.mean() - share) < 0.06
    raw = make_model(epochs=15, correct_prior=False, **parameters).fit(X, y)
    assert raw.validation_proba_.mean() > share + 0.08


def test_weights_and_costs_reach_each_fold(data, make_model):
    X, y = data
    weight = np.where(np.arange(len(y)) % 5 == 0, 0.0, 1.0)
    model = make_model(epochs=1).fit(X, y, sample_weight=weight)
    assert_array_equal(model.validation_indices_, np.flatnonzero(weight))
    by_cost = make_model(loss="cost").fit(X, y, fn_cost=np.full(len(y), 20.0), fp_cost=1.0)
    assert by_cost.prior_shift_ == pytest.approx(np.log(20), rel=1e-6)


def test_further_training_goes_on_from_each_network(fitted, data):
    X, y = data
    model = pickle.loads(pickle.dumps(fitted)).set_params(warm_start=True)
    assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))
    before = [pipeline["network"].model_.get_weights()[0] for pipeline in model.pipelines_]
    steps = [pipeline["preprocess"] for pipeline in model.pipelines_]
    model.fit(X, y)
    after = [pipeline["network"].model_.get_weights()[0] for pipeline in model.pipelines_]
    assert [a is b["preprocess"] for a, b in zip(steps, model.pipelines_, strict=True)] == [
        True
    ] * 3
    assert all(not np.allclose(a, b) for a, b in zip(before, after, strict=True))
    with pytest.raises(ValueError, match="4 folds, and there are 3 networks"):
        model.set_params(cv=4).fit(X, y)


def test_partial_fit_trains_all_networks(data, make_model):
    X, y = data
    model = make_model().partial_fit(X, y)
    assert len(model.pipelines_) == 3
    assert not len(model.validation_indices_)
    first = model.predict_proba(X)
    assert not np.allclose(model.partial_fit(X, y).predict_proba(X), first)


def test_partial_fit_goes_on_from_a_fit(fitted, data):
    X, y = data
    model = pickle.loads(pickle.dumps(fitted)).partial_fit(X[:100], y[:100])
    assert not np.allclose(model.predict_proba(X), fitted.predict_proba(X))


def test_callbacks_are_copied_and_checkpoints_written_for_each_fold(data, tmp_path, make_model):
    X, y = data
    begun = []
    model = make_model(
        epochs=2, callbacks=[OnTrainBegin(begun.append)], checkpoint_dir=tmp_path
    ).fit(X, y)
    assert len(set(map(id, begun))) == 3
    names = [f"churn_network_{fold}.keras" for fold in (1, 2, 3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name, pipeline in zip(names, model.pipelines_, strict=True):
        saved = keras.saving.load_model(tmp_path / name).get_weights()
        for one, other in zip(saved[:2], pipeline["network"].model_.get_weights()[:2], strict=True):
            assert_allclose(one, other)


def test_the_decision_takes_no_further_fit(data, make_model):
    X, y = data
    begun = []
    model = make_model(callbacks=[OnTrainBegin(begun.append)])
    decision = CostThresholdClassifier(model, fn_cost=20, fp_cost=1).fit(X, y)
    assert len(begun) == 3
    network = decision.estimator_
    again = CostThresholdClassifier(network, fn_cost=20, fp_cost=1, cv="validation")
    assert again.fit(X, y).threshold_ == decision.threshold_
    loyal = CostThresholdClassifier(
        model, fn_cost=20, fp_cost=1, pos_label=network.classes_[0]
    ).fit(X, y)
    assert loyal.threshold_ != decision.threshold_


def test_with_few_rows_set_aside_the_decision_takes_folds_of_its_own(data, make_model):
    X, y = data
    begun = []
    model = make_model(cv=None, epochs=1, callbacks=[OnTrainBegin(begun.append)])
    CostThresholdClassifier(model, fn_cost=20).fit(X, y)
    assert len(begun) == 6


@pytest.mark.slow
def test_on_random_labels_no_row_is_known():
    scores = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(400, 6)), rng.integers(0, 2, 400)
        model = ChurnANNClassifier(cv=4, n_heads=2, random_state=seed).fit(X, y)
        scores.append(roc_auc_score(y, model.validation_proba_))
    error = np.std(scores, ddof=1) / np.sqrt(len(scores))
    assert abs(np.mean(scores) - 0.5) < 2 * error


# What fails leaves nothing behind


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_end", "on_train_end"])
@pytest.mark.parametrize("cv", [None, 2])
def test_an_interrupted_first_fit_leaves_the_estimator_unfitted(data, hook, cv, make_model):
    model = make_model(cv=cv, callbacks=[Interrupt(hook)])
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data)
    assert vars(model) == before


@pytest.mark.parametrize(
    "broken",
    [
        {"metrics": ["no such metric"]},
        {"activation": "none such"},
        {"callbacks": [Interrupt()]},
        {"callbacks": [Interrupt()], "warm_start": True},
    ],
    ids=["metrics", "activation", "interrupt", "interrupt of a warm start"],
)
def test_a_failed_refit_leaves_the_networks_as_they_were(fitted, data, broken):
    X, y = data
    model = pickle.loads(pickle.dumps(fitted)).set_params(**broken)
    with pytest.raises((ValueError, KeyboardInterrupt)):
        model.fit(X.iloc[:200], y[:200])
    assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))
    assert_array_equal(model.validation_proba_, fitted.validation_proba_)
    again = model.set_params(**{**fitted.get_params(), "warm_start": True}).fit(X, y)
    assert not np.allclose(again.predict_proba(X), fitted.predict_proba(X))


def test_a_failed_partial_fit_leaves_the_network_as_it_was(data, make_model):
    X, y = data
    model = make_model(cv=None).partial_fit(X, y)
    before = model.predict_proba(X)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[Interrupt()]).partial_fit(X, y)
    assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.RMSprop], ids=["graph", "keras"])
def test_no_outer_setting_changes_a_result(data, optimizer, make_model):
    X, y = data
    model = make_model(cv=2, epochs=2, optimizer=optimizer)
    plain = clone(model).fit(X, y)
    with sklearn.config_context(transform_output="pandas"):
        other = clone(model).fit(X, y)
        assert_array_equal(other.predict_proba(X), plain.predict_proba(X))
    assert_array_equal(clone(model).fit(X, y).predict_proba(X), plain.predict_proba(X))
