"""The plots of a report."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from skann.costs._decision import contact_gain
from skann.inspection._plot._history import HistoryDisplay
from skann.inspection._plot._matplotlib import require_matplotlib
from skann.inspection._report._evaluation import Evaluation

_SIZE = (4.6, 3.4)  # inches
_INKS = ("#000000", "#808080")  # Matplotlib's black, and "0.5"


def plot_all(report: Evaluation) -> Any:
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
        draw(axis)
        axis.set_title(title, fontsize="medium")
    return figure


def inline_images(report: Evaluation) -> dict[str, str]:
    """Return each plot as an SVG element that takes its text colour from the page, by its title."""
    matplotlib = require_matplotlib("The plots of a report").matplotlib
    images = {}
    for title, draw in _plots(report).items():
        figure = matplotlib.figure.Figure(figsize=_SIZE, layout="tight")
        draw(figure.subplots())
        written = io.StringIO()
        # Text stays text; ids differ between the images of a page.
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
            figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
        svg = written.getvalue()
        images[title] = svg[svg.index("<svg") :].replace(_INKS[0], "currentColor")
    return images


def _plots(report: Evaluation) -> dict[str, Callable[[Any], None]]:
    plots: dict[str, Callable[[Any], None]] = {
        "Calibration": lambda axis: _calibration(report, axis),
        "Churners found": lambda axis: _gains(report, axis),
        "Cost": lambda axis: _costs(report, axis),
    }
    if report.history is not None:
        plots["Training"] = lambda axis: _history(report, axis)
    return plots


def _calibration(report: Evaluation, axis: Any) -> None:
    from sklearn.calibration import CalibrationDisplay

    for model, probability in report.probabilities.items():
        CalibrationDisplay.from_predictions(
            report.churned, probability, n_bins=10, strategy="quantile", name=model, ax=axis,
            markersize=3,
        )  # fmt: skip
    axis.set(xlabel="mean probability in the bin", ylabel="churn rate in the bin")
    axis.legend(frameon=False, fontsize="small")


def _gains(report: Evaluation, axis: Any) -> None:
    for model, probability in report.probabilities.items():
        order = np.argsort(-probability, kind="stable")
        found = np.append(0, np.cumsum(report.churned[order])) / report.churned.sum()
        axis.plot(np.linspace(0, 1, len(found)), found, label=model)
    axis.plot([0, 1], [0, 1], color="0.5", linestyle=":", label="at random")
    axis.set(xlabel="customers contacted, likeliest first", ylabel="churners among them")
    axis.legend(frameon=False, fontsize="small")


def _costs(report: Evaluation, axis: Any) -> None:
    """Cost a customer over how many are contacted, from nobody to everybody."""
    costs, churned = report.costs, report.churned
    nobody = costs.of_decisions(churned, np.zeros_like(churned))
    everybody = costs.of_decisions(churned, np.ones_like(churned))
    for model, probability in report.probabilities.items():
        order = np.argsort(-contact_gain(probability, costs), kind="stable")
        total = nobody.sum() + np.append(0, np.cumsum((everybody - nobody)[order]))
        axis.plot(np.linspace(0, 1, len(total)), total / len(churned), label=model)
    for rule, marker in (("half", "s"), ("chosen", "o")):
        contacted = report.value("contacted", rule)
        cost = report.value("cost", rule)
        label = {"half": "at 0.5", "chosen": "by cost"}[rule]
        axis.plot([contacted], [cost], marker, color="C0", label=label)
    axis.set(xlabel="customers contacted", ylabel="cost a customer")
    axis.legend(frameon=False, fontsize="small")


def _history(report: Evaluation, axis: Any) -> None:
    if report.history is not None:
        HistoryDisplay(report.history, best_epoch=report.best_epoch).plot([axis])
