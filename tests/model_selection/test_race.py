"""Networks of a stage race: who is clearly behind stops, and nobody is trained twice."""

import joblib
import keras
import numpy as np
import pytest
import sklearn
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from skann import ChurnANNClassifier, CostThresholdClassifier
from skann.model_selection import StagedSearchCV
from skann.model_selection._race import are_comparable, can_race, goes_on

RATES = {"rate": {"learning_rate": [1e-6, 0.02]}}


class CountEpochs(keras.callbacks.Callback):
    """Counts all epochs of all fits."""

    n_epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        CountEpochs.n_epochs += 1


@pytest.fixture(scope="module")
def data():
    return make_classification(300, n_informative=4, random_state=0)


MODEL_SETTINGS = {
    "numeric_encoding": "standard",
    "epochs": 12,
    "batch_size": 32,
    "learning_rate": 0.02,
}


def search(estimator, stages, **settings):
    return StagedSearchCV(estimator, stages, **{"cv": 2, "refit": False, **settings})


def without_times(results):
    return {
        name: np.asarray(value).tolist() for name, value in results.items() if "time" not in name
    }


# Who goes on


def curves(*of_folds):
    return [list(curve) for curve in of_folds]


def test_who_is_behind_the_leader_by_more_than_the_noise_between_folds_falls_out():
    leader = curves([0.5] * 4, [0.6] * 4, [0.7] * 4)
    noisy = curves([0.6] * 4, [0.4] * 4, [0.9] * 4)
    behind = curves([0.51] * 4, [0.61] * 4, [0.72] * 4)
    assert goes_on([leader, noisy, behind], 4) == [True, True, False]
    assert goes_on([behind, noisy, leader], 4) == [False, True, True]


def test_the_best_loss_so_far_counts_and_a_curve_may_have_ended():
    leader = curves([0.5, 0.9, 0.9, 0.9], [0.5] * 4)
    ended = curves([0.9, 0.4], [0.9, 0.4])
    assert goes_on([leader, ended], 4) == [False, True]


def test_who_lags_the_leader_by_an_eighth_of_the_epochs_goes_on():
    leader = curves(*[np.linspace(1, 0, 16)] * 2)
    slower = curves(*[np.linspace(1, 0.1, 16)] * 2)
    slowest = curves(*[np.linspace(1, 0.2, 16)] * 2)
    assert goes_on([leader, slower, slowest], 16) == [True, True, False]


def test_a_loss_that_is_not_finite_is_behind_every_other():
    assert goes_on([curves([np.nan] * 4, [0.1] * 4), curves([0.9] * 4, [0.9] * 4)], 4) == [
        False,
        True,
    ]
    assert goes_on([], 4) == []


NETWORK = ChurnANNClassifier(cv=None, random_state=0)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (NETWORK, True),
        (ChurnANNClassifier(cv=None), True),
        (make_pipeline(StandardScaler(), NETWORK), True),
        (make_sampling_pipeline(RandomOverSampler(random_state=0), NETWORK), True),
        (make_sampling_pipeline(RandomOverSampler(), NETWORK), False),
        (make_pipeline(QuantileTransformer(random_state=None), NETWORK), False),
        (clone(NETWORK).set_params(preprocessor=QuantileTransformer()), False),
        (clone(NETWORK).set_params(preprocessor=QuantileTransformer(random_state=0)), True),
        (clone(NETWORK).set_params(early_stopping=False), False),
        (clone(NETWORK).set_params(validation_fraction=None), False),
        (CostThresholdClassifier(NETWORK), False),
        (LogisticRegression(), False),
    ],
)
def test_networks_race_that_stop_on_validation_rows_and_meet_the_same_rows_again(
    estimator, expected
):
    assert can_race(estimator) == expected


def test_parameters_that_change_the_meaning_of_the_loss_are_not_compared(make_model):
    network, pipeline = make_model(), make_pipeline(StandardScaler(), make_model())
    assert are_comparable(network, {"l2", "learning_rate", "hidden_layer_sizes", "dropout"})
    for name in ("class_weight", "resampler", "loss", "validation_fraction", "random_state"):
        assert not are_comparable(network, {"l2", name})
    assert are_comparable(pipeline, {"churnannclassifier__l2"})
    assert not are_comparable(pipeline, {"churnannclassifier__l2", "standardscaler__with_std"})


# The search


