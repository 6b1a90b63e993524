"""CostThresholdClassifier: what it decides, and how it fits into scikit-learn."""

import os

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, QuantileTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import estimator_checks_generator

from skann import CostThresholdClassifier, datasets
from skann.costs import retention_costs, select_within_budget
from skann.metrics import expected_cost

EXPECTED_FAILURES = {
    "check_classifiers_train": "predict cuts at the tuned threshold, not at probability 0.5",
}


def checks():
    for method in ("bayes", "empirical"):
        yield from estimator_checks_generator(
            CostThresholdClassifier(LogisticRegression(), method=method),
            expected_failed_checks=EXPECTED_FAILURES if method == "empirical" else {},
            mark="xfail",
        )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def churn():
    X, y = make_classification(
        1500, n_features=8, weights=[0.8], flip_y=0.1, class_sep=0.8, random_state=0
    )
    return train_test_split(X, y, stratify=y, random_state=0)


def cost(y, predicted, fn=100.0, fp=5.0, tp=0.0, tn=0.0):
    return np.where(y, np.where(predicted, tp, fn), np.where(predicted, fp, tn)).mean()


def test_expected_cost_is_the_lowest_of_all_cuts_on_out_of_fold_probabilities(churn):
    X, _, y, _ = churn
    folds = StratifiedKFold(5)
    model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5, cv=folds)
    model.fit(X, y)
    p = cross_val_predict(LogisticRegression(), X, y, method="predict_proba", cv=folds)[:, 1]
    cuts = np.concatenate([[-1.0], np.unique(p)])
    assert model.expected_cost_ == pytest.approx(min(cost(y, p > t) for t in cuts), rel=1e-12)
    assert cost(y, p > model.threshold_) == pytest.approx(model.expected_cost_, rel=1e-12)


def test_cheap_offers_raise_recall_and_cut_cost_against_one_half(churn):
    X, X_test, y, y_test = churn
    for method in ("empirical", "bayes"):
        model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5, method=method)
        predicted = model.fit(X, y).predict(X_test)
        at_half = model.predict_proba(X_test)[:, 1] > 0.5
        assert cost(y_test, predicted) < cost(y_test, at_half)
        assert predicted[y_test == 1].mean() > at_half[y_test == 1].mean()
    assert model.threshold_ == pytest.approx(5 / 105, rel=1e-12)


class Recorder(ClassifierMixin, BaseEstimator):
    """Takes its first feature as the probability, and records what it was given."""

    def __init__(self, validation_indices=None):
        self.validation_indices = validation_indices

    def fit(self, X, y, sample_weight=None):
        self.columns_ = list(getattr(X, "columns", []))
        self.n_rows_ = len(y)
        self.weight_ = sample_weight
        self.classes_ = np.unique(y)
        if self.validation_indices is not None:
            self.validation_indices_ = self.validation_indices
        return self

    def predict_proba(self, X):
        p = np.asarray(X)[:, 0].astype(float)
        return np.column_stack([1 - p, p])


def scored(n=200, seed=0):
    """Probabilities that are calibrated, as the one feature."""
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    return p[:, np.newaxis], (rng.random(n) < p).astype(int)


# Costs that make the choice trivial


@pytest.mark.parametrize("method", ["empirical", "bayes"])
@pytest.mark.parametrize(
    ("costs", "contacted", "threshold"),
    [
        ({"fp_cost": -1}, 1, -np.inf),
        ({"fn_cost": 0}, 0, np.inf),
        ({"fn_cost": 2, "fp_cost": 2, "tp_cost": 2, "tn_cost": 2}, 0, np.inf),
    ],
)
def test_where_contact_always_or_never_pays_everybody_or_nobody_is_contacted(
    method, costs, contacted, threshold
):
    X, y = scored()
    X[:2, 0] = 0.0, 1.0
    model = CostThresholdClassifier(Recorder(), method=method, **costs).fit(X, y)
    assert np.all(model.predict(X) == contacted)
    assert model.threshold_ == threshold
    assert model.cost_curve_["contacted"].iloc[[0, -1]].tolist() == [0.0, 1.0]


