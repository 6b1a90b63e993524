"""How a network learned: loss and AUC by epoch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from skann._churn_ann._history import histories
from skann.inspection._plot._matplotlib import require_matplotlib
from skann.inspection._unwrap import find_network

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_NO_HISTORY = "{name} holds no fitted ChurnANNClassifier with a history to show: fit it first"


class HistoryDisplay:
    """Loss and AUC on training and validation rows, the best epoch, and the learning rate.

    Parameters
    ----------
    history : DataFrame
        One row per epoch, as ``ChurnANNClassifier.history_``; each fold has lines of its own.
    best_epoch : int or sequence of int, default=None
        Epoch to mark, as in the index of ``history``; with folds, one epoch per fold.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    axes_ : tuple of matplotlib.axes.Axes
        Loss, and AUC if the history has it.
    rate_axes_ : matplotlib.axes.Axes
        Learning rate, on the right of the loss; None if the history lacks it.

    Examples
    --------
    >>> import pandas as pd
    >>> from skann.inspection import HistoryDisplay
    >>> history = pd.DataFrame({"loss": [0.6, 0.5], "val_loss": [0.6, 0.55]}, index=[1, 2])
    >>> display = HistoryDisplay(history, best_epoch=2).plot()
    >>> [line.get_label() for line in display.axes_[0].lines]
    ['training', 'validation', 'best epoch']
    """

    def __init__(
        self, history: pd.DataFrame, *, best_epoch: int | Sequence[int] | None = None
    ) -> None:
        self.history = history
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, *, axes: Sequence["Axes"] | None = None
    ) -> Self:
        """Plot the history of a fitted network, wherever it sits.

        Parameters
        ----------
        estimator : estimator
            A fitted ``ChurnANNClassifier``, or what holds one: a pipeline, a threshold, a search.
        axes : sequence of matplotlib.axes.Axes, default=None
            As in ``plot``.

        Returns
        -------
        HistoryDisplay

        Raises
        ------
        ValueError
            If there is no fitted network.
        """
        network = find_network(estimator)
        if network is None or not hasattr(network, "history_"):
            raise ValueError(_NO_HISTORY.format(name=type(estimator).__name__))
        return cls(network.history_, best_epoch=network.best_epoch_).plot(axes)

    def plot(self, axes: Sequence["Axes"] | None = None) -> Self:
        """Plot.

        Parameters
        ----------
        axes : sequence of matplotlib.axes.Axes, default=None
            For loss and AUC; a new figure by default. With a single one, only the loss is shown.

        Returns
        -------
        self
        """
        measures = [name for name in ("loss", "auc") if name in self.history]
        if axes is None:
            plt = require_matplotlib("HistoryDisplay.plot")
            axes = plt.subplots(
                1, len(measures), figsize=(5 * len(measures), 3.5), squeeze=False, layout="tight"
            )[1][0]
        self.axes_ = tuple(axes)[: len(measures)]
        self.figure_ = self.axes_[0].figure
        for axis, measure in zip(self.axes_, measures, strict=False):
            self._plot_measure(axis, measure)
        self.rate_axes_ = self._plot_rate(self.axes_[0])
        return self

    def _plot_measure(self, axis: "Axes", measure: str) -> None:
        for name, color, label in (
            (measure, "C0", "training"),
            (f"val_{measure}", "C1", "validation"),
        ):
            if name in self.history:
                for index, history in enumerate(histories(self.history)):
                    axis.plot(history.index, history[name], color=color, label=_first(index, label))
        for index, epoch in enumerate(
            np.atleast_1d([] if self.best_epoch is None else self.best_epoch)
        ):
            axis.axvline(
                epoch, color="0.5", linestyle="--", linewidth=1, label=_first(index, "best epoch")
            )
        axis.set(xlabel="epoch", ylabel={"loss": "loss", "auc": "AUC"}[measure])
        axis.legend(frameon=False)

    def _plot_rate(self, axis: "Axes") -> "Axes | None":
        if "learning_rate" not in self.history or self.history["learning_rate"].nunique() < 2:
            return None
        right = axis.twinx()
        for history in histories(self.history):
            right.step(history.index, history["learning_rate"], color="0.6", linewidth=1)
        right.set(yscale="log", ylabel="learning rate (grey)")
        return right


def _first(index: int, label: str) -> str:
    return label if index == 0 else f"_{label}"  # an underscore keeps it from the legend