def test_a_bad_learning_rate_falls_out_and_the_winner_is_trained_to_its_end(data, make_model):
    CountEpochs.n_epochs = 0
    model = make_model(callbacks=[CountEpochs])
    raced = search(model, RATES, refit=True).fit(*data)
    results = raced.cv_results_
    assert raced.best_params_ == {"learning_rate": 0.02}
    assert results["left_at"][0] == 4 and np.isnan(results["left_at"][1])
    assert results["n_epochs"][0] == 2 * 4
    assert CountEpochs.n_epochs == results["n_epochs"].sum() + raced.best_estimator_.n_iter_
    whole = cross_val_score(make_model(), *data, scoring="roc_auc", cv=2)
    assert [results[f"split{fold}_test_score"][1] for fold in range(2)] == whole.tolist()


def test_who_fell_out_is_scored_at_its_best_epoch_but_not_chosen(data, make_model):
    stages = {"rate": {"learning_rate": [1e-6, 0.02]}}
    raced = search(make_model(), stages, scoring=_lower_rate_scores_higher).fit(*data)
    results = raced.cv_results_
    scores = cross_val_score(
        make_model(learning_rate=1e-6, epochs=4), *data, scoring="roc_auc", cv=2
    )
    auc = search(make_model(), stages).fit(*data).cv_results_["mean_test_score"]
    assert auc[0] == scores.mean()
    assert results["rank_test_score"].tolist() == [1, 2]
    assert raced.best_index_ == 1


def _lower_rate_scores_higher(estimator, X, y):
    return -estimator.learning_rate


def test_later_stages_race_against_the_best_of_earlier_ones_without_training_it_again(
    data, make_model
):
    CountEpochs.n_epochs = 0
    stages = {**RATES, "again": {"learning_rate": [1e-6, 1e-5, 0.02]}}
    raced = search(make_model(callbacks=[CountEpochs]), stages).fit(*data)
    assert raced.cv_results_["left_at"][[0, 2]].tolist() == [4, 4]
    assert CountEpochs.n_epochs == raced.cv_results_["n_epochs"].sum()


def test_penalties_are_left_out_of_the_comparison(data, monkeypatch, make_model):
    seen = []
    monkeypatch.setattr(
        "skann.model_selection._race.goes_on",
        lambda contestants, epoch: seen.append(contestants) or [True] * len(contestants),
    )
    # With a rate of nothing these differ in the penalty alone, which is most of the larger loss.
    model = make_model(learning_rate=1e-30, epochs=6)
    search(model, {"first": {"l2": [0.0, 1.0]}}).fit(*data)
    assert len(seen[0]) == 2
    np.testing.assert_allclose(*seen[0], rtol=1e-4)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_without_a_race_results_are_those_of_whole_fits(data, n_jobs, make_model):
    settings = {"cv": 2, "refit": False, "scoring": "roc_auc"}
    grid = GridSearchCV(make_model(), RATES["rate"], **settings).fit(*data).cv_results_
    with joblib.parallel_config("threading"):
        whole = search(make_model(), RATES, race=False, n_jobs=n_jobs).fit(*data).cv_results_
    assert whole.pop("stage").tolist() == ["rate"] * 2
    assert without_times(whole) == without_times(grid)


def test_two_threads_give_what_one_gives(data, make_model):
    stages = {**RATES, "size": {"hidden_layer_sizes": [(4,), (8,), (16,)]}}
    one, two = (
        without_times(search(make_model(dropout=0.1), stages, n_jobs=n).fit(*data).cv_results_)
        for n in (1, 2)
    )
    assert str(one) == str(two)


@pytest.mark.slow
def test_processes_give_what_threads_give(data, make_model):
    found = []
    for backend in ("threading", "loky"):
        with joblib.parallel_config(backend):
            fitted = search(make_model(), RATES, n_jobs=2).fit(*data)
        found.append(str(without_times(fitted.cv_results_)))
    assert found[0] == found[1]


def test_a_stage_that_changes_the_loss_is_fitted_whole_within_a_race(data, make_model):
    stages = {**RATES, "weight": {"class_weight": [None, "balanced"]}}
    results = search(make_model(), stages).fit(*data).cv_results_
    assert np.isnan(results["left_at"]).tolist() == [False, True, True]
    alone = make_model(class_weight="balanced")
    scores = cross_val_score(alone, *data, scoring="roc_auc", cv=2)
    assert results["mean_test_score"][2] == scores.mean()