def test_costs_that_reward_mistakes_are_refused_before_training():
    X, y = scored()
    model = CostThresholdClassifier(DecisionTreeClassifier(), fn_cost=-100, fp_cost=-5)
    with pytest.raises(ValueError, match="fn_cost=-100.*check the signs"):
        model.fit(X, y)
    assert not hasattr(model, "estimator_")


# Labels


@pytest.mark.parametrize("labels", [("No", "Yes"), (False, True), (2, 5), (-1, 1)])
def test_predictions_are_the_labels_of_y(churn, labels):
    X, _, y, _ = churn
    labels = np.array(labels)
    plain = CostThresholdClassifier(LogisticRegression(), fn_cost=10, cv=3).fit(X, y)
    named = clone(plain).fit(X, labels[y])
    assert named.classes_.tolist() == labels.tolist()
    assert np.array_equal(named.predict(X), labels[plain.predict(X)])


def test_pos_label_names_the_class_to_contact(churn):
    X, _, y, _ = churn
    plain = CostThresholdClassifier(LogisticRegression(), fn_cost=10, cv=3).fit(X, y)
    leaves = np.array(["stays", "leaves"])[y]
    named = CostThresholdClassifier(LogisticRegression(), fn_cost=10, cv=3, pos_label="leaves")
    named.fit(X, leaves)
    assert np.array_equal(named.predict(X) == "leaves", plain.predict(X) == 1)
    assert named.threshold_ == pytest.approx(plain.threshold_, abs=1e-6)
    with pytest.raises(ValueError, match="pos_label='churns'.*leaves"):
        named.set_params(pos_label="churns").fit(X, leaves)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(200), "one class"),
        (np.arange(200) % 3, "Only binary"),
        (np.linspace(0, 1, 200), "continuous"),
        (np.where(np.arange(200) % 2, np.nan, 1.0), "NaN"),
    ],
)
def test_targets_without_two_labels_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        CostThresholdClassifier(Recorder()).fit(scored()[0], y)


# Costs a customer


def test_costs_a_customer_are_taken_as_numbers_arrays_and_columns(churn):
    X, _, y, _ = churn
    value = np.random.default_rng(0).uniform(10, 200, len(y))
    as_array = CostThresholdClassifier(LogisticRegression(), fp_cost=5, cv=3)
    as_array.fit(X, y, fn_cost=value)
    table = pd.DataFrame(X).add_prefix("x").assign(value=value)
    as_column = CostThresholdClassifier(LogisticRegression(), fn_cost="value", fp_cost=5, cv=3)
    as_column.fit(table, y)
    assert as_array.expected_cost_ == as_column.expected_cost_
    pd.testing.assert_frame_equal(as_array.cost_curve_, as_column.cost_curve_)
    decided = as_array.predict(X, fn_cost=value)
    assert np.array_equal(decided, as_column.predict(table))
    p = as_array.predict_proba(X)[:, 1]
    assert p[decided == 1].min() < p[decided == 0].max()  # no single threshold


def test_equal_costs_for_all_customers_give_the_cost_of_one_threshold():
    X, y = scored()
    one = CostThresholdClassifier(Recorder(), fn_cost=10, fp_cost=3, cv="prefit")
    one.estimator.fit(X, y)
    one.fit(X, y)
    many = clone(one).set_params(estimator=one.estimator).fit(X, y, fn_cost=np.full(len(y), 10.0))
    assert many.expected_cost_ == pytest.approx(one.expected_cost_)
    np.testing.assert_allclose(many.cost_curve_["cost"], one.cost_curve_["cost"])


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_cost_columns_are_kept_from_the_estimator(make):
    X, y = scored()
    table = make({"p": X[:, 0], "value": np.arange(1.0, 201.0), "price": np.ones(200)})
    model = CostThresholdClassifier(
        Recorder(), fn_cost="value", budget=10.0, contact_cost="price", cv=2
    )
    model.fit(table, y)
    assert model.estimator_.columns_ == ["p"]
    assert model.feature_names_in_.tolist() == ["p", "value", "price"]
    assert model.n_features_in_ == 3
    assert model.predict(table).sum() == 10
    model.set_params(drop_cost_columns=False).fit(table, y)
    assert model.estimator_.columns_ == ["p", "value", "price"]


