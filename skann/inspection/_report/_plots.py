"""The plots of a report."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skann.inspection._plot._cost_curve import CostCurveDisplay
from skann.inspection._plot._gains import GainsDisplay
from skann.inspection._plot._history import HistoryDisplay
from skann.inspection._plot._matplotlib import require_matplotlib
from skann.inspection._report._evaluation import Evaluation
from skann.inspection._report._figures import tune_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_SIZE = (4.6, 3.4)  # inches
_INK = "#000000"  # Matplotlib's
_SMALL = {"legend.fontsize": "small"}


def plot_all(report: Evaluation) -> "Figure":
    """Return a figure with all plots of a report side by side, two in a row."""
    plt = require_matplotlib("EvaluationReport.plot")
    plots = _plots(report)
    n_rows = -(-len(plots) // 2)
    figure, axes = plt.subplots(
        n_rows, 2, figsize=(2 * _SIZE[0], n_rows * _SIZE[1]), layout="tight"
    )
    for axis in axes.ravel()[len(plots) :]:
        axis.remove()
    for axis, (title, draw) in zip(axes.ravel(), plots.items(), strict=False):
        with plt.rc_context(_SMALL):
            draw(axis)
        axis.set_title(title, fontsize="medium")
    return figure


def inline_images(report: Evaluation) -> dict[str, str]:
    """Return each plot as an SVG element that takes its text colour from the page, by its title."""
    matplotlib = require_matplotlib("The plots of a report").matplotlib
    images = {}
    for title, draw in _plots(report).items():
        figure = matplotlib.figure.Figure(figsize=_SIZE, layout="tight")
        written = io.StringIO()
        # Text stays text; ids differ between the images of a page.
        as_text = {"svg.fonttype": "none", "svg.hashsalt": title}
        with matplotlib.rc_context(_SMALL | as_text):
            draw(figure.subplots())
            figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
        svg = written.getvalue()
        images[title] = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    return images


def _plots(report: Evaluation) -> dict[str, Callable[["Axes"], None]]:
    plots: dict[str, Callable[[Axes], None]] = {
        "Calibration": lambda axis: _calibration(report, axis),
        "Churners found": lambda axis: _gains(report, axis),
        "Cost": lambda axis: _costs(report, axis),
    }
    if report.history is not None:
        plots["Training"] = lambda axis: _history(report, axis)
    return plots


def _calibration(report: Evaluation, axis: "Axes") -> None:
    from sklearn.calibration import CalibrationDisplay

    for model, probability in report.probabilities.items():
        CalibrationDisplay.from_predictions(
            report.churned, probability, n_bins=10, strategy="quantile", name=model, ax=axis,
            markersize=3,
        )  # fmt: skip
    axis.set(xlabel="mean probability in the bin", ylabel="churn rate in the bin")
    axis.legend(frameon=False)


def _gains(report: Evaluation, axis: "Axes") -> None:
    for model, probability in report.probabilities.items():
        GainsDisplay.from_predictions(
            report.churned, probability, **report.costs._asdict(), axes=(axis, None), name=model
        )


def _costs(report: Evaluation, axis: "Axes") -> None:
    for model, probability in report.probabilities.items():
        tuned = tune_on(report.churned, probability, report.costs)
        chosen, at_half = (
            (np.nan, report.value("cost", rule, model), report.value("contacted", rule, model))
            for rule in ("chosen", "half")
        )
        display = CostCurveDisplay(
            pd.DataFrame(tuned.curve), chosen=chosen, at_half=at_half, spread=tuned.spread
        )
        # Against the fraction contacted alone: by threshold, models do not compare.
        display.plot((None, axis), name=model)


def _history(report: Evaluation, axis: "Axes") -> None:
    if report.history is not None:
        HistoryDisplay(report.history, best_epoch=report.best_epoch).plot([axis])
