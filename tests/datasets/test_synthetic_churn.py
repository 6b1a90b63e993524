"""make_churn: exact churn rate, same world for every seed, and as hard as real churn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skann.datasets import make_churn
from skann.datasets._synthetic import _draw_customers


@pytest.mark.parametrize("churn_rate", [0.02, 0.2, 0.37, 0.5, 0.9])
@pytest.mark.parametrize("n_samples", [50, 1000])
def test_churn_rate_is_met_exactly(n_samples, churn_rate):
    target = make_churn(n_samples, churn_rate, random_state=3).target
    assert (target == "Yes").sum() == round(n_samples * churn_rate)
    assert len(target) == n_samples


@pytest.mark.parametrize("churn_rate", [1e-6, 1 - 1e-6])
def test_both_classes_are_there_even_at_extreme_rates(churn_rate):
    assert set(make_churn(100, churn_rate, random_state=0).target) == {"No", "Yes"}


def test_equal_seeds_give_equal_tables_and_others_differ():
    first, again, other = (make_churn(200, random_state=seed).frame for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first["age"].equals(other["age"])


def test_a_seeded_call_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()
    make_churn(50, random_state=1)
    make_churn(50, random_state=np.random.RandomState(2))
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_bunch_holds_data_target_and_description():
    bunch = make_churn(100, random_state=0)
    assert bunch.feature_names == list(bunch.data.columns)
    assert bunch.target_names == sorted(set(bunch.target))
    pd.testing.assert_frame_equal(bunch.frame.drop(columns="churn"), bunch.data)
    pd.testing.assert_series_equal(bunch.frame["churn"], bunch.target)
    for column in bunch.feature_names:
        assert column in bunch.DESCR


def test_return_X_y_gives_the_same_table():
    bunch = make_churn(100, random_state=0)
    data, target = make_churn(100, random_state=0, return_X_y=True)
    pd.testing.assert_frame_equal(data, bunch.data)
    pd.testing.assert_series_equal(target, bunch.target)


def test_columns_are_as_mixed_and_dirty_as_real_ones():
    data = make_churn(20_000, random_state=0).data
    assert data["customer_id"].is_unique
    assert data["region"].nunique() == 30
    assert data["region"].value_counts(normalize=True).min() < 0.01
    assert pd.api.types.is_datetime64_dtype(data["signup_date"])
    assert pd.api.types.is_bool_dtype(data["paperless_billing"])
    assert data["usage_gb"].skew() > 3
    assert (data["customer_value"] > 0).all()
    missing = data.isna().mean()
    assert set(missing[missing > 0].index) == {"payment_method", "age", "usage_gb", "survey_score"}


def test_a_silent_customer_leaves_more_often():
    bunch = make_churn(20_000, random_state=0)
    leaves = bunch.target == "Yes"
    silent = bunch.data["survey_score"].isna()
    assert leaves[silent].mean() > leaves[~silent].mean() + 0.04
    unknown_age = bunch.data["age"].isna()
    assert abs(leaves[unknown_age].mean() - leaves[~unknown_age].mean()) < 0.03


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_chance_bounds_what_any_model_can_reach(seed):
    data, propensity = _draw_customers(20_000, np.random.RandomState(seed))
    drawn, target = make_churn(20_000, random_state=seed, return_X_y=True)
    pd.testing.assert_frame_equal(data, drawn)
    assert 0.86 < roc_auc_score(target, propensity) < 0.885


def _boosting(data, target):
    return HistGradientBoostingClassifier(
        categorical_features="from_dtype", max_leaf_nodes=15, learning_rate=0.05, random_state=0
    ).fit(data, target)


def _logistic_regression(data, target):
    text = data.select_dtypes(["category", "bool"]).columns
    numbers = data.columns.difference(text)
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), text),
    )
    return make_pipeline(encode, LogisticRegression(max_iter=1000)).fit(data, target)


def _features(frame):
    text = ["region", "contract", "payment_method"]
    return frame.drop(columns=["customer_id", "signup_date"]).astype(
        dict.fromkeys(text, "category")
    )


@pytest.mark.parametrize("churn_rate", [0.1, 0.2, 0.4])
def test_boosting_reaches_real_churn_quality_on_another_draw_and_beats_a_linear_model(churn_rate):
    train, train_target = make_churn(10_000, churn_rate, random_state=0, return_X_y=True)
    test, test_target = make_churn(10_000, churn_rate, random_state=1, return_X_y=True)
    auc = {}
    for fit in (_boosting, _logistic_regression):
        model = fit(_features(train), train_target)
        auc[fit] = roc_auc_score(test_target, model.predict_proba(_features(test))[:, 1])
    assert 0.82 < auc[_boosting] < 0.88
    assert auc[_boosting] > auc[_logistic_regression] + 0.015


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"n_samples": 5}, "n_samples"),
        ({"n_samples": 10.5}, "n_samples"),
        ({"churn_rate": 0}, "churn_rate"),
        ({"churn_rate": 20}, "churn_rate"),
        ({"random_state": "x"}, "random_state"),
    ],
)
def test_a_bad_argument_is_named(arguments, name):
    with pytest.raises(ValueError, match=name):
        make_churn(**arguments)
