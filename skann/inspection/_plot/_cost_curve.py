"""What the cuts of a classifier cost."""

from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skann._cost_threshold._classifier import CostThresholdClassifier
from skann._typing import Label, Labels, Table, Weights
from skann.costs._rule import Rule
from skann.costs._tuning import tune
from skann.inspection._plot._customers import Customers, read_customers, score_customers
from skann.inspection._plot._matplotlib import PairOfAxes, add_legend, first_of, pair_of_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class CostCurveDisplay:
    """Cost per customer against the threshold, and against the fraction contacted.

    The chosen cut, the cut at probability 0.5, and the spread of the cheapest threshold over
    resampled customers are marked. Use ``from_estimator`` or
    ``from_predictions`` to create one.

    Parameters
    ----------
    curve : DataFrame
        Columns threshold, cost (per customer) and contacted (fraction), as ``cost_curve_``.
    chosen, at_half : tuple of three floats
        Threshold, cost and fraction contacted of the chosen cut, and of 0.5.
    spread : tuple of two floats
        Where 90% of the cheapest thresholds lie when the customers are resampled.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    axes_ : tuple of two matplotlib.axes.Axes
        Against the threshold, and against the fraction contacted.

    Examples
    --------
    >>> from skann.inspection import CostCurveDisplay
    >>> y, p = [0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8]
    >>> display = CostCurveDisplay.from_predictions(y, p, fn_cost=10, fp_cost=1)
    >>> display.curve["cost"].tolist()
    [4.0, 2.0, 2.2, 0.2, 0.4, 0.6]
    """

    def __init__(
        self,
        curve: pd.DataFrame,
        *,
        chosen: tuple[float, float, float],
        at_half: tuple[float, float, float],
        spread: tuple[float, float],
    ) -> None:
        self.curve = curve
        self.chosen = chosen
        self.at_half = at_half
        self.spread = spread

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
        random_state: int | np.random.RandomState | None = None,
        axes: PairOfAxes | None = None,
        name: str | None = None,
    ) -> Self:
        """Plot what the cuts of a fitted classifier cost on some customers.

        Parameters
        ----------
        estimator : fitted classifier with ``predict_proba``
            A ``CostThresholdClassifier`` brings its costs and the cut that it chose; for others the
            cheapest cut on these customers is marked.
        X : DataFrame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        fn_cost, fp_cost, tp_cost, tn_cost : float, array-like or column of X, default=None
            What each outcome costs; None takes the estimator's, or 1, 1, 0 and 0.
        pos_label : label, default=None
            The positive class; None takes the estimator's, or ``classes_[1]``.
        sample_weight : array-like of shape (n_samples,), default=None
        random_state : int, RandomState or None, default=None
            Seeds the resamples behind the spread.
        axes : pair of matplotlib.axes.Axes, default=None
            As in ``plot``.
        name : str, default=None
            As in ``plot``.

        Returns
        -------
        CostCurveDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = score_customers(estimator, X, y, given, pos_label, sample_weight)
        rule = estimator._rule_at() if isinstance(estimator, CostThresholdClassifier) else None
        return cls._of(case, rule, random_state).plot(axes, name=name)

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
        random_state: int | np.random.RandomState | None = None,
        axes: PairOfAxes | None = None,
        name: str | None = None,
    ) -> Self:
        """Plot what the cuts of given probabilities cost; the cheapest one is marked.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
        y_prob : array-like of shape (n_samples,)
            Probabilities of the positive class.
        fn_cost, fp_cost, tp_cost, tn_cost : float or array-like of shape (n_samples,)
            What each outcome costs, by default 1, 1, 0 and 0.
        pos_label, sample_weight, random_state, axes, name
            As in ``from_estimator``.

        Returns
        -------
        CostCurveDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = read_customers(y_true, y_prob, given, pos_label, sample_weight)
        return cls._of(case, None, random_state).plot(axes, name=name)

    @classmethod
    def _of(
        cls, case: Customers, rule: Rule | None, random_state: int | np.random.RandomState | None
    ) -> Self:
        probability, _, costs, _ = case
        tuned = tune(*case, method="empirical", random_state=check_random_state(random_state))
        if rule is None:
            rule = Rule(tuned.threshold, tuned.cut, costs if costs.constant else None)
        return cls(
            pd.DataFrame(tuned.curve),
            chosen=(rule.threshold, *case.outcome(rule.chosen(probability, costs))),
            at_half=(0.5, *case.outcome(probability > 0.5)),
            spread=tuned.spread,
        )

    def plot(self, axes: PairOfAxes | None = None, *, name: str | None = None) -> Self:
        """Plot.

        Parameters
        ----------
        axes : pair of matplotlib.axes.Axes, default=None
            None makes a new figure. None in place of one of the two leaves its panel out.
        name : str, default=None
            What the legend calls the curve, to tell several apart on the same axes; the spread is
            left out then.

        Returns
        -------
        self
        """
        self.axes_ = pair_of_axes("CostCurveDisplay.plot", axes)
        self.figure_ = first_of(self.axes_).figure
        by_threshold, by_fraction = self.axes_
        threshold, contacted = self.curve["threshold"].clip(0, 1), self.curve["contacted"]
        spread = np.clip(self.spread, 0, 1)
        # The curve runs from the highest threshold to the lowest, np.interp wants it rising.
        reached = np.interp(spread, threshold[::-1], contacted[::-1])[::-1]
        if by_threshold is not None:
            marks = np.clip([self.chosen[0], self.at_half[0]], 0, 1)
            self._draw(by_threshold, threshold, spread, marks, name, drawstyle="steps-mid")
            by_threshold.set(xlabel="threshold")
        if by_fraction is not None:
            marks = np.array([self.chosen[2], self.at_half[2]])
            self._draw(by_fraction, contacted, reached, marks, name)
            by_fraction.set(xlabel="fraction contacted")
        add_legend(first_of(self.axes_))
        return self

    def _draw(
        self,
        axis: "Axes",
        x: pd.Series,
        spread: np.ndarray,
        marks: np.ndarray,
        name: str | None,
        drawstyle: str = "default",
    ) -> None:
        axis.plot(x, self.curve["cost"], label=name, drawstyle=drawstyle)
        chosen = "chosen threshold"
        if name is None:
            axis.axvspan(*spread, color="C0", alpha=0.15, lw=0, label="spread of the cheapest")
            chosen += f" {self.chosen[0]:.3g}"
        for position, point, marker, colour, label in (
            (marks[0], self.chosen, "o", "C3", chosen),
            (marks[1], self.at_half, "s", "0.4", "threshold 0.5"),
        ):
            axis.plot(position, point[1], marker, color=colour, label=label, clip_on=False)
        axis.set(ylabel="cost per customer", xlim=(0, 1))