def test_a_pipeline_races_as_its_last_step_does(data, make_model):
    model = make_sampling_pipeline(
        StandardScaler(), RandomOverSampler(random_state=0), make_model(numeric_encoding="quantile")
    )
    stages = {"rate": {"churnannclassifier__learning_rate": [1e-6, 0.02]}}
    results = search(model, stages).fit(*data).cv_results_
    assert results["left_at"][0] == 4
    scores = cross_val_score(model, *data, scoring="roc_auc", cv=2)
    assert results["mean_test_score"][1] == scores.mean()


def test_other_estimators_have_no_columns_of_a_race(data):
    results = search(LogisticRegression(), {"first": {"C": [1, 2]}}).fit(*data).cv_results_
    assert not {"left_at", "n_epochs"} & set(results)


def test_one_fold_shows_no_noise_and_is_fitted_whole(data, make_model):
    fold = [(np.arange(200), np.arange(200, 300))]
    results = search(make_model(), RATES, cv=fold).fit(*data).cv_results_
    assert np.isnan(results["left_at"]).all()


def test_weights_and_groups_reach_the_folds_and_fits_of_a_race(data, make_model):
    X, y = data
    weight, groups = np.where(X[:, 0] > 0, 5.0, 1.0), np.arange(len(y)) % 6
    with sklearn.config_context(enable_metadata_routing=True):
        model = make_model().set_fit_request(sample_weight=True)
        scoring = get_scorer("roc_auc").set_score_request(sample_weight=True)
        settings = {"scoring": scoring, "cv": GroupKFold(2), "refit": False}
        raced = StagedSearchCV(model, RATES, **settings)
        grid = GridSearchCV(model, {"learning_rate": [0.02]}, **settings)
        for one in (raced, grid):
            one.fit(X, y, sample_weight=weight, groups=groups)
    assert raced.cv_results_["mean_test_score"][1] == grid.cv_results_["mean_test_score"][0]
    plain = search(make_model(), RATES, cv=GroupKFold(2))
    by_keyword = plain.fit(X, y, sample_weight=weight, groups=groups).cv_results_
    assert by_keyword["mean_test_score"][1] == grid.cv_results_["mean_test_score"][0]


def test_a_fit_that_fails_falls_out_with_the_error_score(data, make_model):
    stages = {"rate": {"learning_rate": [0.02, 1e30]}}
    with pytest.warns(FitFailedWarning, match="(?s)2 fits failed out of a total of 4.*diverged"):
        raced = search(make_model(), stages, error_score=-1.0).fit(*data)
    assert raced.cv_results_["mean_test_score"][1] == -1.0
    assert raced.best_index_ == 0
    with pytest.raises(ValueError, match="training diverged"):
        search(make_model(), stages, error_score="raise").fit(*data)


def test_several_scores_and_training_scores_are_those_of_a_grid_search(data, make_model):
    settings = {
        "scoring": ["roc_auc", "neg_log_loss"],
        "refit": "neg_log_loss",
        "return_train_score": True,
        "cv": 2,
    }
    raced = StagedSearchCV(make_model(), RATES, **settings).fit(*data)
    grid = GridSearchCV(make_model(), {"learning_rate": [0.02]}, **settings).fit(*data)
    for name in ("mean_test_roc_auc", "mean_train_neg_log_loss"):
        assert raced.cv_results_[name][1] == grid.cv_results_[name][0]
    assert raced.best_params_ == grid.best_params_
    assert np.array_equal(raced.predict_proba(data[0]), grid.predict_proba(data[0]))


def test_the_time_of_a_fit_is_that_of_its_training(data, make_model):
    results = search(make_model(), RATES).fit(*data).cv_results_
    assert (results["mean_fit_time"] > results["mean_score_time"]).all()


def test_a_race_leaves_the_search_and_what_it_found_as_any_search_does(data, make_model):
    model = make_model()
    raced = search(model, RATES, refit=True).fit(*data)
    assert raced.estimator is model and not hasattr(model, "classes_")
    assert set(vars(raced)) == set(vars(search(model, RATES, race=False, refit=True).fit(*data)))
    assert set(vars(raced.best_estimator_)) == set(vars(clone(model).fit(*data)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        raced.fit(data[0], data[1][:-1])
    assert raced.estimator is model


def test_the_bar_of_a_race_counts_all_fits(data, capfd, make_model):
    search(make_model(), RATES, verbose=1).fit(*data)
    out, err = capfd.readouterr()
    assert out == ""
    assert "rate: 100%" in err and "4/4" in err and "best" in err
