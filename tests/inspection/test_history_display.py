"""HistoryDisplay and the other displays that come from `skann.inspection`."""

import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest
import sklearn.calibration
from sklearn.pipeline import make_pipeline

from skann import ChurnANNClassifier, CostThresholdClassifier, inspection
from skann.inspection import HistoryDisplay

matplotlib.use("Agg")


@pytest.fixture
def history():
    epochs = pd.RangeIndex(1, 5, name="epoch")
    columns = ["loss", "auc", "val_auc", "val_loss", "learning_rate"]
    values = np.arange(20.0).reshape(4, 5) + 1
    return pd.DataFrame(values, index=epochs, columns=columns)


@pytest.fixture
def network(history):
    network = ChurnANNClassifier()
    network.history_, network.best_epoch_ = history, 3
    return network


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def lines(axis):
    return {line.get_label(): line.get_ydata() for line in axis.lines}


def test_loss_and_auc_are_shown_for_training_and_validation(network, history):
    display = HistoryDisplay.from_estimator(network)
    loss, auc = map(lines, display.axes_)
    assert np.array_equal(loss["training"], history["loss"])
    assert np.array_equal(loss["validation"], history["val_loss"])
    assert np.array_equal(auc["training"], history["auc"])
    assert np.array_equal(auc["validation"], history["val_auc"])
    marks = [line for axis in display.axes_ for line in axis.lines if "best" in line.get_label()]
    assert [line.get_xdata() for line in marks] == [[3, 3], [3, 3]]


def test_the_learning_rate_is_shown_where_it_changed(history):
    display = HistoryDisplay(history).plot()
    assert np.array_equal(display.rate_axes_.lines[0].get_ydata(), history["learning_rate"])
    assert display.rate_axes_.get_yscale() == "log"
    steady = HistoryDisplay(history.assign(learning_rate=0.001)).plot()
    assert steady.rate_axes_ is None


def test_a_history_without_validation_or_auc_is_shown(history):
    display = HistoryDisplay(history[["loss"]]).plot()
    assert len(display.axes_) == 1
    assert lines(display.axes_[0]).keys() == {"training"}


def test_given_axes_are_used(history):
    figure = matplotlib.figure.Figure()
    axes = figure.subplots(1, 2)
    assert HistoryDisplay(history).plot(axes).figure_ is figure
    assert matplotlib.pyplot.get_fignums() == []


def test_the_network_is_found_in_pipelines_and_thresholds(network, history):
    threshold = CostThresholdClassifier(ChurnANNClassifier())
    threshold.estimator_ = network
    for estimator in (make_pipeline(network), threshold, make_pipeline(threshold)):
        assert HistoryDisplay.from_estimator(estimator).history is history


@pytest.mark.parametrize(
    "estimator", [ChurnANNClassifier(), CostThresholdClassifier(ChurnANNClassifier())]
)
def test_an_unfitted_network_is_told(estimator):
    with pytest.raises(ValueError, match="holds no fitted ChurnANNClassifier"):
        HistoryDisplay.from_estimator(estimator)


def test_without_matplotlib_the_extra_is_named(history, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.delattr(matplotlib, "pyplot")
    with pytest.raises(ImportError, match=r"pip install 'skann\[plot\]'"):
        HistoryDisplay(history).plot()


def test_scikit_learns_calibration_display_is_at_hand():
    assert inspection.CalibrationDisplay is sklearn.calibration.CalibrationDisplay


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'Display'"):
        _ = inspection.Display
