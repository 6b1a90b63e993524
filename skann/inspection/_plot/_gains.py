"""Churners found, and profit, by how many customers are contacted."""

from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from skann._typing import Label, Labels, Table, Weights
from skann.costs._decision import contact_gain, sweep
from skann.inspection._plot._customers import Customers, read_customers, score_customers
from skann.inspection._plot._matplotlib import PairOfAxes, add_legend, first_of, pair_of_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class GainsDisplay:
    """Churners found, and profit, as more customers are contacted from the top of the ranking.

    Customers are ranked by probability, or by expected gain where costs differ by customer. Profit
    is what contacting gains over leaving everybody alone. Use ``from_estimator`` or
    ``from_predictions`` to create one.

    Parameters
    ----------
    gains : DataFrame
        Columns contacted (fraction of the customers), found (fraction of the churners), profit
        (per customer), with one row per cut from nobody to everybody.
    churn_rate : float
        Fraction of the customers who churned.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    axes_ : tuple of two matplotlib.axes.Axes
        Churners found, and profit.

    Examples
    --------
    >>> from skann.inspection import GainsDisplay
    >>> y, p = [0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8]
    >>> display = GainsDisplay.from_predictions(y, p, fn_cost=10, fp_cost=1)
    >>> display.gains["profit"].round(1).tolist()
    [0.0, 2.0, 1.8, 3.8, 3.6, 3.4]
    """

    def __init__(self, gains: pd.DataFrame, *, churn_rate: float) -> None:
        self.gains = gains
        self.churn_rate = churn_rate

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: Table,
        y: Labels,
        *,
        fn_cost: ArrayLike | None = None,
        fp_cost: ArrayLike | None = None,
        tp_cost: ArrayLike | None = None,
        tn_cost: ArrayLike | None = None,
        pos_label: Label | None = None,
        sample_weight: Weights | None = None,
        axes: PairOfAxes | None = None,
        name: str | None = None,
    ) -> Self:
        """Plot the gains of a fitted classifier's ranking.

        Parameters
        ----------
        estimator, X, y, fn_cost, fp_cost, tp_cost, tn_cost, pos_label, sample_weight, axes, name
            As in ``CostCurveDisplay.from_estimator``.

        Returns
        -------
        GainsDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = score_customers(estimator, X, y, given, pos_label, sample_weight)
        return cls._of(case).plot(axes, name=name)

    @classmethod
    def from_predictions(
        cls,
        y_true: Labels,
        y_prob: ArrayLike,
        *,
        fn_cost: ArrayLike = 1.0,
        fp_cost: ArrayLike = 1.0,
        tp_cost: ArrayLike = 0.0,
        tn_cost: ArrayLike = 0.0,
        pos_label: Label | None = None,
        sample_weight: Weights | None = None,
        axes: PairOfAxes | None = None,
        name: str | None = None,
    ) -> Self:
        """Plot the gains of ranking by given probabilities.

        Parameters
        ----------
        y_true, y_prob, fn_cost, fp_cost, tp_cost, tn_cost, pos_label, sample_weight, axes, name
            As in ``CostCurveDisplay.from_predictions``.

        Returns
        -------
        GainsDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = read_customers(y_true, y_prob, given, pos_label, sample_weight)
        return cls._of(case).plot(axes, name=name)

    @classmethod
    def _of(cls, case: Customers) -> Self:
        probability, positive, costs, weight = case
        score = probability if costs.constant else contact_gain(probability, costs)
        share = weight / weight.sum()
        profit = sweep(score, share * np.where(positive, costs.missed, -costs.wasted), share)
        found = sweep(score, share * positive, share).gain
        churn_rate = float(share @ positive)
        gains = pd.DataFrame(
            {"contacted": profit.contacted, "found": found / churn_rate, "profit": profit.gain}
        )
        return cls(gains, churn_rate=churn_rate)

    def plot(self, axes: PairOfAxes | None = None, *, name: str | None = None) -> Self:
        """Plot.

        Parameters
        ----------
        axes : pair of matplotlib.axes.Axes, default=None
            None makes a new figure. None in place of one of the two leaves its panel out.
        name : str, default=None
            What the legend calls the ranking, to tell several apart on the same axes.

        Returns
        -------
        self
        """
        self.axes_ = pair_of_axes("GainsDisplay.plot", axes)
        self.figure_ = first_of(self.axes_).figure
        churners, profit = self.axes_
        if churners is not None:
            self._draw_churners(churners, "by rank" if name is None else name)
        if profit is not None:
            self._draw_profit(profit, name)
        return self

    def _draw_churners(self, axis: "Axes", name: str) -> None:
        axis.plot(self.gains["contacted"], self.gains["found"], label=name)
        axis.plot([0, self.churn_rate, 1], [0, 1, 1], "--", color="0.6", label="best possible")
        axis.plot([0, 1], [0, 1], ":", color="0.6", label="at random")
        axis.set(xlabel="fraction contacted", ylabel="fraction of churners found", xlim=(0, 1))
        add_legend(axis, loc="lower right")

    def _draw_profit(self, axis: "Axes", name: str | None) -> None:
        best = self.gains.iloc[int(self.gains["profit"].argmax())]
        most = f"maximum: {best['profit']:.3g} at {best['contacted']:.1%}"
        axis.axhline(0, color="0.6", lw=1)
        axis.plot(self.gains["contacted"], self.gains["profit"], label=name)
        axis.plot(best["contacted"], best["profit"], "o", color="C3", clip_on=False, label=most)
        axis.set(xlabel="fraction contacted", ylabel="profit per customer", xlim=(0, 1))
        add_legend(axis)
