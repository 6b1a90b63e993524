"""StagedSearchCV: the order of stages, what they build on, and its place in scikit-learn."""

import warnings

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, get_scorer, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, ParameterGrid, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from skann import ChurnANNClassifier, CostThresholdClassifier, WorkflowWarning
from skann.model_selection import StagedSearchCV
from skann.model_selection._stages import default_stages

STAGES = {"first": {"a": [1, 2, 3]}, "second": {"b": [1, 2], "c": [1, 2]}, "third": {"d": [1, 2]}}


class Known(ClassifierMixin, BaseEstimator):
    """Scores known in advance: the nearer to a=2, b=2, c=1, d=1, the better."""

    def __init__(self, a=1, b=1, c=1, d=1):
        self.a, self.b, self.c, self.d = a, b, c, d

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return -abs(self.a - 2) - abs(self.b - 2) - abs(self.c - 1) - abs(self.d - 1)


def known_score(estimator, X, y):
    return estimator.score(X, y)


@pytest.fixture
def data():
    return make_classification(120, random_state=0)


@pytest.fixture
def rare():
    return make_classification(300, weights=[0.9], random_state=0)


def test_each_stage_starts_from_the_best_of_those_before(data):
    search = StagedSearchCV(Known(), STAGES, scoring=known_score, cv=2).fit(*data)
    tried = [tuple(params[name] for name in "abcd") for params in search.cv_results_["params"]]
    first = [(1, 1, 1, 1), (2, 1, 1, 1), (3, 1, 1, 1)]
    second = [(2, 1, 2, 1), (2, 2, 1, 1), (2, 2, 2, 1)]  # (2, 1, 1, 1) was tried
    assert tried == [*first, *second, (2, 2, 1, 2)]
    assert search.cv_results_["stage"].tolist() == ["first"] * 3 + ["second"] * 3 + ["third"]
    assert search.best_params_ == {"a": 2, "b": 2, "c": 1, "d": 1}
    assert search.best_estimator_.get_params() == search.best_params_


def test_no_candidate_is_fitted_twice(data):
    fits = []

    class Counted(Known):
        def fit(self, X, y):
            fits.append(str(self.get_params()))
            return super().fit(X, y)

    StagedSearchCV(Counted(), STAGES, scoring=known_score, cv=2, refit=False).fit(*data)
    counts = np.unique(fits, return_counts=True)[1]
    assert counts.tolist() == [2] * 7


def test_the_best_is_that_of_a_full_grid_where_parameters_do_not_interact(data):
    full = {name: values for grid in STAGES.values() for name, values in grid.items()}
    grid = GridSearchCV(Known(), full, scoring=known_score, cv=2).fit(*data)
    staged = StagedSearchCV(Known(), STAGES, scoring=known_score, cv=2).fit(*data)
    assert staged.best_params_ == grid.best_params_
    assert staged.best_score_ == grid.best_score_
    assert len(staged.cv_results_["params"]) * 3 < len(grid.cv_results_["params"])


@pytest.mark.parametrize(
    ("wrap", "prefix"),
    [
        (lambda network: network, ""),
        (lambda network: CostThresholdClassifier(network), "estimator__"),
        (lambda network: Pipeline([("network", network)]), "network__"),
        (
            lambda network: Pipeline([("decide", CostThresholdClassifier(network))]),
            "decide__estimator__",
        ),
    ],
)
def test_default_stages_find_the_network_wherever_it_sits(wrap, prefix):
    network = ChurnANNClassifier((10, 4), learning_rate=0.01, dropout=0.2)
    stages = default_stages(wrap(network))
    assert list(stages) == ["learning_rate", "regularisation", "size"]
    assert stages["learning_rate"][f"{prefix}learning_rate"] == pytest.approx(
        [0.001, 0.003, 0.01, 0.03]
    )
    assert stages["regularisation"] == {
        f"{prefix}dropout": [0.0, 0.1, 0.2, 0.3],
        f"{prefix}l2": [0.0, "auto"],
    }
    assert stages["size"] == {f"{prefix}hidden_layer_sizes": [(5, 2), (10, 4), (20, 8)]}


