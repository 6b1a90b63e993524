"""One look at a model on test rows: figures, intervals, baselines, reasons."""

from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skann._churn_ann._classifier import ChurnANNClassifier
from skann._cost_threshold._classifier import CostThresholdClassifier
from skann._cost_threshold._out_of_fold import positive_probability
from skann._labels import check_known, check_labels
from skann._lazy_frames import refuse_lazy_frames
from skann._sklearn_private import HasMethods, _safe_indexing, validate_params
from skann._typing import Label, Labels, Table
from skann._warnings import held_back
from skann.costs._decision import bayes_threshold
from skann.costs._matrix import COST_NAMES, DEFAULT_COSTS, Costs, read_costs, without_columns
from skann.inspection._baselines import baseline_probabilities
from skann.inspection._explanation import explain
from skann.inspection._report._figures import decide, decide_blindly, measure
from skann.inspection._report._importance import column_importance
from skann.inspection._report._report import EvaluationReport
from skann.inspection._unwrap import find_network, find_threshold, model_name, positive_label
from skann.model_selection._test_looks import count_look, models_shown
from skann.preprocessing._levels import level_text
from skann.preprocessing._roles import USED, read_column
from skann.preprocessing._table import as_table

_N_EXPLAINED = 8
_N_REASONS = 3


