"""What the cost displays show."""

import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from skann import CostThresholdClassifier
from skann.inspection import CostCurveDisplay, GainsDisplay

Y, P = np.array([0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.6, 0.8])


@pytest.fixture(autouse=True)
def closed_figures():
    matplotlib.use("Agg")
    yield
    matplotlib.pyplot.close("all")


@pytest.fixture(scope="module")
def churn():
    X, y = make_classification(500, weights=[0.7], flip_y=0.1, random_state=0)
    table = pd.DataFrame(X).add_prefix("x").assign(value=np.linspace(1, 200, 500))
    return table, np.array(["stays", "leaves"])[y]


def test_the_chosen_cut_one_half_and_the_spread_are_marked():
    display = CostCurveDisplay.from_predictions(Y, P, fn_cost=10, fp_cost=1, random_state=0)
    assert display.chosen == pytest.approx((0.25, 0.2, 0.6))
    assert display.at_half == pytest.approx((0.5, 2.2, 0.4))
    by_threshold, by_fraction = display.axes_
    marks = [line for line in by_threshold.lines if len(line.get_xdata()) == 1]
    assert [line.get_xdata()[0] for line in marks] == pytest.approx([0.25, 0.5])
    assert [line.get_ydata()[0] for line in marks] == pytest.approx([0.2, 2.2])
    marks = [line for line in by_fraction.lines if len(line.get_xdata()) == 1]
    assert [line.get_xdata()[0] for line in marks] == pytest.approx([0.6, 0.4])
    shaded = by_threshold.patches[0].get_extents().transformed(by_threshold.transData.inverted())
    assert (shaded.x0, shaded.x1) == pytest.approx(display.spread)


def test_both_panels_show_the_whole_curve():
    display = CostCurveDisplay.from_predictions(Y, P, fn_cost=10, fp_cost=1)
    costs = [4.0, 2.0, 2.2, 0.2, 0.4, 0.6]
    for axis in display.axes_:
        np.testing.assert_allclose(axis.lines[0].get_ydata(), costs)
    np.testing.assert_allclose(display.axes_[1].lines[0].get_xdata(), np.linspace(0, 1, 6))
    np.testing.assert_allclose(
        display.axes_[0].lines[0].get_xdata(), [0.9, 0.7, 0.45, 0.25, 0.15, 0.05]
    )


def test_a_fitted_threshold_is_marked_on_other_customers(churn):
    X, y = churn
    model = CostThresholdClassifier(
        LogisticRegression(), fn_cost="value", fp_cost=5, pos_label="leaves", capacity=5
    ).fit(X[:300], y[:300])
    display = CostCurveDisplay.from_estimator(model, X[300:], y[300:])
    decided = model.set_params(capacity=None).predict(X[300:]) == "leaves"
    missed = X["value"][300:] * ((y[300:] == "leaves") & ~decided)
    cost = (missed + 5 * ((y[300:] == "stays") & decided)).mean()
    assert display.chosen == pytest.approx((model.threshold_, cost, decided.mean()))


def test_other_classifiers_take_costs_and_show_the_cheapest_cut(churn):
    X, y = churn
    model = LogisticRegression(max_iter=1000).fit(X, y)
    display = CostCurveDisplay.from_estimator(
        model, X, y, fn_cost="value", fp_cost=5, pos_label="leaves"
    )
    assert display.chosen[1] == pytest.approx(display.curve["cost"].min())
    assert display.chosen[1] < display.at_half[1]


def test_gains_count_churners_and_profit_from_the_top():
    display = GainsDisplay.from_predictions(Y, P, fn_cost=10, fp_cost=1)
    np.testing.assert_allclose(display.gains["contacted"], np.linspace(0, 1, 6))
    np.testing.assert_allclose(display.gains["found"], [0, 0.5, 0.5, 1, 1, 1])
    np.testing.assert_allclose(display.gains["profit"], [0, 2, 1.8, 3.8, 3.6, 3.4])
    assert display.churn_rate == pytest.approx(0.4)
    (mark,) = [line for line in display.axes_[1].lines if line.get_marker() == "o"]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == pytest.approx((0.6, 3.8))


def test_with_costs_a_customer_gains_rank_by_expected_gain():
    display = GainsDisplay.from_predictions(Y, P, fn_cost=[1, 1, 100, 1, 1], fp_cost=1)
    # 0.3 * 100 - 0.7 comes first, then 0.8 - 0.2
    np.testing.assert_allclose(display.gains["profit"][:3], [0, 20, 20.2])


def test_gains_of_an_estimator_are_those_of_its_probabilities(churn):
    X, y = churn
    model = CostThresholdClassifier(
        LogisticRegression(max_iter=1000), fn_cost=50, pos_label="leaves"
    )
    model.fit(X, y)
    one = GainsDisplay.from_estimator(model, X, y)
    p = model.predict_proba(X)[:, 0]
    other = GainsDisplay.from_predictions(y, p, fn_cost=50, pos_label="leaves")
    pd.testing.assert_frame_equal(one.gains, other.gains)


def test_weights_count():
    weight = np.array([1, 2, 3, 0, 2])
    rows = np.repeat(np.arange(5), weight)
    weighted = CostCurveDisplay.from_predictions(Y, P, fn_cost=10, sample_weight=weight)
    repeated = CostCurveDisplay.from_predictions(Y[rows], P[rows], fn_cost=10)
    assert weighted.chosen == pytest.approx(repeated.chosen)
    assert weighted.at_half == pytest.approx(repeated.at_half)


@pytest.mark.parametrize("display", [CostCurveDisplay, GainsDisplay])
def test_given_axes_are_used(display):
    figure, axes = matplotlib.pyplot.subplots(1, 2)
    shown = display.from_predictions(Y, P, axes=axes)
    assert shown.axes_ == tuple(axes)
    assert shown.figure_ is figure


@pytest.mark.parametrize("display", [CostCurveDisplay, GainsDisplay])
def test_without_matplotlib_the_extra_is_named(display, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=rf"{display.__name__}.*skann\[plot\]"):
        display.from_predictions(Y, P)


@pytest.mark.parametrize("display", [CostCurveDisplay, GainsDisplay])
def test_scores_that_are_no_probabilities_are_refused(display):
    with pytest.raises(ValueError, match="y_prob"):
        display.from_predictions(Y, P * 2)


@pytest.mark.parametrize("costs", [{"fp_cost": -1}, {"fn_cost": 0}])
def test_infinite_thresholds_are_drawn_at_the_edge(costs):
    display = CostCurveDisplay.from_predictions(Y, P, **costs)
    assert np.isinf(display.chosen[0])
    for axis in display.axes_:
        for line in axis.lines:
            assert np.all(np.isfinite(np.asarray(line.get_xdata(), dtype=float)))


@pytest.mark.parametrize("display", [CostCurveDisplay, GainsDisplay])
@pytest.mark.parametrize("panel", [0, 1])
def test_one_panel_takes_several_named_curves(display, panel):
    figure, axis = matplotlib.pyplot.subplots()
    for name, probability in (("one", P), ("other", P[::-1])):
        axes = (axis, None) if panel == 0 else (None, axis)
        shown = display.from_predictions(Y, probability, axes=axes, name=name)
        assert shown.axes_ == axes
        assert shown.figure_ is figure
    texts = [text.get_text() for text in axis.get_legend().get_texts()]
    assert {"one", "other"} < set(texts)
    assert len(texts) == len(set(texts))
    curves = [line for line in axis.lines if line.get_label() in ("one", "other")]
    assert curves[0].get_color() != curves[1].get_color()
    assert not axis.patches