def test_default_stages_hold_the_networks_own_settings_and_need_a_third_of_the_full_grid():
    network = ChurnANNClassifier()
    stages = default_stages(network)
    grids = [ParameterGrid(grid) for grid in stages.values()]
    own = network.get_params()
    for grid in grids:
        assert {name: own[name] for name in grid[0]} in list(grid)
    n_staged = sum(map(len, grids)) - (len(grids) - 1)
    assert n_staged * 3 <= np.prod(list(map(len, grids)))


def test_default_stages_without_one_network_ask_for_stages(data):
    with pytest.raises(ValueError, match="LogisticRegression holds none"):
        StagedSearchCV(LogisticRegression()).fit(*data)
    two = make_pipeline(
        CostThresholdClassifier(ChurnANNClassifier()), CostThresholdClassifier(ChurnANNClassifier())
    )
    with pytest.raises(ValueError, match="holds 2, at"):
        default_stages(two)


@pytest.mark.slow
def test_a_network_is_tuned_in_stages(data):
    network = ChurnANNClassifier((4,), cv=None, epochs=2, random_state=0)
    search = StagedSearchCV(network, cv=2).fit(*data)
    assert len(search.cv_results_["params"]) == 4 + 5 + 2
    assert search.predict_proba(data[0]).shape == (120, 2)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ({}, "stages is empty"),
        ({"C": [1, 2]}, r"stages\['C'\] is not a parameter grid"),
        ({"first": {"C": 1.0}}, r"stages\['first'\] is not a parameter grid"),
        ("defaults", "'stages' parameter"),
    ],
)
def test_stages_that_are_none_are_told(data, stages, message):
    with pytest.raises(ValueError, match=message):
        StagedSearchCV(LogisticRegression(), stages).fit(*data)


@pytest.mark.parametrize(
    ("scoring", "refit", "warns"),
    [
        ("accuracy", True, True),
        (None, True, True),
        (make_scorer(accuracy_score), True, True),
        (["accuracy", "roc_auc"], "accuracy", True),
        ({"right": "accuracy", "auc": "roc_auc"}, "right", True),
        (["accuracy", "roc_auc"], "roc_auc", False),
        ("roc_auc", True, False),
        ("average_precision", True, False),
    ],
)
def test_choosing_by_accuracy_where_one_class_is_rare_warns(rare, scoring, refit, warns):
    search = StagedSearchCV(
        LogisticRegression(), {"first": {"C": [0.1, 1]}}, scoring=scoring, refit=refit, cv=2
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*rare)
    found = [w for w in caught if issubclass(w.category, WorkflowWarning)]
    assert len(found) == warns
    assert all("choosing by accuracy" in str(w.message) for w in found)
    assert all(w.filename == __file__ for w in found)


def test_accuracy_on_balanced_classes_does_not_warn(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        StagedSearchCV(LogisticRegression(), {"first": {"C": [1]}}, scoring="accuracy").fit(*data)


def test_the_default_score_is_roc_auc(data):
    stages = {"first": {"C": [1.0]}}
    default = StagedSearchCV(LogisticRegression(), stages).fit(*data)
    by_name = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring="roc_auc").fit(*data)
    assert default.best_score_ == by_name.best_score_


def test_several_scores_choose_by_refit(rare):
    stages = {"first": {"C": [1e-4, 1]}, "second": {"class_weight": [None, "balanced"]}}
    search = StagedSearchCV(
        LogisticRegression(), stages, scoring=["recall", "roc_auc"], refit="recall", cv=3
    ).fit(*rare)
    assert search.best_index_ == np.argmin(search.cv_results_["rank_test_recall"])
    assert search.best_params_["class_weight"] == "balanced"
    with pytest.raises(ValueError, match="name one as refit"):
        search.set_params(refit=False).fit(*rare)


def test_folds_that_change_between_stages_are_refused(data):
    stages = {"first": {"C": [1]}}
    changing = StratifiedKFold(3, shuffle=True)
    with pytest.raises(ValueError, match="compared on the same folds"):
        StagedSearchCV(LogisticRegression(), stages, cv=changing).fit(*data)
    steady = StratifiedKFold(3, shuffle=True, random_state=0)
    assert StagedSearchCV(LogisticRegression(), stages, cv=steady).fit(*data).n_splits_ == 3
    once = iter([(np.arange(60), np.arange(60, 120))])
    assert StagedSearchCV(LogisticRegression(), stages, cv=once).fit(*data).n_splits_ == 1