def test_predict_asks_for_the_costs_that_fit_was_given():
    X, y = scored()
    model = CostThresholdClassifier(Recorder()).fit(X, y, fn_cost=np.ones(200))
    with pytest.raises(ValueError, match="fn_cost.*column"):
        model.predict(X)
    with pytest.raises(ValueError, match=r"fn_cost has shape \(3,\)"):
        model.predict(X, fn_cost=np.ones(3))
    with pytest.raises(TypeError, match="fm_cost"):
        model.rank(X, fm_cost=np.ones(200))


def test_a_missing_cost_column_is_named():
    X, y = scored()
    model = CostThresholdClassifier(Recorder(), fn_cost="value", cv=2)
    with pytest.raises(ValueError, match="fn_cost='value'.*ndarray"):
        model.fit(X, y)
    table = pd.DataFrame({"p": X[:, 0], "value": 1.0})
    model.fit(table, y)
    with pytest.raises(ValueError, match="fn_cost='value'.*lacks"):
        model.predict(table[["p"]])


def test_customers_for_whom_mistakes_pay_are_decided_by_gain():
    X, y = scored()
    rng = np.random.default_rng(1)
    costs = dict(zip(["fn_cost", "fp_cost", "tp_cost"], rng.normal(0, 9, (3, 200)), strict=True))
    model = CostThresholdClassifier(Recorder(), method="bayes").fit(X, y, **costs)
    gain = model.expected_gain(X, **costs)
    p = X[:, 0]
    by_hand = p * (costs["fn_cost"] - costs["tp_cost"]) - (1 - p) * costs["fp_cost"]
    np.testing.assert_allclose(gain, by_hand)
    assert np.array_equal(model.predict(X, **costs), gain > 0)


@pytest.mark.skipif(
    "SKANN_DATA" not in os.environ, reason="SKANN_DATA does not name the folder of real tables"
)
def test_costs_a_customer_of_a_real_table_beat_one_threshold():
    tv = datasets.fetch_tv_churn()
    y, names = tv.target.to_numpy(), list(tv.costs)
    table = tv.data.drop(columns="id").join(tv.costs)
    X, X_new, y, y_new = train_test_split(table, y, stratify=y, random_state=0)
    inner = make_pipeline(
        QuantileTransformer(output_distribution="normal", random_state=0),
        LogisticRegression(C=0.01, max_iter=1000),
    )
    by_customer = CostThresholdClassifier(inner, cv=3, **dict(zip(names, names, strict=True)))
    by_customer.fit(X, y)
    by_mean = CostThresholdClassifier(inner, cv=3, **X[names].mean().to_dict())
    by_mean.fit(X.drop(columns=names), y)
    costs = {name: X_new[name] for name in names}
    cost_by_customer = expected_cost(y_new, by_customer.predict(X_new), **costs)
    cost_by_mean = expected_cost(y_new, by_mean.predict(X_new.drop(columns=names)), **costs)
    nobody = expected_cost(y_new, np.zeros_like(y_new), **costs)
    assert cost_by_customer < cost_by_mean < nobody
    assert by_customer.estimator_.n_features_in_ == 46


def test_a_model_tuned_on_one_cost_can_decide_on_others():
    X, y = scored()
    model = CostThresholdClassifier(Recorder(), fn_cost=10, fp_cost=3, method="bayes").fit(X, y)
    others = np.linspace(1, 100, 200)
    assert np.array_equal(model.predict(X, fn_cost=others), X[:, 0] > 3 / (3 + others))


# Weights and routing


def test_weights_reach_the_sweep_and_the_estimator(churn):
    X, _, y, _ = churn
    weight = np.where(y == 1, 3.0, 1.0)
    model = CostThresholdClassifier(Recorder(), fp_cost=0.5, cv=2)
    X = 1 / (1 + np.exp(-X))
    model.fit(X, y, sample_weight=weight)
    assert np.array_equal(model.estimator_.weight_, weight)
    at_cut = expected_cost(y, X[:, 0] > model.threshold_, fp_cost=0.5, sample_weight=weight)
    assert model.expected_cost_ == pytest.approx(at_cut)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X, y, sample_weight=-weight)


