"""Plots of what decisions cost and earn."""

from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skann._cost_threshold._classifier import CostThresholdClassifier
from skann._cost_threshold._out_of_fold import positive_probability
from skann._labels import check_known, check_labels, positive_class, positive_index
from skann._lazy_frames import refuse_lazy_frames
from skann.costs._decision import contact_gain, sweep
from skann.costs._matrix import COST_NAMES, Costs, read_costs
from skann.costs._rule import Rule
from skann.costs._tuning import tune
from skann.inspection._plotting import require_matplotlib
from skann.metrics._arrays import scores, weights


class CostCurveDisplay:
    """Cost per customer against the threshold, and against the fraction contacted.

    The chosen cut, the cut at probability 0.5, and the spread of the cheapest threshold over
    resampled customers are marked. Made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    curve : DataFrame
        Columns threshold, cost (per customer) and contacted (fraction), as `cost_curve_`.
    chosen, at_half : tuple of three floats
        Threshold, cost and fraction contacted of the chosen cut, and of 0.5.
    spread : tuple of two floats
        Where 90 % of the cheapest thresholds lie when the customers are resampled.

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
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        fn_cost: Any = None,
        fp_cost: Any = None,
        tp_cost: Any = None,
        tn_cost: Any = None,
        pos_label: Any = None,
        sample_weight: ArrayLike | None = None,
        random_state: Any = None,
        axes: Any = None,
    ) -> Self:
        """Plot what the cuts of a fitted classifier cost on some customers.

        Parameters
        ----------
        estimator : fitted classifier with `predict_proba`
            A `CostThresholdClassifier` brings its costs, and the cut that it chose; for others the
            cheapest cut on these customers is marked.
        X : DataFrame or array-like of shape (n_customers, n_features)
        y : array-like of shape (n_customers,)
        fn_cost, fp_cost, tp_cost, tn_cost : float, array-like or column of X, default=None
            What each outcome costs; None takes the estimator's, or 1, 1, 0 and 0.
        pos_label : label, default=None
            The positive class; None takes the estimator's, or `classes_[1]`.
        sample_weight : array-like of shape (n_customers,), default=None
        random_state : int, RandomState or None, default=None
            Seeds the resamples behind the spread.
        axes : sequence of two matplotlib.axes.Axes, default=None
            As in `plot`.

        Returns
        -------
        CostCurveDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = _score_customers(estimator, X, y, given, pos_label, sample_weight)
        rule = estimator._rule_at() if isinstance(estimator, CostThresholdClassifier) else None
        return cls._of(case, rule, random_state).plot(axes)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_prob: ArrayLike,
        *,
        fn_cost: ArrayLike = 1.0,
        fp_cost: ArrayLike = 1.0,
        tp_cost: ArrayLike = 0.0,
        tn_cost: ArrayLike = 0.0,
        pos_label: Any = None,
        sample_weight: ArrayLike | None = None,
        random_state: Any = None,
        axes: Any = None,
    ) -> Self:
        """Plot what the cuts of given probabilities cost; the cheapest one is marked.

        Parameters
        ----------
        y_true : array-like of shape (n_customers,)
        y_prob : array-like of shape (n_customers,)
            Probabilities of the positive class.
        fn_cost, fp_cost, tp_cost, tn_cost : float or array-like of shape (n_customers,)
            What each outcome costs, by default 1, 1, 0 and 0.
        pos_label, sample_weight, random_state, axes
            As in `from_estimator`.

        Returns
        -------
        CostCurveDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = _read_customers(y_true, y_prob, given, pos_label, sample_weight)
        return cls._of(case, None, random_state).plot(axes)

    @classmethod
    def _of(cls, case: "_Customers", rule: Rule | None, random_state: Any) -> Self:
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

    def plot(self, axes: Any = None) -> Self:
        """Plot.

        Parameters
        ----------
        axes : sequence of two matplotlib.axes.Axes, default=None
            None makes a new figure.

        Returns
        -------
        self
        """
        self.figure_, self.axes_ = _two_axes("CostCurveDisplay.plot", axes)
        by_threshold, by_fraction = self.axes_
        threshold = self.curve["threshold"].clip(0, 1)
        by_threshold.plot(threshold, self.curve["cost"], drawstyle="steps-mid", color="C0")
        by_fraction.plot(self.curve["contacted"], self.curve["cost"], color="C0")

        spread = np.clip(self.spread, 0, 1)
        by_threshold.axvspan(*spread, color="C0", alpha=0.15, lw=0, label="spread of the cheapest")
        # The curve runs from the highest threshold to the lowest, np.interp wants it rising.
        reached = np.interp(spread, threshold[::-1], self.curve["contacted"][::-1])
        by_fraction.axvspan(*reached[::-1], color="C0", alpha=0.15, lw=0)
        for point, colour, marker, label in (
            (self.chosen, "C3", "o", f"chosen threshold {self.chosen[0]:.3g}"),
            (self.at_half, "0.4", "s", "threshold 0.5"),
        ):
            by_threshold.plot(
                np.clip(point[0], 0, 1), point[1], marker, color=colour, label=label, clip_on=False
            )
            by_fraction.plot(point[2], point[1], marker, color=colour, clip_on=False)
        by_threshold.set(xlabel="threshold", ylabel="cost per customer", xlim=(0, 1))
        by_fraction.set(xlabel="fraction contacted", ylabel="cost per customer", xlim=(0, 1))
        by_threshold.legend(frameon=False)
        return self


class GainsDisplay:
    """Churners found, and profit, as more customers are contacted from the top of the ranking.

    Customers are ranked by probability, or by expected gain where costs differ by customer. Profit
    is what contacting gains over leaving everybody alone. Made by `from_estimator` or
    `from_predictions`.

    Parameters
    ----------
    gains : DataFrame
        Columns contacted (fraction of the customers), found (fraction of the churners), profit
        (per customer), a row for each cut from nobody to everybody.
    churn_rate : float

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
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        fn_cost: Any = None,
        fp_cost: Any = None,
        tp_cost: Any = None,
        tn_cost: Any = None,
        pos_label: Any = None,
        sample_weight: ArrayLike | None = None,
        axes: Any = None,
    ) -> Self:
        """Plot the gains of a fitted classifier's ranking.

        Parameters
        ----------
        estimator, X, y, fn_cost, fp_cost, tp_cost, tn_cost, pos_label, sample_weight, axes
            As in `CostCurveDisplay.from_estimator`.

        Returns
        -------
        GainsDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = _score_customers(estimator, X, y, given, pos_label, sample_weight)
        return cls._of(case).plot(axes)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_prob: ArrayLike,
        *,
        fn_cost: ArrayLike = 1.0,
        fp_cost: ArrayLike = 1.0,
        tp_cost: ArrayLike = 0.0,
        tn_cost: ArrayLike = 0.0,
        pos_label: Any = None,
        sample_weight: ArrayLike | None = None,
        axes: Any = None,
    ) -> Self:
        """Plot the gains of ranking by given probabilities.

        Parameters
        ----------
        y_true, y_prob, fn_cost, fp_cost, tp_cost, tn_cost, pos_label, sample_weight, axes
            As in `CostCurveDisplay.from_predictions`.

        Returns
        -------
        GainsDisplay
        """
        given = (fn_cost, fp_cost, tp_cost, tn_cost)
        case = _read_customers(y_true, y_prob, given, pos_label, sample_weight)
        return cls._of(case).plot(axes)

    @classmethod
    def _of(cls, case: "_Customers") -> Self:
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

    def plot(self, axes: Any = None) -> Self:
        """Plot.

        Parameters
        ----------
        axes : sequence of two matplotlib.axes.Axes, default=None
            None makes a new figure.

        Returns
        -------
        self
        """
        self.figure_, self.axes_ = _two_axes("GainsDisplay.plot", axes)
        churners, profit = self.axes_
        contacted = self.gains["contacted"]
        churners.plot(contacted, self.gains["found"], color="C0", label="by rank")
        churners.plot([0, self.churn_rate, 1], [0, 1, 1], "--", color="0.6", label="best possible")
        churners.plot([0, 1], [0, 1], ":", color="0.6", label="at random")
        churners.set(xlabel="fraction contacted", ylabel="fraction of churners found", xlim=(0, 1))
        churners.legend(frameon=False, loc="lower right")

        best = self.gains.iloc[int(self.gains["profit"].argmax())]
        profit.axhline(0, color="0.6", lw=1)
        profit.plot(contacted, self.gains["profit"], color="C0")
        profit.plot(
            best["contacted"],
            best["profit"],
            "o",
            color="C3",
            clip_on=False,
            label=f"most: {best['profit']:.3g} at {best['contacted']:.1%}",
        )
        profit.set(xlabel="fraction contacted", ylabel="profit per customer", xlim=(0, 1))
        profit.legend(frameon=False)
        return self


class _Customers(NamedTuple):
    """Scored customers whose outcome is known; arrays of shape (n_customers,)."""

    probability: np.ndarray
    positive: np.ndarray
    costs: Costs
    weight: np.ndarray

    def outcome(self, contacted: np.ndarray) -> tuple[float, float]:
        """Cost per customer, and the fraction contacted."""
        costs = self.costs.of_decisions(self.positive, contacted)
        return (
            float(np.average(costs, weights=self.weight)),
            float(np.average(contacted, weights=self.weight)),
        )


def _read_customers(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    given: tuple[Any, ...],
    pos_label: Any,
    sample_weight: ArrayLike | None,
    X: Any = None,
) -> _Customers:
    true = check_labels(y_true, name="y_true")
    positive = true == positive_class(pos_label, y_true=true)
    n_customers = len(positive)
    probability = scores(y_prob, n_customers)
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError("y_prob must hold probabilities: numbers from 0 to 1.")
    costs = read_costs(given, X, n_customers)
    return _Customers(probability, positive, costs, weights(sample_weight, n_customers))


def _score_customers(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    given: tuple[Any, ...],
    pos_label: Any,
    sample_weight: ArrayLike | None,
) -> _Customers:
    check_is_fitted(estimator)
    refuse_lazy_frames(X=X)
    y = check_labels(y)
    check_known(y, estimator.classes_)
    index = positive_index(estimator.classes_, pos_label)
    if isinstance(estimator, CostThresholdClassifier):
        own = estimator._positive_index()
        if pos_label is not None and index != own:
            raise ValueError(
                f"pos_label={pos_label!r}, but this CostThresholdClassifier decides for "
                f"{estimator.classes_[own]!r}: leave pos_label out."
            )
        pos_label = estimator.classes_[own]
        named = {n: cost for n, cost in zip(COST_NAMES, given, strict=True) if cost is not None}
        probability, offer, _ = estimator._score(X, named)
        return _read_customers(y, probability, offer.costs, pos_label, sample_weight)
    pos_label = estimator.classes_[index]
    probability = positive_probability(estimator, X, pos_label)
    given = tuple(
        default if cost is None else cost
        for cost, default in zip(given, (1.0, 1.0, 0.0, 0.0), strict=True)
    )
    return _read_customers(y, probability, given, pos_label, sample_weight, X)


def _two_axes(caller: str, axes: Any) -> tuple[Any, tuple[Any, Any]]:
    plt = require_matplotlib(caller)
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(10, 4), layout="tight")[1]
    left, right = axes
    return left.figure, (left, right)