@validate_params(
    {
        "estimator": [HasMethods(["predict", "predict_proba"])],
        "costs": [Mapping],
        "train": [tuple, None],
        "baselines": ["boolean"],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def evaluate(
    estimator: BaseEstimator,
    X_test: Table,
    y_test: Labels,
    *,
    costs: Mapping[str, ArrayLike],
    train: tuple[Table, Labels] | None = None,
    baselines: bool = True,
    random_state: int | np.random.RandomState | None = None,
) -> EvaluationReport:
    """Evaluate a model on rows that it has not seen, beside what it has to beat.

    Parameters
    ----------
    estimator : fitted classifier with ``predict_proba``
        A ``CostThresholdClassifier``, wherever it sits, decides by its own threshold. For any other
        model, those customers are contacted for whom it pays in expectation.
    X_test : pandas or polars DataFrame, or array-like, of shape (n_samples, n_features)
        Raw rows. The test part of ``train_validation_test_split`` counts the models that it is
        shown.
    y_test : array-like of shape (n_samples,)
        Labels.
    costs : dict
        What outcomes cost, as for ``CostThresholdClassifier``: "fn_cost", "fp_cost", "tp_cost",
        "tn_cost" (by default 1, 1, 0, 0), each a number, an array, or a column of X_test.
    train : tuple of (X_train, y_train), default=None
        The rows that the model was fitted on, and their labels. Baselines are fitted on them, and
        the likeliest churners are compared with them. None cross-validates the baselines on
        X_test, and compares with its customers.
    baselines : bool, default=True
        Whether to compare with contacting nobody or everybody, logistic regression and gradient
        boosting, under the same costs: by the same rule, and each by its own best cut.
    random_state : int, RandomState or None, default=None
        Seed of intervals, baselines and shuffled columns.

    Returns
    -------
    EvaluationReport
        Shows itself in notebooks and as text; ``to_frame``, ``to_html``, ``plot``.

    Raises
    ------
    ValueError
        If labels are missing, unknown to the model, or of one class; if costs are unknown or
        reward mistakes.

    Warns
    -----
    WorkflowWarning
        From the second model on that is evaluated on the same test part.

    Notes
    -----
    Intervals hold 95% of a thousand Bayesian bootstraps of the test customers (Rubin, "The
    Bayesian Bootstrap", Annals of Statistics 1981). They show how the figures would vary with
    other customers, not with another training.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skann.inspection import evaluate
    >>> X, y = make_classification(400, weights=[0.8], random_state=0)
    >>> model = LogisticRegression().fit(X[:200], y[:200])
    >>> costs = {"fn_cost": 100, "fp_cost": 5}
    >>> report = evaluate(model, X[200:], y[200:], costs=costs, random_state=0)
    >>> bool(report.value("cost", "chosen") < report.value("cost", "none", "nobody"))
    True
    >>> report.to_frame().columns.tolist()
    ['model', 'rule', 'metric', 'value', 'low', 'high']
    """
    refuse_lazy_frames(X_test=X_test)
    n_customers = X_test.shape[0] if hasattr(X_test, "shape") else len(X_test)
    labels = check_labels(y_test, n_customers, "y_test")
    positive = positive_label(estimator)
    churned = _churned(labels, estimator.classes_, positive)
    read = _read_costs(costs, X_test, n_customers)
    interval_seed, baseline_seed, shuffle_seed = (
        check_random_state(random_state).randint(2**31 - 1, size=3).tolist()
    )
    probability = positive_probability(estimator, X_test, positive)
    models = models_shown(X_test, y_test)
    n_models_tested = None if models is None else count_look(models, probability, stacklevel=4)
    train = None if train is None else _training_rows(train, estimator.classes_)
    network = find_network(estimator)
    name = model_name(estimator)
    probabilities = {name: probability}
    if baselines:
        named = [cost for cost in costs.values() if isinstance(cost, str)]
        rows = None if train is None else (without_columns(train[0], named), train[1])
        probabilities |= baseline_probabilities(
            rows, without_columns(X_test, named), labels, positive, baseline_seed
        )
    decisions = decide(probabilities, read, churned)
    if baselines:
        decisions |= decide_blindly(n_customers)
    threshold = find_threshold(estimator)
    with held_back():  # what the rows hold was told with their first probabilities
        if threshold is not None:
            decisions[name, "chosen"] = _own_labels(estimator, X_test, costs) == positive
        importance = column_importance(estimator, X_test, labels, shuffle_seed)
    likeliest = np.argsort(-probability, kind="stable")[:_N_EXPLAINED]
    with held_back():
        reasons = explain(
            estimator,
            _safe_indexing(X_test, likeliest),
            background=X_test if train is None else train[0],
            top=_N_REASONS,
        )
        reasons["customer"] = _named(reasons, X_test, likeliest)
    return EvaluationReport(
        model=name,
        positive=positive,
        churned=churned,
        probabilities=probabilities,
        decisions=decisions,
        costs=read,
        threshold=_threshold(threshold, read),
        figures=measure(churned, probabilities, decisions, read, interval_seed),
        importance=importance,
        reasons=reasons,
        history=getattr(network, "history_", None),
        best_epoch=getattr(network, "best_epoch_", None),
        left_out={
            column: role
            for column, role in getattr(network, "column_roles_", {}).items()
            if role not in USED
        },
        pooled_levels=_pooled_levels(network),
        n_models_tested=n_models_tested,
        baselines_trained=train is not None,
    )


def _named(reasons: pd.DataFrame, X: Table, rows: np.ndarray) -> np.ndarray:
    """Return the identifier of each customer where a column has one, else the label of the row."""
    table = as_table(X)
    names = table.index.to_numpy()[rows]
    for _, series in table.items():
        with held_back():
            is_id = read_column(series).role == "id"
        if is_id:
            names = np.array([level_text(value) for value in series.iloc[rows]], dtype=object)
            break
    return np.repeat(names, len(reasons) // len(rows))


def _pooled_levels(network: ChurnANNClassifier | None) -> dict[str, list[str]]:
    if network is None:
        return {}
    pooled = getattr(network.pipelines_[0]["preprocess"], "pooled_levels_", {})
    return {column: levels for column, levels in pooled.items() if levels}


def _churned(labels: np.ndarray, classes: np.ndarray, positive: Label) -> np.ndarray:
    unknown = sorted({*labels.tolist()} - {*np.asarray(classes).tolist()}, key=str)
    if unknown:
        raise ValueError(
            f"y_test has labels {unknown} that the model does not know; it was fitted on "
            f"{np.asarray(classes).tolist()}"
        )
    churned = np.asarray(labels == positive)
    if churned.all() or not churned.any():
        raise ValueError(
            f"y_test holds one class only, {str(labels[0])!r}: ranking and recall need both"
        )
    return churned


def _training_rows(train: tuple[Table, Labels], classes: np.ndarray) -> tuple[Table, np.ndarray]:
    if len(train) != 2:
        raise ValueError(f"train must be (X_train, y_train), got a tuple of {len(train)}")
    y_train = check_labels(train[1], name="y_train")
    check_known(y_train, classes, "y_train")
    return train[0], y_train


def _read_costs(costs: Mapping[str, ArrayLike], X: Table, n_customers: int) -> Costs:
    unknown = sorted(costs.keys() - {*COST_NAMES})
    if unknown:
        raise ValueError(f"costs has {unknown}; it takes {list(COST_NAMES)}")
    given = {**DEFAULT_COSTS, **costs}
    read = read_costs([given[name] for name in COST_NAMES], X, n_customers)
    if read.constant:
        bayes_threshold(read)  # refuses costs that reward mistakes
    return read


def _own_labels(estimator: BaseEstimator, X: Table, costs: Mapping[str, ArrayLike]) -> np.ndarray:
    """Return what the estimator predicts, given the costs per customer where it takes them."""
    given = {}
    if isinstance(estimator, CostThresholdClassifier):
        given = {name: cost for name, cost in costs.items() if np.ndim(cost)}
    return np.asarray(estimator.predict(X, **given))


def _threshold(threshold: BaseEstimator | None, costs: Costs) -> float | None:
    """Return the probability that decides; None where it differs by customer."""
    if threshold is None:
        return float(bayes_threshold(costs)) if costs.constant else None
    for name in ("threshold_", "best_threshold_", "threshold"):
        if isinstance(found := getattr(threshold, name, None), Real):
            return float(found)
    return None
