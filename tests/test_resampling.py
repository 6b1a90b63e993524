"""Resampling and class weights: what they do to rows and weights, and how it is undone."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, logit
from sklearn import config_context
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from skann import ChurnANNClassifier
from skann._churn_ann._resampling import class_factors, class_mass, make_sampler, resample
from skann.datasets import make_churn

Y = np.array([0] * 24 + [1] * 6)


def table(n_categories=1, n_numbers=2):
    rng = np.random.default_rng(0)
    columns = {f"number_{i}": rng.normal(size=30) for i in range(n_numbers)}
    for i in range(n_categories):
        columns[f"category_{i}"] = pd.Categorical(rng.choice(["a", "b", "c"], 30))
    return pd.DataFrame(columns)


# Samplers


@pytest.mark.parametrize(
    ("resampler", "kind"), [("over", RandomOverSampler), ("under", RandomUnderSampler)]
)
def test_over_and_under_make_the_classes_equal_out_of_real_rows(resampler, kind):
    X = table()
    sampler = make_sampler(resampler, X, Y, seed=0)
    assert type(sampler) is kind
    X_new, y_new, weight = resample(sampler, X, Y, None)
    assert np.bincount(y_new).tolist() == ([24, 24] if resampler == "over" else [6, 6])
    assert weight is None
    real = set(X.itertuples(index=False, name=None))
    assert set(X_new.itertuples(index=False, name=None)) <= real


@pytest.mark.parametrize(
    ("n_categories", "n_numbers", "kind"), [(1, 2, SMOTENC), (0, 2, SMOTE), (2, 0, SMOTEN)]
)
def test_smote_never_halves_a_category(n_categories, n_numbers, kind):
    X = table(n_categories, n_numbers)
    sampler = make_sampler("smote", X, Y, seed=0)
    assert type(sampler) is kind
    X_new, y_new, _ = resample(sampler, X, Y, None)
    assert np.bincount(y_new).tolist() == [24, 24]
    assert list(X_new.columns) == list(X.columns)
    for name in X.select_dtypes("category"):
        assert set(X_new[name]) <= {"a", "b", "c"}
    made = X_new.iloc[30:]
    for name in X.select_dtypes("number"):
        churners = X.loc[Y == 1, name]
        assert made[name].between(churners.min(), churners.max()).all()
        assert not made[name].isin(X[name]).all()


def test_smote_takes_two_valued_numbers_such_as_indicators_for_categories():
    X = table().assign(age_missing=np.arange(30) % 2 * 1.0)
    X_new, *_ = resample(make_sampler("smote", X, Y, seed=0), X, Y, None)
    assert set(X_new["age_missing"]) == {0.0, 1.0}


def test_smote_makes_do_with_few_neighbours_and_refuses_none():
    y = np.array([0] * 27 + [1] * 3)
    sampler = make_sampler("smote", table(), y, seed=0)
    assert sampler.k_neighbors == 2
    assert np.bincount(resample(sampler, table(), y, None)[1]).tolist() == [27, 27]
    with pytest.raises(ValueError, match=r"resampler='smote'.* 1 training row.*'over'"):
        make_sampler("smote", table(), np.array([0] * 29 + [1]), seed=0)


def test_a_sampler_of_the_users_is_cloned_and_gets_a_seed_only_if_it_has_none():
    own, seeded = SMOTE(k_neighbors=3), SMOTE(random_state=7)
    made = make_sampler(own, table(), Y, seed=5)
    assert made is not own
    assert (made.k_neighbors, made.random_state) == (3, 5)
    assert own.random_state is None
    assert make_sampler(seeded, table(), Y, seed=5).random_state == 7


def test_a_sampler_that_cannot_take_categories_gets_an_error_that_says_what_can():
    with pytest.raises(ValueError, match=r"SMOTE.*category_0.*resampler='smote'"):
        resample(SMOTE(), table(), Y, None)


# Weights


@pytest.mark.parametrize("resampler", ["over", "under"])
def test_a_kept_or_repeated_row_keeps_its_weight(resampler):
    X = table().assign(row=np.arange(30.0))
    weight = np.arange(1.0, 31.0)
    sampler = make_sampler(resampler, X, Y, seed=0)
    X_new, _, weight_new = resample(sampler, X, Y, weight)
    assert_array_equal(weight_new, X_new["row"] + 1)


@pytest.mark.parametrize("as_frame", [True, False])
def test_a_made_row_has_the_mean_weight_of_its_class(as_frame):
    X = table(n_categories=0)
    X = X if as_frame else X.to_numpy()
    weight = np.arange(1.0, 31.0)
    _, y_new, weight_new = resample(make_sampler("smote", X, Y, seed=0), X, Y, weight)
    assert_array_equal(weight_new[:30], weight)
    assert (y_new[30:] == 1).all()
    assert_allclose(weight_new[30:], weight[Y == 1].mean())


def test_class_factors_of_balanced_weights_make_the_classes_equal():
    assert_allclose(class_factors("balanced", np.array(["No", "Yes"]), Y), [30 / 48, 30 / 12])
    assert_array_equal(class_factors(None, np.array(["No", "Yes"]), Y), [1, 1])


def test_class_factors_of_a_dict_follow_the_labels():
    weights = {"Yes": 3, "No": 0.5}
    assert_array_equal(class_factors(weights, np.array(["No", "Yes"]), Y), [0.5, 3])
    assert_array_equal(class_factors({True: 2, False: 1}, np.array([False, True]), Y), [1, 2])


@pytest.mark.parametrize(
    "weights",
    [{"No": 1}, {"No": 1, "Yes": 2, "Maybe": 1}, {"No": 0, "Yes": 1}, {"No": 1, "Yes": np.nan}],
)
def test_class_weights_that_make_no_sense_are_refused_by_name(weights):
    with pytest.raises(ValueError, match="class_weight"):
        class_factors(weights, np.array(["No", "Yes"]), Y)


def test_class_mass_is_the_share_of_weight():
    assert_allclose(class_mass(Y, None), [0.8, 0.2])
    assert_allclose(class_mass(Y, np.where(Y == 1, 4.0, 1.0)), [0.5, 0.5])
    assert_array_equal(class_mass(np.zeros(3, int), None), [1, 0])


# In the classifier


MODEL_SETTINGS = {
    "hidden_layer_sizes": (16,),
    "epochs": 20,
    "learning_rate": 0.001,
    "dropout": 0.1,
    "l2": 0.0,
}


@pytest.fixture(scope="module")
def churn():
    data = make_churn(1500, random_state=0)
    return data.data.drop(columns="customer_id"), data.target


SHIFTS = {
    "balanced weights": ({"class_weight": "balanced"}, 0.02),
    "user-supplied weights": ({"class_weight": {"No": 1, "Yes": 3}}, 0.02),
    "over": ({"resampler": "over"}, 0.02),
    "under": ({"resampler": "under"}, 0.02),
    "smote": ({"resampler": "smote"}, 0.05),
    "over and weights": ({"resampler": "over", "class_weight": {"No": 1, "Yes": 2}}, 0.02),
}


@pytest.mark.parametrize("name", SHIFTS)
def test_the_mean_probability_stays_near_the_churn_rate(churn, name, make_model):
    X, y = churn
    settings, tolerance = SHIFTS[name]
    corrected, raw = [], []
    for seed in range(3):
        model = make_model(**settings, random_state=seed).fit(X, y)
        training = np.setdiff1d(np.arange(len(y)), model.validation_indices_)
        rate = (y.iloc[training] == "Yes").mean()
        corrected.append(model.predict_proba(X.iloc[training])[:, 1].mean() - rate)
        model.set_params(correct_prior=False)
        raw.append(model.predict_proba(X.iloc[training])[:, 1].mean() - rate)
    assert abs(np.mean(corrected)) < tolerance
    assert np.mean(raw) > 0.1  # what training saw, and what users of other tools report


@pytest.fixture(scope="module")
def resampled(churn, make_model):
    X, y = churn
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    settings = {"resampler": "under", "class_weight": {"No": 1, "Yes": 3}, "epochs": 2}
    return make_model(**settings).fit(X, y, sample_weight=weight), weight


def test_the_correction_undoes_exactly_what_training_changed(churn, resampled):
    X, y = churn
    model, weight = resampled
    training = np.setdiff1d(np.arange(len(y)), model.validation_indices_)
    churned = (y == "Yes").to_numpy()[training]
    prior = weight[training][churned].sum() / weight[training].sum()
    assert_allclose(model.class_prior_, [1 - prior, prior])

    # Under-sampling keeps every churner and draws as many of the others.
    drawn = model.pipelines_[0]["resample"].sample_indices_
    seen, seen_weight = churned[drawn], weight[training][drawn]
    odds_seen = 3 * seen_weight[seen].sum() / seen_weight[~seen].sum()
    shift = np.log(odds_seen) - logit(prior)
    assert model.prior_shift_ == pytest.approx(shift)
    expected = expit(logit(model.pipelines_[0].predict_proba(X)[:, 1]) - shift)
    assert_allclose(model.predict_proba(X)[:, 1], expected)


def test_predict_decides_by_the_shares_that_training_saw(churn, resampled):
    X, _ = churn
    model, _ = resampled
    seen = model.pipelines_[0].predict_proba(X)[:, 1]
    assert_array_equal(model.predict(X) == "Yes", seen >= 0.5)
    assert_allclose(model.decision_function(X), logit(seen), rtol=1e-6)
    assert (model.predict(X) == "Yes").mean() > (model.predict_proba(X)[:, 1] >= 0.5).mean()


def test_without_resampling_nothing_is_corrected(churn, make_model):
    X, y = churn
    model = make_model(epochs=1).fit(X, y)
    assert model.prior_shift_ == 0
    assert_allclose(model.predict_proba(X), model.pipelines_[0].predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "weighted"),
    [
        ({"class_weight": {"No": 1, "Yes": 5}}, False),
        ({"resampler": "over"}, True),
        ({"resampler": "smote"}, True),
    ],
)
def test_val_loss_weighs_validation_rows_as_training_weighs_the_classes(
    churn, settings, weighted, make_model
):
    X, y = churn
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(y)) if weighted else None
    model = make_model(**settings, epochs=1).fit(X, y, sample_weight=weight)
    held_out = model.validation_indices_
    churned = (y == "Yes").to_numpy()[held_out]
    own = np.ones(len(y)) if weight is None else weight
    training = np.setdiff1d(np.arange(len(y)), held_out)

    before = class_mass((y == "Yes").to_numpy()[training].astype(int), own[training])
    if "class_weight" in settings:
        after = before * [1, 5] / (before * [1, 5]).sum()
    elif settings["resampler"] == "over":
        drawn = model.pipelines_[0]["resample"].sample_indices_
        seen = (y == "Yes").to_numpy()[training][drawn].astype(int)
        after = class_mass(seen, own[training][drawn])
    else:  # made rows have the mean weight of their class, so the class means decide
        means = [own[training][(y == label).to_numpy()[training]].mean() for label in ("No", "Yes")]
        after = np.array(means) / np.sum(means)
    shares = (after / before)[churned.astype(int)] * own[held_out]
    seen = model.pipelines_[0].predict_proba(X)[held_out, 1]
    losses = -np.log(np.where(churned, seen, 1 - seen))
    assert model.history_["val_loss"].iloc[0] == pytest.approx(
        np.average(losses, weights=shares), rel=1e-5
    )


def test_sample_weights_reach_the_network_through_resampling(churn, monkeypatch, make_model):
    from skann.networks import NetworkClassifier

    calls = []
    fit = NetworkClassifier.fit

    def note(self, X, y, sample_weight=None, **kwargs):
        calls.append((y, sample_weight))
        return fit(self, X, y, sample_weight=sample_weight, **kwargs)

    monkeypatch.setattr(NetworkClassifier, "fit", note)
    X, y = churn
    weight = np.arange(1.0, len(y) + 1)
    model = make_model(resampler="over", epochs=1).fit(X, y, sample_weight=weight)
    ((y_seen, weight_seen),) = calls
    training = np.setdiff1d(np.arange(len(y)), model.validation_indices_)
    drawn = training[model.pipelines_[0]["resample"].sample_indices_]
    assert_array_equal(y_seen, (y == "Yes").to_numpy()[drawn])
    assert_allclose(weight_seen, weight[drawn] / weight[drawn].mean())


def test_weights_matter_and_their_scale_does_not(churn, make_model):
    X, y = churn
    weight = np.random.default_rng(0).uniform(0.1, 3.0, len(y))
    settings = {"epochs": 3, "early_stopping": False}
    plain = make_model(**settings).fit(X, y).predict_proba(X)
    weighted = make_model(**settings).fit(X, y, sample_weight=weight).predict_proba(X)
    scaled = make_model(**settings).fit(X, y, sample_weight=1000 * weight).predict_proba(X)
    assert_allclose(weighted, scaled, rtol=1e-4)
    assert abs(weighted - plain).max() > 1e-3


# Training on costs


def test_equal_costs_train_as_class_weights_do(churn, make_model):
    X, y = churn
    settings = {"epochs": 5, "early_stopping": False}
    by_cost = make_model(loss="cost", **settings).fit(X, y, fn_cost=60, fp_cost=25, tn_cost=5)
    by_class = make_model(class_weight={"No": 20, "Yes": 60}, **settings).fit(X, y)
    assert by_cost.prior_shift_ == pytest.approx(np.log(3))
    assert_allclose(by_cost.predict_proba(X), by_class.predict_proba(X), rtol=1e-3)
    assert_allclose(by_cost.history_, by_class.history_, rtol=1e-4)


def test_costs_of_each_customer_weigh_rows_and_validation_rows(churn, monkeypatch, make_model):
    from skann.networks import NetworkClassifier

    calls = []
    fit = NetworkClassifier.fit

    def note(self, X, y, **kwargs):
        calls.append(kwargs)
        return fit(self, X, y, **kwargs)

    monkeypatch.setattr(NetworkClassifier, "fit", note)
    X, y = churn
    value = X["customer_value"].to_numpy()
    model = make_model(loss="cost", epochs=1).fit(X, y, fn_cost=value, fp_cost=5.0)
    cost = np.where(y == "Yes", value, 5.0)
    held_out = model.validation_indices_
    training = np.setdiff1d(np.arange(len(y)), held_out)
    (call,) = calls
    assert_allclose(call["sample_weight"], cost[training] / cost[training].mean(), rtol=1e-6)
    weight = call["validation_data"][2]
    assert_allclose(weight, cost[held_out] / cost[held_out].mean(), rtol=1e-6)


def test_probabilities_of_training_on_costs_stay_near_the_churn_rate(churn, make_model):
    X, y = churn
    found = [
        make_model(loss="cost", random_state=seed)
        .fit(X, y, fn_cost=X["customer_value"], fp_cost=20.0)
        .predict_proba(X)[:, 1]
        .mean()
        for seed in range(3)
    ]
    assert abs(np.mean(found) - (y == "Yes").mean()) < 0.05


def test_costs_that_training_would_ignore_or_lacks_are_refused_by_name(churn, make_model):
    X, y = churn
    with pytest.raises(ValueError, match="fn_cost, fp_cost.*loss='cost'.*'crossentropy'"):
        make_model().fit(X, y, fn_cost=100, fp_cost=5)
    with pytest.raises(ValueError, match="needs fp_cost"):
        make_model(loss="cost").fit(X, y, fn_cost=100)
    with pytest.raises(ValueError, match="fn_cost"):
        make_model(loss="cost").fit(X, y, fn_cost=np.ones(3), fp_cost=5)
    with pytest.raises(ValueError, match="rewarded.*fp_cost"):
        make_model(loss="cost").fit(X, y, fn_cost=100, fp_cost=-5)


# Made rows


def test_made_rows_hold_whole_categories_and_known_levels(churn, monkeypatch, make_model):
    from skann._churn_ann import _member

    calls = []

    def note(sampler, X, y, weight):
        calls.append((X, resample(sampler, X, y, weight)[0]))
        return resample(sampler, X, y, weight)

    monkeypatch.setattr(_member, "resample", note)
    X, y = churn
    make_model(resampler="smote", epochs=1).fit(X, y)
    ((before, after),) = calls
    categories = before.select_dtypes("category")
    assert {"contract", "payment_method", "region"} <= set(categories)
    for name in categories:
        assert set(after[name]) <= set(before[name])
    assert set(after["age_missing"]) == {0.0, 1.0}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_samplers_take_what_polars_or_the_configured_output_holds(output):
    X = table(n_categories=0)
    model = ChurnANNClassifier(
        (4,), n_heads=1, epochs=1, cv=None, resampler="smote", preprocessor="passthrough"
    ).set_params(random_state=0, validation_fraction=None)
    with config_context(transform_output="default"):
        expected = model.fit(X, Y).predict_proba(X)
    scaled = clone(model).set_params(
        preprocessor=StandardScaler(with_mean=False, with_std=False).set_output(transform="polars")
    )
    frame = pl.from_pandas(X)
    with config_context(transform_output=output):
        assert_array_equal(clone(model).fit(frame, Y).predict_proba(frame), expected)
        assert_array_equal(scaled.fit(X, Y).predict_proba(X), expected)
