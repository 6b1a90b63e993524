"""Labels of any dtype are read alike, or refused by the name of their argument."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression

from skann import ChurnANNClassifier, CostThresholdClassifier
from skann._labels import (
    check_labels,
    check_two_classes,
    encode_labels,
    positive_class,
    positive_index,
)
from skann.inspection import CostCurveDisplay, GainsDisplay, audit, evaluate
from skann.metrics import (
    emp_churn_score,
    expected_cost,
    lift_score,
    make_cost_scorer,
    max_profit_score,
    precision_at_top,
    recall_at_top,
    savings_score,
)
from skann.model_selection import train_validation_test_split

DECISION_METRICS = [expected_cost, savings_score]
RANKING_METRICS = [
    *(max_profit_score, emp_churn_score, lift_score, precision_at_top, recall_at_top),
    lambda y, p, **options: CostCurveDisplay.from_predictions(y, p, **options),
    lambda y, p, **options: GainsDisplay.from_predictions(y, p, **options),
]
X = np.arange(40.0)[:, None]
Y = np.arange(40) % 2


# One kind of labels, whatever holds them

NUMBERS = [
    [False, True, True, False],
    [0, 1, 1, 0],
    [False, 1, True, 0],
    np.array([0, 1, 1, 0], dtype=np.int8),
    np.array([0.0, 1.0, 1.0, 0.0]),
    np.array([False, True, True, False], dtype=object),
    np.array([0, 1, 1, 0], dtype=object),
    np.array([np.bool_(False), True, 1, 0.0], dtype=object),
    np.array([Decimal(0), Decimal(1), Decimal(1), Decimal(0)]),
    pd.Series([0, 1, 1, 0], dtype="Int64"),
    pd.Series([False, True, True, False], dtype="boolean"),
    pd.Series([False, True, True, False], dtype="bool[pyarrow]"),
    pd.Series([0, 1, 1, 0], dtype=pd.ArrowDtype(pa.decimal128(3))),
    pd.Series([0, 1, 1, 0], dtype="category"),
    pd.Series([False, True, True, False], dtype="category"),
    pl.Series([0, 1, 1, 0], dtype=pl.UInt8),
    pl.Series([False, True, True, False]),
    pa.array([0, 1, 1, 0]),
]
TEXT = [
    ["No", "Yes", "Yes", "No"],
    ("No", "Yes", "Yes", "No"),
    np.array(["No", "Yes", "Yes", "No"]),
    np.array(["No", "Yes", "Yes", "No"], dtype=np.dtypes.StringDType()),
    np.array([np.str_("No"), "Yes", "Yes", "No"], dtype=object),
    pd.Series(["No", "Yes", "Yes", "No"], dtype="string"),
    pd.Series(["No", "Yes", "Yes", "No"], dtype=object),
    pd.Series(["No", "Yes", "Yes", "No"], dtype="category"),
    pd.Series(["No", "Yes", "Yes", "No"], dtype=pd.ArrowDtype(pa.string())),
    pl.Series(["No", "Yes", "Yes", "No"]),
    pl.Series(["No", "Yes", "Yes", "No"], dtype=pl.Categorical),
    pl.Series(["No", "Yes", "Yes", "No"], dtype=pl.Enum(["Yes", "No"])),
]


def kind_of(labels):
    """Name a test without addresses in memory, which differ between workers."""
    return f"{type(labels).__name__} {getattr(labels, 'dtype', '')}".strip()


@pytest.mark.parametrize("labels", [*NUMBERS, *TEXT], ids=kind_of)
def test_every_dtype_of_two_labels_is_the_same_labels(labels):
    checked = check_labels(labels)
    classes = check_two_classes(checked)
    assert encode_labels(checked, classes).tolist() == [0, 1, 1, 0]
    assert classes.tolist() in ([0, 1], ["No", "Yes"])
    assert expected_cost(labels, checked, fn_cost=100) == 0


def test_a_column_vector_is_taken_with_scikit_learns_warning():
    with pytest.warns(UserWarning, match="column-vector"):
        assert check_labels([[0], [1]]).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, "1", "0"], "y mixes numbers such as 0 and text such as '1'.*astype"),
        (pd.Series(["1", True, False], dtype=object), "y mixes text such as '1' and numbers"),
        ([None, "No", "Yes"], "y contains NaN: 1 of 3 labels are missing"),
        ([float("nan"), 1, 0, 1], "y contains NaN: 1 of 4 labels are missing"),
        (pd.Series([pd.NA, True, pd.NA], dtype="boolean"), "2 of 3 labels are missing"),
        (pl.Series([None, True, False]), "1 of 3 labels are missing"),
        ([0.5, 1, 0], "label type: continuous. y must hold two labels.*0.5"),
        ([pd.Period("2020"), pd.Period("2021")], "label type: unknown. y must hold two labels"),
        ([[0, 1], [1, 0]], "1d array"),
        (None, "requires y to be passed"),
        (pl.LazyFrame({"y": [0, 1]}), r"y is a polars LazyFrame.*y\.collect\(\)"),
    ],
    ids=kind_of,
)
def test_labels_that_cannot_be_read_are_refused(labels, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            check_labels(labels)


def test_errors_call_labels_by_the_name_of_their_argument():
    with pytest.raises(ValueError, match="y_test mixes"):
        check_labels(["1", 1], name="y_test")
    with pytest.raises(ValueError, match="3 rows and y_test has 2 labels"):
        check_labels([0, 1], 3, "y_test")


def test_two_classes_come_sorted():
    assert check_two_classes(np.array(["Yes", "No", "Yes"])).tolist() == ["No", "Yes"]


def test_labels_are_encoded_by_the_order_of_the_classes():
    classes = np.array(["No", "Yes"])
    assert encode_labels(np.array(["Yes", "No"]), classes).tolist() == [1, 0]
    with pytest.raises(ValueError, match="Maybe.*No.*Yes"):
        encode_labels(np.array(["Maybe"]), classes)


# The positive class


@pytest.mark.parametrize(
    ("labels", "pos_label", "positive"),
    [
        ([0, 1], None, 1),
        ([-1, 1], None, 1),
        ([-1, 0], None, 0),
        ([0, 0], None, 1),
        ([1, 2], None, 2),
        (["No", "Yes"], None, "Yes"),
        (["No", "Yes"], "No", "No"),
        ([False, True], 1, 1),
        ([0.0, 1.0], True, 1),
        (["No"], "Yes", "Yes"),  # nobody left
    ],
)
def test_the_positive_class_is_the_second_or_the_one_named(labels, pos_label, positive):
    assert positive_class(pos_label, y_true=check_labels(labels)) == positive


@pytest.mark.parametrize(
    ("labels", "pos_label"),
    [(["No", "Yes"], "yes"), (["0", "1"], 1), ([0, 1], "1"), ([0, 1], 2), (["0"], 1), ([0], "1")],
)
def test_a_pos_label_that_is_no_label_is_refused_by_name(labels, pos_label):
    with pytest.raises(ValueError, match=f"pos_label={pos_label!r} is not a label of y_true"):
        positive_class(pos_label, y_true=check_labels(labels))
    if len(labels) == 2:
        with pytest.raises(ValueError, match=f"pos_label={pos_label!r} is not a label of y, "):
            positive_index(np.array(labels), pos_label)


# Metrics, displays and scorers


@pytest.mark.parametrize("metric", DECISION_METRICS)
def test_metrics_of_decisions_refuse_bad_labels_by_name(metric):
    with pytest.raises(ValueError, match="y_true holds text such as '0'.*y_pred holds numbers"):
        metric(["0", "1"], [0, 1])
    with pytest.raises(ValueError, match="y_true holds numbers such as 0.*y_pred holds text"):
        metric([0, 1], ["0", "1"])
    with pytest.raises(ValueError, match="y_pred mixes"):
        metric([0, 1], [0, "1"])
    with pytest.raises(ValueError, match="pos_label='Maybe' is not a label of y_true and y_pred"):
        metric(["No", "Yes"], ["Yes", "Yes"], pos_label="Maybe")
    with pytest.raises(ValueError, match="y_pred contains NaN: 1 of 2"):
        metric([0, 1], [0, np.nan])
    with pytest.raises(ValueError, match="two labels, found 3"):
        metric(["a", "b"], ["c", "b"], pos_label="b")


@pytest.mark.parametrize("metric", RANKING_METRICS)
def test_metrics_and_displays_of_rankings_refuse_bad_labels_by_name(metric):
    with pytest.raises(ValueError, match="pos_label=1 is not a label of y_true"):
        metric(["No", "Yes"], [0.1, 0.9], pos_label=1)
    with pytest.raises(ValueError, match="y_true mixes"):
        metric(["1", 0], [0.1, 0.9])
    with pytest.raises(ValueError, match="y_true contains NaN: 1 of 2"):
        metric([0, None], [0.1, 0.9])


def test_displays_of_a_classifier_take_its_labels_alone():
    model = LogisticRegression().fit(X, Y)
    threshold = CostThresholdClassifier(model, cv="prefit").fit(X, Y)
    for display in (CostCurveDisplay, GainsDisplay):
        for classifier in (model, threshold):
            with pytest.raises(ValueError, match="pos_label='1' is not a label of y"):
                display.from_estimator(classifier, X, Y, pos_label="1")
            with pytest.raises(ValueError, match=r"y has labels \['0', '1'\]"):
                display.from_estimator(classifier, X, Y.astype(str))
        with pytest.raises(ValueError, match="pos_label=0, but this CostThreshold"):
            display.from_estimator(threshold, X, Y, pos_label=0)


@pytest.mark.parametrize("costs", [{"fn_cost": 9}, {"fn_cost": "value"}])
def test_a_cost_scorer_refuses_a_pos_label_that_is_no_label(costs):
    table = pd.DataFrame({"value": X[:, 0]})
    model = LogisticRegression().fit(table, Y)
    scorer = make_cost_scorer(**costs, pos_label="1")
    with pytest.raises(ValueError, match="pos_label='?1'? is not a (valid )?label"):
        scorer(model, table, Y)


# Estimators, reports and splits


@pytest.mark.parametrize("labels", [Y.astype(object), (Y == 1).astype(object), Y.astype(str)])
def test_the_threshold_takes_what_the_network_takes(labels):
    model = CostThresholdClassifier(LogisticRegression(), fn_cost=9, cv=2).fit(X, labels)
    assert_array_equal(model.classes_, np.unique(labels))
    assert set(model.predict(X)) <= set(labels)


class Untrainable(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        raise AssertionError("trained on bad labels")


@pytest.mark.parametrize(
    ("labels", "changes", "message"),
    [
        (np.where(Y, 1, np.nan), {}, "y contains NaN: 20 of 40 labels are missing"),
        ([*[0, 1] * 19, "0", "1"], {}, "y mixes"),
        (Y, {"pos_label": "1"}, "pos_label='1' is not a label of y"),
        (np.linspace(0, 1, 40), {}, "continuous"),
        (np.arange(40) % 3, {}, "3 classes"),
        (np.zeros(40), {}, "only one class"),
        (Y[:39], {}, "40 rows and y has 39"),
    ],
    ids=str,
)
def test_the_threshold_refuses_labels_before_any_training(labels, changes, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            CostThresholdClassifier(Untrainable(), **changes).fit(X, labels)


def test_reports_and_splits_check_labels_by_name():
    model = LogisticRegression().fit(X, Y)
    costs = {"fn_cost": 9}
    mixed = [*Y[:-1], "1"]
    with pytest.raises(ValueError, match="y_test mixes"):
        evaluate(model, X, mixed, costs=costs)
    with pytest.raises(ValueError, match=r"y_train has labels \['0', '1'\]"):
        evaluate(model, X, Y, costs=costs, train=(X, Y.astype(str)))
    threshold = CostThresholdClassifier(model, cv="prefit").fit(X, Y).set_params(pos_label="1")
    with pytest.raises(ValueError, match="pos_label='1' is not a label"):
        evaluate(threshold, X, Y, costs=costs)
    for check in (lambda y: audit(model, X, y), lambda y: train_validation_test_split(X, y)):
        with pytest.raises(ValueError, match="y mixes"):
            check(mixed)


# Lazy frames


def test_a_lazy_frame_is_refused_with_what_to_do():
    lazy = pl.LazyFrame({"value": X[:, 0]})
    model = LogisticRegression().fit(X, Y)
    threshold = CostThresholdClassifier(model, cv="prefit").fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # looking at its columns would warn
        for use in (
            lambda: ChurnANNClassifier().fit(lazy, Y),
            lambda: ChurnANNClassifier().partial_fit(lazy, Y),
            lambda: CostThresholdClassifier(model).fit(lazy, Y),
            lambda: threshold.predict(lazy),
            lambda: threshold.predict_proba(lazy),
            lambda: threshold.rank(lazy),
            lambda: audit(model, lazy, Y),
            lambda: train_validation_test_split(lazy, Y),
            lambda: GainsDisplay.from_estimator(model, lazy, Y),
        ):
            with pytest.raises(ValueError, match=r"X is a polars LazyFrame.*X\.collect\(\)"):
                use()
        with pytest.raises(ValueError, match=r"X_test\.collect\(\)"):
            evaluate(model, lazy, Y, costs={})
        with pytest.raises(ValueError, match=r"y_true\.collect\(\)"):
            lift_score(lazy, Y)