def test_groups_and_weights_are_routed(data):
    X, y = data
    weight, groups = np.where(X[:, 0] > 0, 5.0, 1.0), np.arange(len(y)) % 6
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)
        scoring = get_scorer("roc_auc").set_score_request(sample_weight=True)
        settings = {"scoring": scoring, "cv": GroupKFold(3)}
        staged = StagedSearchCV(model, {"first": {"C": [1, 2]}}, **settings)
        grid = GridSearchCV(model, {"C": [1, 2]}, **settings)
        for search in (staged, grid):
            search.fit(X, y, sample_weight=weight, groups=groups)
    scores = staged.cv_results_["mean_test_score"]
    assert scores.tolist() == grid.cv_results_["mean_test_score"].tolist()


def test_jobs_do_not_change_the_result(data):
    stages = {"first": {"C": [0.01, 0.1, 1]}, "second": {"fit_intercept": [True, False]}}
    scores = []
    for n_jobs in (1, 2):
        search = StagedSearchCV(LogisticRegression(), stages, n_jobs=n_jobs)
        with joblib.parallel_config("threading"):
            scores.append(search.fit(*data).cv_results_["mean_test_score"].tolist())
    assert scores[0] == scores[1]


def test_progress_shows_fits_done_and_left_and_only_when_asked(data, capfd):
    search = StagedSearchCV(Known(), STAGES, scoring=known_score, cv=2)
    silent = search.fit(*data).cv_results_
    assert capfd.readouterr() == ("", "")
    shown = search.set_params(verbose=1).fit(*data).cv_results_
    out, err = capfd.readouterr()
    assert out == ""
    assert "first:" in err and "third: 100%" in err and "14/14" in err and "best 0.0000" in err
    assert search.verbose == 1
    assert silent["params"] == shown["params"]


def checks():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    stages = {"first": {"logisticregression__C": [0.1, 1.0]}}
    # ROC AUC has no one value for the three classes that some checks bring.
    yield from estimator_checks_generator(
        StagedSearchCV(model, stages, scoring="accuracy", cv=2), mark="xfail"
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# Scores that fail


@pytest.mark.parametrize(
    ("scoring", "refit", "cause"),
    [
        ("f1", True, r"scoring='f1'.*pos_label=1 is not a valid label.*make_scorer\(f1_score"),
        (["roc_auc", "f1"], "f1", "pos_label=1 is not a valid label"),
        (make_scorer(accuracy_score, unknown=1), True, "unexpected keyword argument 'unknown'"),
        (lambda estimator, X, y: np.nan, True, "gave nan for all. error_score='raise'"),
    ],
)
def test_a_search_without_any_score_stops_after_its_first_stage(data, scoring, refit, cause):
    X, y = data
    stages = {"first": {"C": [0.1, 1]}, "second": {"fit_intercept": ["never tried"]}}
    search = StagedSearchCV(LogisticRegression(), stages, scoring=scoring, refit=refit, cv=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the error says it all
        with pytest.raises(
            (TypeError, ValueError), match=f"(?s)stage 'first' has a score.*{cause}"
        ):
            search.fit(X, np.where(y, "Yes", "No"))


def test_a_search_goes_on_where_some_candidates_have_scores(data):
    def score(estimator, X, y):
        if estimator.a == 1:
            raise RuntimeError("not this one")
        return -abs(estimator.a - 2)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search = StagedSearchCV(Known(), STAGES, scoring=score, cv=2).fit(*data)
    assert search.best_params_["a"] == 2
    assert sum("not this one" in str(warning.message) for warning in caught) == 2


def test_groups_stay_whole_in_folds_by_number_and_reach_the_estimator():
    X, y = make_classification(120, random_state=0)
    groups = np.arange(120) // 3
    fits = []

    class GroupRecorder(LogisticRegression):
        def fit(self, X, y, *, groups=None):
            fits.append(groups)
            return super().fit(X, y)

    search = StagedSearchCV(GroupRecorder(), {"penalty": {"C": [0.1, 1.0]}}, cv=3)
    search.fit(X, y, groups=groups)
    assert search.cv == 3
    *folds, everything = fits
    assert len(folds) == 6 and everything is groups
    for fold in folds:
        assert np.all(np.unique(fold, return_counts=True)[1] == 3)
