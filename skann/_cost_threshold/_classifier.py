"""Turn a classifier's probabilities into the cheapest decisions.

Half of this file is what users read of each parameter, attribute and method; the work is done by
the other modules of this package.
"""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import check_is_fitted

from skann._cost_threshold._calibration import calibrate, fit_calibrator
from skann._cost_threshold._changed_rate import TunedOn, moved
from skann._cost_threshold._given import (
    check_weight,
    features_of,
    offers_of,
    only_costs,
    routed,
)
from skann._cost_threshold._out_of_fold import fit_and_score_unseen, positive_probability
from skann._cost_threshold._portable import portable_state
from skann._labels import check_labels, check_two_classes, positive_index
from skann._lazy_frames import refuse_lazy_frames
from skann._sklearn_callbacks import CallbackSupportMixin, Task
from skann._sklearn_private import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    _fit_context,
    _num_samples,
)
from skann._travel import is_travelling
from skann._warnings import each_once
from skann.costs._decision import bayes_threshold
from skann.costs._matrix import COST_NAMES
from skann.costs._rule import Decisions, Rule
from skann.costs._tuning import tune


class CostThresholdClassifier(
    CallbackSupportMixin, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Contact the customers for whom it pays, given the cost of each outcome.

    The positive class is the one that contacting is meant for. With p its probability, contacting
    gains ``p * (fn_cost - tp_cost) - (1 - p) * (fp_cost - tn_cost)`` over leaving the customer
    alone, whatever the signs (Elkan 2001).

    Each cost is a number, an array with one value per customer (given to `fit` and `predict`, and
    routed as scikit-learn metadata), or the name of a column of X, which also works where metadata
    does not go, as in `cross_val_predict`.

    Parameters
    ----------
    estimator : classifier with `predict_proba`
        The estimator whose probabilities decide.
    fn_cost, fp_cost, tp_cost, tn_cost : float or str, default=1.0, 1.0, 0.0, 0.0
        Cost of each outcome; a benefit is a negative cost. False negative: a churner left alone;
        false positive: a loyal customer contacted. A string names a column of X.
    actions : dict, default=None
        Several ways to contact, of which each customer gets the best or none. Maps the name of an
        action to a dict of its own "fp_cost", "tp_cost" and "contact_cost", numbers or columns;
        missing ones default to those above.
    method : {"empirical", "bayes"}, default="empirical"
        "empirical" takes the cheapest of all cuts between distinct probabilities of customers
        that the estimator did not see, "nobody" and "everybody" included. "bayes" contacts every
        customer with a positive expected gain, which is optimal for calibrated probabilities.
    calibration : {None, "sigmoid", "isotonic", "temperature"}, default=None
        Recalibrates the probabilities first, on the same unseen customers, as
        `sklearn.calibration.CalibratedClassifierCV` does.
    capacity : None, int or float, default=None
        Maximum number of customers to contact in each batch that `predict` gets, or fraction of
        it, rounded down: those with the highest expected gain.
    budget : float, default=None
        Maximum total of `contact_cost` in one batch, instead of `capacity`. See
        `skann.costs.select_within_budget` for how near to the optimum the choice is.
    contact_cost : float or str, default=None
        Amount that one contact takes from the budget, a number or a column; None is `fp_cost`.
    cv : int, splitter, iterable, "auto", "prefit" or "validation", default="auto"
        Source of the probabilities of unseen customers. "auto": the fit on all rows, if the
        estimator then holds, for at least half of the rows, `validation_indices_` and
        `validation_proba_`, their probabilities by networks that did not see them, as
        `ChurnANNClassifier` with folds does, so that no further fit is needed; otherwise 5 folds.
        An int is a number of shuffled stratified folds, which keep the groups given to `fit`
        together; after cross-validation the estimator is fitted on all rows. "validation": the
        fit on all rows, however few it set aside; without `validation_proba_`, it predicts them.
        "prefit": `estimator` is fitted, and `fit` gets customers that it did not see.
    pos_label : label, default=None
        The positive class; None takes `classes_[1]`.
    drop_cost_columns : bool, default=True
        Whether columns of X that hold costs are kept from the estimator.
    n_jobs : int, default=None
        Number of folds fitted at the same time.
    random_state : int, RandomState or None, default=None
        Seed of the folds where `cv` is an int, and of the resamples behind `threshold_spread_`;
        None uses the same ones in each fit.

    Attributes
    ----------
    estimator_ : classifier
        The estimator, fitted on all rows.
    calibrator_ : CalibratedClassifierCV
        With `calibration` only.
    threshold_ : float
        Customers whose probability is above it are contacted. -inf where contact always pays, inf
        where it never does. Where costs differ by customer, one shift of all log-odds is tuned
        instead, and this is the resulting threshold at the mean costs; customers for whom both
        mistakes pay, or neither, are decided by expected gain.
    expected_cost_ : float
        Cost per customer of these decisions on the customers that the cut was tuned on, as one
        batch.
    cost_curve_ : DataFrame
        One row per cut, from nobody to everybody: threshold, cost (per customer), contacted
        (fraction of the customers). Ignores capacity and budget.
    threshold_spread_ : tuple of two floats
        Interval that holds 90% of the best thresholds when the customers are resampled.
    prior_ : float
        Weighted churn rate of the labels in `fit`, at which the probabilities are calibrated.
    classes_ : ndarray of shape (2,)
        The labels.

    Notes
    -----
    If new customers churn at another rate than those of `fit`, give that rate as `prior`, or
    "estimate". Probabilities are then moved to it, which is right if customers of either class
    look as before and only their shares have changed (Elkan 2001, theorem 2). Bayes' rule stays
    the same. The empirical cut is tuned again on the same customers, with their probabilities moved
    and each class weighted to its new share: the old cut would rest on the wrong customers, since
    hardly any in a balanced sample are as unlikely to churn as those near the cut at a low rate.

    References
    ----------
    Elkan, "The Foundations of Cost-Sensitive Learning", IJCAI 2001, theorem 2 and section 2.

    Examples
    --------
    A lost customer costs 100, an offer 5:

    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skann import CostThresholdClassifier
    >>> X, y = make_classification(2000, weights=[0.8], flip_y=0.1, random_state=0)
    >>> model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5)
    >>> model = model.fit(X, y)
    >>> model.threshold_ < 0.2
    True
    >>> at_half = y[model.predict_proba(X)[:, 1] <= 0.5].sum() * 100 / len(y)
    >>> bool(model.expected_cost_ < at_half)
    True

    At most 50 calls, for the customers most worth one:

    >>> model = model.set_params(capacity=50).fit(X, y)
    >>> int(model.predict(X).sum())
    50

    Next month 2 % are expected to leave, and fewer calls pay:

    >>> model = model.set_params(capacity=None).fit(X, y)
    >>> bool(model.predict(X, prior=0.02).sum() < model.predict(X).sum())
    True
    """

    # Groups are given for this alone, so no request is needed.
    __metadata_request__fit = {"groups": True}

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        **{name: [Real, str] for name in COST_NAMES},
        "actions": [dict, None],
        "method": [StrOptions({"empirical", "bayes"})],
        "calibration": [StrOptions({"sigmoid", "isotonic", "temperature"}), None],
        "capacity": [
            Interval(Integral, 0, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="both"),
            None,
        ],
        "budget": [Interval(Real, 0, None, closed="left"), None],
        "contact_cost": [Interval(Real, 0, None, closed="left"), str, None],
        "cv": ["cv_object", StrOptions({"auto", "prefit", "validation"})],
        "pos_label": [Real, str, "boolean", None],
        "drop_cost_columns": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        fn_cost: float | str = 1.0,
        fp_cost: float | str = 1.0,
        tp_cost: float | str = 0.0,
        tn_cost: float | str = 0.0,
        actions: dict[str, dict[str, float | str]] | None = None,
        method: str = "empirical",
        calibration: str | None = None,
        capacity: int | float | None = None,
        budget: float | None = None,
        contact_cost: float | str | None = None,
        cv: Any = "auto",
        pos_label: Any = None,
        drop_cost_columns: bool = True,
        n_jobs: int | None = None,
        random_state: Any = None,
    ):
        self.estimator = estimator
        self.fn_cost = fn_cost
        self.fp_cost = fp_cost
        self.tp_cost = tp_cost
        self.tn_cost = tn_cost
        self.actions = actions
        self.method = method
        self.calibration = calibration
        self.capacity = capacity
        self.budget = budget
        self.contact_cost = contact_cost
        self.cv = cv
        self.pos_label = pos_label
        self.drop_cost_columns = drop_cost_columns
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    @each_once(unseen=False)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        fn_cost: ArrayLike | None = None,
        fp_cost: ArrayLike | None = None,
        tp_cost: ArrayLike | None = None,
        tn_cost: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Fit the estimator and choose the cut.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
        y : array-like of shape (n_customers,)
            Two labels.
        sample_weight : array-like of shape (n_customers,), default=None
            Weighs the customers in the choice of the cut, and in the estimator's own `fit` where
            that takes weights.
        groups : array-like of shape (n_customers,), default=None
            Rows of one group, such as those of one customer, are never on both sides of a fold.
            The estimator's own `fit` gets them where it takes groups; through scikit-learn's
            metadata routing they also reach one within a pipeline.
        fn_cost, fp_cost, tp_cost, tn_cost : array-like of shape (n_customers,), default=None
            One cost per customer, instead of the constructor's.
        **params : dict
            Handed to the estimator's `fit` and to the splitter by scikit-learn's metadata
            routing.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If y has not two labels or misses some, `pos_label` is none of them, costs are no finite
            numbers or reward mistakes, or a cost column is missing.
        """
        refuse_lazy_frames(X=X)
        X = indexable(X)[0]
        y = check_labels(y, _num_samples(X))
        positive_index(check_two_classes(y), self.pos_label)  # refuses what is no label
        weight = check_weight(sample_weight, len(y))
        if self.capacity is not None and self.budget is not None:
            raise ValueError("Give capacity or budget, not both.")
        costs = dict(fn_cost=fn_cost, fp_cost=fp_cost, tp_cost=tp_cost, tn_cost=tn_cost)
        given = only_costs("fit", **costs)
        offers = offers_of(self, X, given, len(y))
        for of_action in offers.costs:
            if of_action.constant:
                bayes_threshold(of_action)  # refuses costs that reward mistakes before any training
        fit_params, split_params = routed(self, sample_weight, groups, given, params)
        task = Task.fit_of(self, n_steps=2, X=X, y=y, sample_weight=sample_weight)

        features = features_of(self, X)
        random_state = check_random_state(0 if self.random_state is None else self.random_state)
        self.estimator_, rows, probability = fit_and_score_unseen(
            self.estimator,
            features,
            y,
            self.pos_label,
            self.cv,
            self.n_jobs,
            random_state,
            fit_params,
            split_params,
            groups,
            task,
        )
        self._record_features(X, features)
        churned = y == self._positive_label()
        self.prior_ = float(np.average(churned, weights=weight))
        churned, weight = churned[rows], weight[rows]
        if not weight.any():
            raise ValueError("sample_weight is zero for every customer that could be scored.")
        if self.calibration is not None:
            self.calibrator_ = fit_calibrator(probability, churned, weight, self.calibration)
            probability = calibrate(self.calibrator_, probability)
        offers = offers.rows(rows)
        tuned_on = TunedOn(probability, churned, offers, weight)
        self._tuned_on = tuned_on if self.method == "empirical" else None
        offer = offers.best(probability)
        tuned = tune(probability, churned, offer.costs, weight, self.method, random_state)
        self.threshold_ = tuned.threshold
        self.threshold_spread_ = tuned.spread
        self.cost_curve_ = pd.DataFrame(tuned.curve)
        self._cut = tuned.cut
        self._constant_costs = offer.costs if offer.costs.constant else None
        self._costs_given_in_fit = list(given)
        outcomes = offer.costs.of_decisions(churned, self._rule_at().contacted(probability, offer))
        self.expected_cost_ = float(np.average(outcomes, weights=weight))
        task.end()
        return self

    def _record_features(self, X: Any, features: Any) -> None:
        for attribute in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, attribute):
                setattr(self, attribute, getattr(self.estimator_, attribute))
        if features is not X:
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
            self.n_features_in_ = len(self.feature_names_in_)

    def get_metadata_routing(self) -> MetadataRouter:
        """Metadata routing of this object: see scikit-learn's guide.

        Returns
        -------
        MetadataRouter
        """
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        to_split = MethodMapping().add(caller="fit", callee="split")
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(estimator=self.estimator, method_mapping=to_fit)
        return router.add(splitter=self.cv, method_mapping=to_split)

    @property
    def classes_(self) -> np.ndarray:
        """The two labels."""
        return self.estimator_.classes_

    def predict_proba(self, X: Any, *, prior: float | str | None = None) -> np.ndarray:
        """Probabilities of the two classes, recalibrated where `calibration` says so.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
        prior : float or "estimate", default=None
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_customers, 2)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        if self.calibration is None and prior is None:
            return self.estimator_.predict_proba(features_of(self, X))
        positive, _ = moved(self._positive_probability(X), self.prior_, prior)
        columns = [1.0 - positive, positive] if self._positive_index() else [positive, 1 - positive]
        return np.column_stack(columns)

    def predict(
        self,
        X: Any,
        *,
        fn_cost: ArrayLike | None = None,
        fp_cost: ArrayLike | None = None,
        tp_cost: ArrayLike | None = None,
        tn_cost: ArrayLike | None = None,
        prior: float | str | None = None,
    ) -> np.ndarray:
        """Labels: the positive one for those to contact.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
            One batch, where there is a capacity or a budget.
        fn_cost, fp_cost, tp_cost, tn_cost : array-like of shape (n_customers,), default=None
            One cost per customer; required where `fit` got them.
        prior : float or "estimate", default=None
            Churn rate of these customers, where it differs from that of `fit`; "estimate" finds it
            from this batch, see `skann.costs.estimate_prior`. Probabilities must be calibrated.

        Returns
        -------
        ndarray of shape (n_customers,)

        Raises
        ------
        ValueError
            If costs or columns are missing, or `prior` is no rate.

        Warns
        -----
        EstimateWarning
            If `prior` is to be estimated, and the batch does not support it.
        """
        given = only_costs(
            "predict", fn_cost=fn_cost, fp_cost=fp_cost, tp_cost=tp_cost, tn_cost=tn_cost
        )
        contacted = self._score(X, given, prior).contacted()
        positive = self._positive_index()
        return self.classes_[np.where(contacted, positive, 1 - positive)]

    def predict_action(
        self, X: Any, *, prior: float | str | None = None, **costs: ArrayLike
    ) -> np.ndarray:
        """Return the action that each customer gets.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
            One batch, where there is a capacity or a budget.
        prior : float or "estimate", default=None
            As in `predict`.
        **costs : array-like of shape (n_customers,)
            As in `predict`.

        Returns
        -------
        ndarray of object, shape (n_customers,)
            A name out of `actions` ("contact" without these), None for those left alone.
        """
        given = only_costs("predict_action", **costs)
        decisions = self._score(X, given, prior)
        names = [*(self.actions or {"contact": {}}), None]
        action = np.where(decisions.contacted(), decisions.offer.action, len(names) - 1)
        return np.array(names, dtype=object)[action]

    def expected_gain(
        self, X: Any, *, prior: float | str | None = None, **costs: ArrayLike
    ) -> np.ndarray:
        """Return what contacting each customer gains in expectation over leaving them.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
        prior : float or "estimate", default=None
            As in `predict`.
        **costs : array-like of shape (n_customers,)
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_customers,)
            In units of cost, at the probabilities of `predict_proba`, for the best action.
        """
        return self._score(X, only_costs("expected_gain", **costs), prior).gain()

    def rank(self, X: Any, *, prior: float | str | None = None, **costs: ArrayLike) -> np.ndarray:
        """Rank of each customer in the order of contacting, 1 for the first.

        Those whom `predict` would contact without a limit come first, then the higher expected
        gain (for each unit of contact cost under a budget), then the higher probability, then the
        earlier row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
        prior : float or "estimate", default=None
            As in `predict`.
        **costs : array-like of shape (n_customers,)
            As in `predict`.

        Returns
        -------
        ndarray of int, shape (n_customers,)
        """
        order = self._score(X, only_costs("rank", **costs), prior).order()
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(1, len(order) + 1)
        return ranks

    def _score(self, X: Any, given: dict[str, Any], prior: float | str | None = None) -> Decisions:
        check_is_fitted(self)
        missing = [name for name in self._costs_given_in_fit if name not in given]
        if missing:
            raise ValueError(
                f"fit got one cost per customer for {missing}: give them here, too, or keep them "
                f"in a column of X and name it, as in {missing[0]}='column'"
            )
        return self._decide(self._positive_probability(X), prior, X, given)

    def _decide(
        self,
        probability: np.ndarray,
        prior: float | str | None = None,
        X: Any = None,
        given: Mapping[str, Any] | None = None,
    ) -> Decisions:
        """Decide by probabilities of the positive class that are known already."""
        probability, rate = moved(probability, self.prior_, prior)
        offer = offers_of(self, X, dict(given or {}), len(probability)).best(probability)
        return Decisions(probability, offer, self._rule_at(rate))

    def _rule_at(self, prior: float | None = None) -> Rule:
        """Return the rule for customers of a churn rate, by default that of `fit`."""
        cut = self.threshold_, self._cut, self._constant_costs
        if prior is not None and self._tuned_on is not None:
            cut = self._tuned_on.at_prior(self.prior_, prior)
        return Rule(*cut, self.capacity, self.budget)

    def _positive_probability(self, X: Any) -> np.ndarray:
        probability = positive_probability(
            self.estimator_, features_of(self, X), self._positive_label()
        )
        return probability if self.calibration is None else calibrate(self.calibrator_, probability)

    def _positive_label(self) -> Any:
        return self.classes_[self._positive_index()]

    def _positive_index(self) -> int:
        return positive_index(self.classes_, self.pos_label)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return portable_state(state) if is_travelling() else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if isinstance(state.get("cost_curve_"), dict):
            self.cost_curve_ = pd.DataFrame(state["cost_curve_"])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
