"""Turn a classifier's probabilities into the cheapest decisions."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d, has_fit_parameter

from skann._out_of_fold import out_of_fold, positive_probability
from skann.costs._decision import bayes_threshold, contact_gain
from skann.costs._matrix import COST_NAMES, Costs, as_costs, without_columns
from skann.costs._tuning import decide, tune


class CostThresholdClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Contact the customers for whom it pays, by what each outcome costs.

    Parameters
    ----------
    estimator : classifier with `predict_proba`
        Gives the probability of the positive class.
    fn_cost, fp_cost, tp_cost, tn_cost : float or str, default=1.0, 1.0, 0.0, 0.0
        What each outcome costs; a benefit is a negative cost. False negative: a churner left
        alone; false positive: a loyal customer contacted. A string names a column of X that holds
        one value a customer.
    method : {"empirical", "bayes"}, default="empirical"
        "empirical" takes the cheapest of all cuts between distinct probabilities of customers
        that the estimator did not see, "nobody" and "everybody" among them. "bayes" contacts
        whoever gains in expectation, which is right for calibrated probabilities.
    cv : int, splitter, iterable or "prefit", default=5
        Where the probabilities come from that the cut is tuned on: cross-validation, after which
        the estimator is fitted on all rows; or, for "prefit", the fitted estimator itself, then
        `fit` must get customers that it did not see.
    pos_label : label, default=None
        The class that contacting is meant for; None takes `classes_[1]`.
    drop_cost_columns : bool, default=True
        Whether the cost columns of X are kept from the estimator.
    n_jobs : int, default=None
        Folds fitted at the same time.
    random_state : int, RandomState or None, default=None
        Seeds the resamples behind `threshold_spread_`; the threshold does not depend on it.

    Attributes
    ----------
    estimator_ : classifier
        The estimator, fitted on all rows.
    threshold_ : float
        Customers are contacted whose probability is above it. -inf where contact always pays,
        inf where it never does.
    expected_cost_ : float
        Cost per customer of this rule on the probabilities it was tuned on.
    cost_curve_ : DataFrame
        A row for each cut, from nobody to everybody: threshold, cost (per customer), contacted
        (fraction of the customers).
    threshold_spread_ : tuple of two floats
        Where 90 % of the best thresholds lie when the customers are resampled.
    classes_ : ndarray of shape (2,)
        The labels.

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
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        **{name: [Real, str] for name in COST_NAMES},
        "method": [StrOptions({"empirical", "bayes"})],
        "cv": ["cv_object", StrOptions({"prefit"})],
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
        method: str = "empirical",
        cv: Any = 5,
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
        self.method = method
        self.cv = cv
        self.pos_label = pos_label
        self.drop_cost_columns = drop_cost_columns
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
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
        fn_cost, fp_cost, tp_cost, tn_cost : array-like of shape (n_customers,), default=None
            One cost a customer, instead of the constructor's.
        **params : dict
            Handed to the estimator's `fit` and to the splitter by scikit-learn's metadata
            routing.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If y has not two labels, costs are no finite numbers or reward mistakes, or a cost
            column is missing.
        """
        X, y = indexable(X, y)
        y = _check_two_labels(y)
        weight = _check_weight(sample_weight, len(y))
        given = _given(fn_cost, fp_cost, tp_cost, tn_cost)
        costs = self._costs(X, given, len(y))
        if costs.constant:
            bayes_threshold(costs)  # refuses costs that reward mistakes, before any training
        routed = self._route(sample_weight, given, params)

        features = self._features(X)
        self._fit_estimator(features, y, routed["estimator"]["fit"])
        if features is not X:
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
            self.n_features_in_ = len(self.feature_names_in_)
        positive = self._positive_label()
        rows, probability = self._unseen_probabilities(features, y, positive, routed)
        costs, weight, churned = costs.rows(rows), weight[rows], y[rows] == positive
        tuned = tune(
            probability, churned, costs, weight, self.method, check_random_state(self.random_state)
        )
        self.threshold_ = tuned.threshold
        self.threshold_spread_ = tuned.spread
        self.cost_curve_ = pd.DataFrame(tuned.curve)
        self._cut = tuned.cut
        self._constant_costs = costs if costs.constant else None
        self._costs_given_in_fit = list(given)
        contacted = self._decide(probability, costs)
        self.expected_cost_ = float(
            np.average(costs.of_decisions(churned, contacted), weights=weight)
        )
        return self

    def _fit_estimator(self, X: Any, y: np.ndarray, params: dict[str, Any]) -> None:
        if isinstance(self.cv, str) and self.cv == "prefit":
            check_is_fitted(self.estimator)
            self.estimator_ = self.estimator
        else:
            self.estimator_ = clone(self.estimator).fit(X, y, **params)
        for attribute in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, attribute):
                setattr(self, attribute, getattr(self.estimator_, attribute))

    def _unseen_probabilities(
        self, X: Any, y: np.ndarray, positive: Any, routed: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(self.cv, str) and self.cv == "prefit":
            return np.arange(len(y)), positive_probability(self.estimator_, X, positive)
        return out_of_fold(
            self.estimator,
            X,
            y,
            positive,
            cv=self.cv,
            n_jobs=self.n_jobs,
            fit_params=routed["estimator"]["fit"],
            split_params=routed["splitter"]["split"],
        )

    def _route(
        self, sample_weight: Any, given: dict[str, Any], params: dict[str, Any]
    ) -> dict[str, Any]:
        """What the estimator's `fit` and the splitter's `split` get."""
        if sample_weight is not None:
            params = {"sample_weight": sample_weight, **params}
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **params, **given)
        if params.keys() - {"sample_weight"}:
            raise ValueError(
                f"fit got {sorted(params)}: extra arguments reach the estimator through metadata "
                "routing only, sklearn.set_config(enable_metadata_routing=True)."
            )
        if not has_fit_parameter(self.estimator, "sample_weight"):
            params = {}
        return {"estimator": {"fit": params}, "splitter": {"split": {}}}

    def get_metadata_routing(self) -> MetadataRouter:
        """Metadata routing of this object: see scikit-learn's guide.

        Returns
        -------
        MetadataRouter
        """
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(
                estimator=self.estimator,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
            .add(
                splitter=self.cv,
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        )

    @property
    def classes_(self) -> np.ndarray:
        """The two labels."""
        return self.estimator_.classes_

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the two classes, shape (n_customers, 2)."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(self._features(X))

    def predict(
        self,
        X: Any,
        *,
        fn_cost: ArrayLike | None = None,
        fp_cost: ArrayLike | None = None,
        tp_cost: ArrayLike | None = None,
        tn_cost: ArrayLike | None = None,
    ) -> np.ndarray:
        """Labels: the positive one for those to contact.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
        fn_cost, fp_cost, tp_cost, tn_cost : array-like of shape (n_customers,), default=None
            One cost a customer; needed where `fit` got them.

        Returns
        -------
        ndarray of shape (n_customers,)
        """
        probability, costs = self._score(X, _given(fn_cost, fp_cost, tp_cost, tn_cost))
        contacted = self._decide(probability, costs)
        positive = int(self.classes_[1] == self._positive_label())
        return self.classes_[np.where(contacted, positive, 1 - positive)]

    def expected_gain(
        self,
        X: Any,
        *,
        fn_cost: ArrayLike | None = None,
        fp_cost: ArrayLike | None = None,
        tp_cost: ArrayLike | None = None,
        tn_cost: ArrayLike | None = None,
    ) -> np.ndarray:
        """What contacting each customer instead of leaving them gains in expectation.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_customers, n_features)
        fn_cost, fp_cost, tp_cost, tn_cost : array-like of shape (n_customers,), default=None
            One cost a customer; needed where `fit` got them.

        Returns
        -------
        ndarray of shape (n_customers,)
            ``p * (fn_cost - tp_cost) - (1 - p) * (fp_cost - tn_cost)``, in units of cost, at the
            probabilities that `predict_proba` gives.
        """
        return contact_gain(*self._score(X, _given(fn_cost, fp_cost, tp_cost, tn_cost)))

    def _score(self, X: Any, given: dict[str, Any]) -> tuple[np.ndarray, Costs]:
        check_is_fitted(self)
        missing = [name for name in self._costs_given_in_fit if name not in given]
        if missing:
            raise ValueError(
                f"fit got one cost a customer for {missing}: give them here, too, or keep them in "
                f"a column of X and name it, as in {missing[0]}='column'."
            )
        probability = positive_probability(
            self.estimator_, self._features(X), self._positive_label()
        )
        return probability, self._costs(X, given, len(probability))

    def _decide(self, probability: np.ndarray, costs: Costs) -> np.ndarray:
        if costs.constant and costs == self._constant_costs:
            return probability > self.threshold_
        return decide(probability, costs, self._cut)

    def _costs(self, X: Any, given: dict[str, Any], n_customers: int) -> Costs:
        return as_costs(self._own_costs() | given, X, n_customers)

    def _own_costs(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in COST_NAMES}

    def _features(self, X: Any) -> Any:
        """X less its cost columns."""
        costs = {cost for cost in self._own_costs().values() if isinstance(cost, str)}
        names = [column for column in getattr(X, "columns", ()) if column in costs]
        return without_columns(X, names) if names and self.drop_cost_columns else X

    def _positive_label(self) -> Any:
        if self.pos_label is None:
            return self.classes_[1]
        if self.pos_label not in list(self.classes_):
            raise ValueError(
                f"pos_label={self.pos_label!r} is no label of y, which has {list(self.classes_)}."
            )
        return self.pos_label

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _given(*costs: Any) -> dict[str, Any]:
    return {name: cost for name, cost in zip(COST_NAMES, costs, strict=True) if cost is not None}


def _check_two_labels(y: Any) -> np.ndarray:
    y = column_or_1d(y, warn=True)
    kind = type_of_target(y, input_name="y")
    if kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. Unknown label type: {kind}; "
            "y must hold two labels."
        )
    if len(labels := np.unique(y)) < 2:
        raise ValueError(f"y holds one class only, {labels.tolist()}; two are needed.")
    return y


def _check_weight(sample_weight: ArrayLike | None, n_customers: int) -> np.ndarray:
    if sample_weight is None:
        return np.ones(n_customers)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n_customers,):
        raise ValueError(
            f"sample_weight has shape {weight.shape}; give one weight a customer: "
            f"shape ({n_customers},)."
        )
    if not np.all(np.isfinite(weight)) or weight.min() < 0 or weight.sum() == 0:
        raise ValueError("sample_weight must hold finite weights, none negative and not all zero.")
    return weight
