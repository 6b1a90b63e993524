"""Bad input gets an error that names what is wrong; good input is split fairly."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from skann import ChurnANNClassifier, ValidationWarning
from skann._churn_ann._folds import one_split

MODEL_SETTINGS = {"epochs": 1, "learning_rate": 0.001, "dropout": 0.1, "batch_size": "auto"}


@pytest.fixture(scope="module")
def fitted(small_churn, make_model):
    return make_model().fit(*small_churn)


# Splitting


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_the_split_is_stratified_sorted_and_complete(fraction):
    y = np.random.default_rng(0).permutation([0] * 160 + [1] * 40)
    train, validation = one_split(y, fraction, None, seed=0)
    assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(200))
    assert_array_equal(train, np.sort(train))
    assert_array_equal(validation, np.sort(validation))
    assert len(validation) == 200 * fraction
    assert y[validation].sum() == 40 * fraction


def test_the_split_depends_on_the_seed_alone():
    y = np.arange(100) % 4 == 0
    first, again, other = (one_split(y.astype(int), 0.2, None, seed)[1] for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "y", [[0] * 50 + [1], [1] * 50 + [0], [0, 1], [0, 0, 1, 1][:3], [0] * 50], ids=str
)
def test_too_few_rows_of_a_class_are_not_split(y):
    with pytest.warns(ValidationWarning, match="too small to split"):
        train, validation = one_split(np.array(y), 0.2, None, seed=0)
    assert len(train) == len(y) and not len(validation)


def test_the_smallest_table_keeps_both_classes_for_training():
    y = np.array([0, 0, 1, 1])
    train, validation = one_split(y, 0.15, None, seed=0)
    assert set(y[train]) == set(y[validation]) == {0, 1}


# Labels


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(400), r"y holds only one class, \[0.0\]"),
        (np.arange(400) % 3, "Only binary classification.*3 classes"),
        (np.linspace(0, 1, 400), "continuous"),
        (np.zeros(399), r"400 rows and y has 399"),
        (np.zeros((400, 2)), r"y should be a 1d array.*\(400, 2\)"),
        (np.r_[np.nan, np.arange(399) % 2], "y contains NaN: 1 of 400 labels are missing"),
        ([None, *["a", "b"] * 199, "a"], "1 of 400 labels are missing; drop these rows"),
        (pd.Series([pd.NA, *[0, 1] * 199, 1], dtype="Int64"), "1 of 400 labels are missing"),
        (None, "requires y to be passed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_labels_are_refused(small_churn, labels, message, make_model):
    with pytest.raises(ValueError, match=message):
        make_model().fit(small_churn[0], labels)


# Rows


def test_no_rows_and_no_columns_are_refused(small_churn, fitted, make_model):
    X, y = small_churn
    for rows, labels in ((X[:0], y[:0]), (np.empty((0, 3)), [])):
        with pytest.raises(ValueError, match=r"0 sample\(s\).*minimum of 1"):
            make_model().fit(rows, labels)
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        make_model().fit(X[[]], y)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        fitted.predict_proba(X[:0])


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_infinite_and_huge_numbers_are_refused_by_column(small_churn, fitted, value, make_model):
    X, y = small_churn
    X = X.assign(monthly_charge=np.r_[value, np.arange(399)])
    for call in (lambda: make_model().fit(X, y), lambda: fitted.predict_proba(X)):
        with pytest.raises(ValueError, match="infinity.*column 'monthly_charge', 1 row"):
            call()


def test_a_table_without_a_usable_column_is_refused(small_churn, make_model):
    X, y = small_churn
    unusable = pd.DataFrame({"unit": ["EUR"] * len(X), "empty": [None] * len(X)})
    with pytest.raises(ValueError, match="No column.*'unit' constant.*'empty' missing"):
        make_model().fit(unusable, y)


def test_repeated_column_names_are_refused_by_name(small_churn, make_model):
    X, y = small_churn
    X = pd.concat([X, X[["age"]]], axis=1)
    with pytest.raises(ValueError, match="age"):
        make_model().fit(X, y)


def test_other_columns_than_in_fit_are_refused_by_name(small_churn, fitted):
    X, _ = small_churn
    with pytest.raises(ValueError, match="(?s)missing.*age"):
        fitted.predict_proba(X.drop(columns="age"))
    with pytest.raises(ValueError, match="(?s)unseen.*surplus"):
        fitted.predict_proba(X.assign(surplus=1))
    with pytest.raises(ValueError, match="same order"):
        fitted.predict_proba(X[X.columns[::-1]])
    with pytest.raises(ValueError, match="12 features.*13 features"):
        fitted.predict_proba(X.to_numpy()[:, 1:])


def test_a_row_or_a_column_by_itself_is_refused(small_churn, fitted):
    X, _ = small_churn
    with pytest.raises(ValueError, match="2-dimensional|2D"):
        fitted.predict_proba(X["age"])
    with pytest.raises(ValueError, match="2D"):
        fitted.predict_proba(X.iloc[0].to_numpy())


def test_sparse_rows_are_refused(small_churn, make_model):
    from scipy.sparse import csr_matrix

    with pytest.raises(TypeError, match="[Ss]parse"):
        make_model().fit(csr_matrix(np.eye(400)), small_churn[1])


def test_predicting_before_fitting_is_told(small_churn, make_model):
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError, match="ChurnANNClassifier"):
            getattr(make_model(), method)(small_churn[0])


# Weights


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (-np.ones(400), "(?i)negative.*sample_weight"),
        (np.ones(399), r"sample_weight.*\(399,\).*\(400,\)"),
        (np.r_[np.nan, np.ones(399)], "sample_weight contains NaN"),
        (np.r_[np.inf, np.ones(399)], "sample_weight contains infinity"),
        (np.zeros(400), "(?i)sample.weight.*zero"),
    ],
    ids=["negative", "short", "NaN", "infinite", "zero"],
)
def test_bad_weights_are_refused(small_churn, weight, message, make_model):
    with pytest.raises(ValueError, match=message):
        make_model().fit(*small_churn, sample_weight=weight)


def test_weights_that_leave_one_class_are_refused(small_churn, make_model):
    X, y = small_churn
    with pytest.raises(ValueError, match="one class.*sample_weight 0 do not count"):
        make_model().fit(X, y, sample_weight=(y == "Yes").astype(float))


# validation_data


@pytest.mark.parametrize(
    "make", [lambda X, y: X, lambda X, y: (X,), lambda X, y: "X, y", lambda X, y: (X, y, None, 1)]
)
def test_validation_data_has_to_be_rows_and_labels(small_churn, make, make_model):
    X, y = small_churn
    with pytest.raises(ValueError, match=r"validation_data must be a tuple \(X, y\)"):
        make_model().fit(X, y, validation_data=make(X, y))


def test_bad_validation_rows_labels_and_weights_are_refused(small_churn, make_model):
    X, y = small_churn
    for data, message in (
        ((X.drop(columns="age"), y), "(?s)missing.*age"),
        ((X[:0], y[:0]), "0 sample"),
        ((X, y[:-1]), "400 rows and y has 399"),
        ((X, y.where(y == "No", "Maybe")), "Maybe"),
        ((X, y, -np.ones(400)), "(?i)negative"),
        ((X.assign(age=np.inf), y), "'age'"),
    ):
        with pytest.raises(ValueError, match=message):
            make_model().fit(X, y, validation_data=data)


# Parameters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", 64),
        ("activation", None),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("l2", -1e-3),
        ("numeric_encoding", "minmax"),
        ("categorical_encoding", "target"),
        ("n_heads", 0),
        ("preprocessor", "scale"),
        ("resampler", "both"),
        ("class_weight", "equal"),
        ("correct_prior", "yes"),
        ("optimizer", "rmsprop"),
        ("learning_rate", 0.0),
        ("batch_size", 0),
        ("epochs", 0),
        ("validation_fraction", 1.0),
        ("validation_fraction", 0.0),
        ("early_stopping", "loss"),
        ("patience", 0),
        ("reduce_lr", 0.5),
        ("checkpoint_dir", 5),
        ("callbacks", "early"),
        ("metrics", "auc"),
        ("warm_start", "yes"),
        ("random_state", "seed"),
        ("verbose", "loud"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(small_churn, name, value, make_model):
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter of ChurnANNClassifier"):
        make_model(**{name: value}).fit(*small_churn)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", (0,)),
        ("hidden_layer_sizes", (2.5,)),
        ("hidden_layer_sizes", ("a",)),
        ("activation", "nonsense"),
        ("metrics", ("nonsense",)),
        ("callbacks", ["nonsense"]),
    ],
)
def test_a_parameter_that_keras_would_refuse_deep_inside_is_refused_by_name(
    small_churn, name, value, make_model
):
    with pytest.raises(ValueError, match=f"(?s)^{name}.*{re.escape(str(value).strip('()[],'))}"):
        make_model(**{name: value}).fit(*small_churn)


def test_layer_sizes_may_be_integers_of_numpy(small_churn, make_model):
    model = make_model(hidden_layer_sizes=np.array([4, 3])).fit(*small_churn)
    layers = model.pipelines_[0]["network"].model_.layers
    assert [layer.units for layer in layers if layer.name.startswith("hidden")] == [4, 3]


def test_every_parameter_is_validated():
    assert set(ChurnANNClassifier._parameter_constraints) == set(ChurnANNClassifier().get_params())


def test_a_misspelt_parameter_is_refused():
    with pytest.raises(TypeError, match="droput"):
        ChurnANNClassifier(droput=0.1)
    with pytest.raises(TypeError):
        ChurnANNClassifier((64,), "relu")
    with pytest.raises(ValueError, match="droput"):
        ChurnANNClassifier().set_params(droput=0.1)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ({"No": 1}, r"class_weight.*\['No', 'Yes'\]"),
        ({0: 1, 1: 2}, r"class_weight.*\['No', 'Yes'\]"),
        ({"No": 1, "Yes": -1}, "class_weight must be positive"),
    ],
)
def test_bad_class_weights_are_refused(small_churn, weight, message, make_model):
    with pytest.raises(ValueError, match=message):
        make_model(class_weight=weight).fit(*small_churn)