def test_an_estimator_without_weights_still_gets_a_weighted_cut():
    X, y = scored()
    weight = np.where(y == 1, 9.0, 1.0)
    unweighted = CostThresholdClassifier(make_pipeline(StandardScaler(), LogisticRegression()))
    low = clone(unweighted).fit(X, y, sample_weight=weight).threshold_
    assert low < unweighted.fit(X, y).threshold_


def test_metadata_is_routed_through_pipelines_and_searches(churn):
    X, _, y, _ = churn
    value = np.random.default_rng(0).uniform(10, 200, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = CostThresholdClassifier(
            LogisticRegression().set_fit_request(sample_weight=True), fp_cost=5, cv=2
        )
        model.set_fit_request(fn_cost=True, sample_weight=True).set_predict_request(fn_cost=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model)
        pipeline.fit(X, y, fn_cost=value, sample_weight=np.ones(len(y)))
        alone = clone(model).fit(StandardScaler().fit_transform(X), y, fn_cost=value)
        assert pipeline[-1].threshold_ == alone.threshold_
        assert np.array_equal(
            pipeline.predict(X, fn_cost=value),
            alone.predict(StandardScaler().fit_transform(X), fn_cost=value),
        )
        search = GridSearchCV(
            pipeline, {"costthresholdclassifier__estimator__C": [0.1, 1.0]}, scoring="roc_auc", cv=2
        )
        search.fit(X, y, fn_cost=value)
        assert len(search.best_estimator_.predict(X, fn_cost=value)) == len(y)


def test_groups_are_routed_to_the_splitter(churn):
    X, _, y, _ = churn
    with sklearn.config_context(enable_metadata_routing=True):
        model = CostThresholdClassifier(LogisticRegression(), cv=GroupKFold(3))
        model.fit(X, y, groups=np.arange(len(y)) % 7)
        assert model.threshold_ > 0
    with pytest.raises(ValueError, match="colour.*enable_metadata_routing"):
        model.fit(X, y, colour=np.arange(len(y)) % 7)


@pytest.mark.parametrize("cv", ["auto", 3, GroupKFold(3)])
def test_groups_are_kept_by_folds_and_handed_to_the_estimator(cv):
    X, y = scored(300)
    groups = np.arange(300) // 3
    fits = []

    class GroupRecorder(Recorder):
        """Records its groups, and has probabilities of its own folds."""

        def fit(self, X, y, *, groups=None):
            super().fit(X, y)
            self.validation_indices_ = np.arange(len(y))
            self.validation_proba_ = np.asarray(X)[:, 0]
            fits.append(groups)
            return self

    CostThresholdClassifier(GroupRecorder(), cv=cv).fit(X, y, groups=groups)
    everything, *folds = fits
    assert everything is groups
    assert len(folds) == (0 if cv == "auto" else 3)  # "auto" takes the estimator's own folds
    for fold in folds:
        assert np.all(np.unique(fold, return_counts=True)[1] == 3)


class Unaware(Recorder):
    """Has probabilities of folds of its own, which know of no groups."""

    def fit(self, X, y):
        super().fit(X, y)
        self.validation_indices_ = np.arange(len(y))
        self.validation_proba_ = np.zeros(len(y))
        return self


def test_own_probabilities_of_an_estimator_that_takes_no_groups_are_not_taken():
    X, y = scored(300)
    model = CostThresholdClassifier(Unaware()).fit(X, y, groups=np.arange(300) // 3)
    assert len(model.cost_curve_) > 2
    assert len(CostThresholdClassifier(Unaware()).fit(X, y).cost_curve_) == 2


def test_groups_need_no_request_on_their_way_to_a_threshold(churn):
    X, _, y, _ = churn
    groups = np.arange(len(y)) // 3
    with sklearn.config_context(enable_metadata_routing=True):
        model = CostThresholdClassifier(LogisticRegression(), cv=3)
        search = GridSearchCV(model, {"estimator__C": [1.0]}, cv=GroupKFold(2), scoring="roc_auc")
        search.fit(X, y, groups=groups)
    plain = CostThresholdClassifier(LogisticRegression(C=1.0), cv=3).fit(X, y, groups=groups)
    assert search.best_estimator_.threshold_ == plain.threshold_


def test_columns_work_where_metadata_does_not_go(churn):
    X, _, y, _ = churn
    table = pd.DataFrame(X).add_prefix("x").assign(value=np.linspace(10, 200, len(y)))
    model = CostThresholdClassifier(LogisticRegression(), fn_cost="value", fp_cost=5, cv=2)
    predicted = cross_val_predict(model, table, y, cv=2)
    plain = cross_val_predict(LogisticRegression(), table, y, cv=2)
    costs = {"fn_cost": table["value"], "fp_cost": 5}
    assert expected_cost(y, predicted, **costs) < expected_cost(y, plain, **costs)


# Where the probabilities come from


def test_prefit_takes_the_estimator_as_it_is(churn):
    X, X_new, y, y_new = churn
    fitted = LogisticRegression().fit(X, y)
    model = CostThresholdClassifier(fitted, fn_cost=20, cv="prefit").fit(X_new, y_new)
    assert model.estimator_ is fitted
    p = fitted.predict_proba(X_new)[:, 1]
    best = min(cost(y_new, p > t, fn=20, fp=1) for t in (-1, *p))
    assert model.expected_cost_ == pytest.approx(best)
    with pytest.raises(NotFittedError):
        CostThresholdClassifier(LogisticRegression(), cv="prefit").fit(X, y)


def test_a_fitted_estimator_must_know_the_labels():
    X, y = scored()
    for labels in (np.array(["No", "Yes"])[y], y + np.arange(200) % 2):
        fitted = Recorder().fit(X, labels)
        with pytest.raises(ValueError, match=r"Recorder knows the labels.*y has \[0, 1\]"):
            CostThresholdClassifier(fitted, cv="prefit").fit(X, y)


def test_some_customer_that_counts_must_be_scored():
    X, y = scored()
    weight = (np.arange(200) < 100).astype(float)
    model = CostThresholdClassifier(Recorder(np.arange(100, 200)), cv="validation")
    with pytest.raises(ValueError, match="sample_weight is zero for every customer"):
        model.fit(X, y, sample_weight=weight)


def test_validation_rows_are_scored_by_the_one_fit_that_left_them_out():
    X, y = scored()
    rows = np.arange(150, 200)
    model = CostThresholdClassifier(Recorder(rows), fn_cost=5, cv="validation").fit(X, y)
    assert model.estimator_.n_rows_ == 200
    p, held_out = X[rows, 0], y[rows]
    best = min(cost(held_out, p > t, fn=5, fp=1) for t in (-1, *p))
    assert model.expected_cost_ == pytest.approx(best)
    assert len(model.cost_curve_) == 51


def test_validation_needs_an_estimator_that_sets_rows_aside():
    with pytest.raises(ValueError, match="Recorder named none"):
        CostThresholdClassifier(Recorder(), cv="validation").fit(*scored())


@pytest.mark.parametrize(
    "cv",
    [3, KFold(4), ShuffleSplit(2, random_state=0), [(np.arange(100), np.arange(100, 200))]],
)
def test_any_splitter_does(cv):
    X, y = scored()
    model = CostThresholdClassifier(LogisticRegression(), cv=cv).fit(X, y)
    assert 0 < model.threshold_ < 1


def test_folds_of_a_sorted_table_are_shuffled(churn):
    X, _, y, _ = churn
    for seed in (0, 7):
        folds = StratifiedKFold(3, shuffle=True, random_state=seed)
        splitter = CostThresholdClassifier(LogisticRegression(), cv=list(folds.split(X, y)))
        number = CostThresholdClassifier(LogisticRegression(), cv=3, random_state=seed)
        assert number.fit(X, y).threshold_ == splitter.fit(X, y).threshold_


def test_without_a_seed_fits_are_still_the_same(churn):
    X, _, y, _ = churn
    models = [CostThresholdClassifier(LogisticRegression(), cv=3).fit(X, y) for _ in range(2)]
    assert models[0].threshold_ == models[1].threshold_
    assert models[0].threshold_spread_ == models[1].threshold_spread_


def test_a_fold_trained_or_scored_on_one_class_does_no_harm():
    y = np.repeat([0, 1], 20)
    X = np.linspace(0, 1, 40)[:, np.newaxis]
    tree = DecisionTreeClassifier(max_depth=1)
    model = CostThresholdClassifier(tree, cv=KFold(2)).fit(X, y)
    # Each fold has seen the other class only, and is certain of it.
    assert model.cost_curve_["cost"].tolist() == [0.5, 1.0, 0.5]


def test_constant_probabilities_leave_nobody_or_everybody():
    X, y = scored()
    model = CostThresholdClassifier(DummyClassifier(), fn_cost=100, fp_cost=5, cv=2).fit(X, y)
    assert len(model.cost_curve_) <= 4
    assert model.predict(X).all()


def test_values_that_are_no_probabilities_are_refused():
    X, y = scored()
    with pytest.raises(ValueError, match="Recorder.predict_proba"):
        CostThresholdClassifier(Recorder()).fit(X * 2, y)


def test_folds_in_parallel_give_the_same(churn):
    X, _, y, _ = churn
    one = CostThresholdClassifier(LogisticRegression(), fn_cost=9, random_state=0).fit(X, y)
    two = clone(one).set_params(n_jobs=2).fit(X, y)
    assert one.threshold_ == two.threshold_
    assert one.threshold_spread_ == two.threshold_spread_


# Calibration


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
@pytest.mark.parametrize("routing", [False, True])
def test_calibration_mends_probabilities(method, routing):
    X, y = scored(5000)
    overconfident = X**3 / (X**3 + (1 - X) ** 3)  # log-odds times 3
    model = CostThresholdClassifier(Recorder(), calibration=method, method="bayes", fn_cost=4)
    with sklearn.config_context(enable_metadata_routing=routing):
        model.fit(overconfident, y)
    proba = model.predict_proba(overconfident)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert np.abs(proba[:, 1] - X[:, 0]).mean() < 0.025
    assert np.array_equal(model.predict(overconfident) == 1, proba[:, 1] > 1 / 5)


def test_calibration_takes_certain_probabilities():
    X, y = scored()
    X[:2, 0], y[:2] = [0.0, 1.0], [0, 1]
    model = CostThresholdClassifier(Recorder(), calibration="sigmoid").fit(X, y)
    assert np.all(np.isfinite(model.predict_proba(X)))


# Limits, ranks and actions


def test_capacity_takes_the_customers_with_the_highest_gain():
    X, y = scored()
    value = np.random.default_rng(0).uniform(1, 100, 200)
    model = CostThresholdClassifier(Recorder(), fp_cost=5, capacity=20, method="bayes")
    model.fit(X, y, fn_cost=value)
    gain = model.expected_gain(X, fn_cost=value)
    contacted = model.predict(X, fn_cost=value) == 1
    assert contacted.sum() == 20
    assert gain[contacted].min() >= gain[~contacted].max()
    ranks = model.rank(X, fn_cost=value)
    assert np.array_equal(contacted, ranks <= 20)
    assert sorted(ranks) == list(range(1, 201))


def test_a_fraction_is_taken_of_each_batch():
    X, y = scored()
    model = CostThresholdClassifier(Recorder(), fn_cost=50, capacity=0.1).fit(X, y)
    assert model.predict(X).sum() == 20
    assert model.predict(X[:55]).sum() == 5


def test_capacity_contacts_nobody_for_whom_it_does_not_pay():
    X, y = scored()
    model = CostThresholdClassifier(Recorder(), fp_cost=9, capacity=200).fit(X, y)
    free = CostThresholdClassifier(Recorder(), fp_cost=9).fit(X, y)
    assert np.array_equal(model.predict(X), free.predict(X))
    assert model.expected_cost_ == free.expected_cost_


def test_a_tight_capacity_costs_more():
    X, y = scored()
    model = CostThresholdClassifier(Recorder(), fn_cost=9, capacity=5, cv="prefit")
    model.estimator.fit(X, y)
    model.fit(X, y)
    assert model.expected_cost_ == pytest.approx(cost(y, model.predict(X), fn=9, fp=1))
    assert model.expected_cost_ > model.cost_curve_["cost"].min()


def test_equal_customers_are_taken_in_the_order_of_rows():
    X = np.repeat([[0.5], [0.9]], 10, axis=0)
    y = np.tile([0, 1], 10)
    model = CostThresholdClassifier(Recorder(), fn_cost=50, capacity=12, cv=2).fit(X, y)
    assert np.flatnonzero(model.predict(X)).tolist() == [0, 1, *range(10, 20)]


def test_a_budget_buys_the_contacts_with_the_most_gain_for_the_money():
    X, y = scored()
    table = pd.DataFrame({"p": X[:, 0], "price": np.random.default_rng(0).uniform(1, 9, 200)})
    model = CostThresholdClassifier(
        Recorder(), fn_cost=50, fp_cost=5, method="bayes", budget=100, contact_cost="price"
    )
    model.fit(table, y)
    selected, bound = select_within_budget(model.expected_gain(table), table["price"], 100)
    assert np.array_equal(model.predict(table) == 1, selected)
    assert table["price"][selected].sum() <= 100
    assert model.expected_gain(table)[selected].sum() > 0.97 * bound


def test_a_budget_is_spent_on_wasted_offers_unless_told_otherwise():
    X, y = scored()
    model = CostThresholdClassifier(Recorder(), fn_cost=50, fp_cost=5, budget=52).fit(X, y)
    assert model.predict(X).sum() == 10


def test_capacity_and_budget_exclude_each_other():
    with pytest.raises(ValueError, match="capacity or budget"):
        CostThresholdClassifier(Recorder(), capacity=5, budget=5.0).fit(*scored())


def test_each_customer_gets_the_best_action_or_none():
    X, y = scored()
    actions = {
        "mail": retention_costs(clv=100, incentive=0, contact=1, acceptance=0.1),
        "call": retention_costs(clv=100, incentive=0, contact=8, acceptance=0.3),
    }
    model = CostThresholdClassifier(Recorder(), fn_cost=0, actions=actions, method="bayes")
    model.fit(X, y)
    p = X[:, 0]
    gains = np.stack([np.zeros(200), 10 * p - 1, 30 * p - 8])
    expected = np.array([None, "mail", "call"])[gains.argmax(axis=0)]
    assert model.predict_action(X).tolist() == expected.tolist()
    assert np.array_equal(model.predict(X) == 1, expected != None)  # noqa: E711
    np.testing.assert_allclose(model.expected_gain(X), gains[1:].max(axis=0))


def test_a_second_action_never_costs_more_on_the_customers_tuned_on():
    X, y = scored(2000)
    call = {"fp_cost": 8.0, "tp_cost": -22.0}
    mail = {"fp_cost": 1.0, "tp_cost": -9.0}
    one = CostThresholdClassifier(Recorder(), fn_cost=0, actions={"call": call}).fit(X, y)
    two = CostThresholdClassifier(Recorder(), fn_cost=0, actions={"call": call, "mail": mail})
    assert two.fit(X, y).expected_cost_ < one.expected_cost_


def test_without_actions_the_action_is_contact():
    X, y = scored()
    model = CostThresholdClassifier(Recorder(), fp_cost=2).fit(X, y)
    contacted = model.predict(X) == 1
    assert np.array_equal(model.predict_action(X) == "contact", contacted)
    assert all(action is None for action in model.predict_action(X[~contacted]))


# The rest


def test_it_works_behind_a_transformer_that_keeps_names(churn):
    X, _, y, _ = churn
    table = pd.DataFrame(X).add_prefix("x").assign(value=np.linspace(10, 200, len(y)))
    model = CostThresholdClassifier(LogisticRegression(), fn_cost="value", cv=2)
    pipeline = make_pipeline(FunctionTransformer(), model).fit(table, y)
    assert len(pipeline.predict(table)) == len(y)


def test_reordered_columns_are_refused_by_the_estimator(churn):
    X, _, y, _ = churn
    table = pd.DataFrame(X).add_prefix("x").assign(value=1.0)
    model = CostThresholdClassifier(LogisticRegression(), fn_cost="value", cv=2).fit(table, y)
    with pytest.raises(ValueError, match="order"):
        model.predict(table[table.columns[::-1]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", "best"),
        ("capacity", -1),
        ("capacity", 1.5),
        ("budget", -1.0),
        ("cv", "fit"),
        ("fn_cost", None),
        ("calibration", "platt"),
    ],
)
def test_bad_arguments_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        CostThresholdClassifier(Recorder(), **{name: value}).fit(*scored())
