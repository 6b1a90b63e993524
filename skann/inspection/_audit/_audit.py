"""Look for the faults that make a churn model worse than its figures."""

import numpy as np
from sklearn.base import BaseEstimator

from skann._churn_ann._classifier import ChurnANNClassifier
from skann._labels import check_labels
from skann._lazy_frames import refuse_lazy_frames
from skann._typing import Labels, Table
from skann.inspection._audit import _data as data
from skann.inspection._audit import _settings as settings
from skann.inspection._audit import _split as split
from skann.inspection._audit import _training as training
from skann.inspection._audit._findings import Finding, Findings
from skann.inspection._unwrap import find_network
from skann.model_selection._scoring import rare_share
from skann.preprocessing._table import as_table


def audit(
    estimator: BaseEstimator,
    X: Table,
    y: Labels,
    *,
    X_test: Table | None = None,
    groups: Labels | None = None,
) -> Findings:
    """Look for the usual faults of a churn workflow.

    It looks for leaks (a column that tells the label, identifiers, test rows or twins among the
    training rows, a customer's rows on both sides of a split, a shuffled split of rows in order of
    time, resampling or scaling before the split); accuracy as the only measure; imbalance
    ignored; a threshold at 0.5, or from too few customers; no validation rows; and, in the history
    of a fitted ``ChurnANNClassifier``, a learning rate too high or too low, over- and underfitting,
    a network too big for what it gains over logistic regression, or behind gradient boosting, and
    a ranking that another seed would turn over.

    Parameters
    ----------
    estimator : classifier
        A ``ChurnANNClassifier``, anything that holds one, or any other classifier, fitted or not.
        How it learned can only be seen in a fitted one.
    X : pandas or polars DataFrame, or array-like, of shape (n_samples, n_features)
        The rows that the estimator is fitted on.
    y : array-like of shape (n_samples,)
        Their labels.
    X_test : table with the columns of X, default=None
        Test rows, to look for among the training rows.
    groups : array-like of shape (n_samples,), default=None
        The groups that ``fit`` was given, which keep the rows of a customer together.

    Returns
    -------
    Findings
        A tuple of findings with fault, severity, evidence and fix, errors first; ``to_frame``.
        Prints itself, and shows itself in notebooks.

    Raises
    ------
    ValueError
        If labels are missing or differ from the rows in number, or if a network was fitted on more
        rows than these.

    Notes
    -----
    Silence proves nothing: a leak may take two columns to show, and scaling may have taken place
    before the table was written.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skann import CostThresholdClassifier
    >>> from skann.datasets import make_churn
    >>> from skann.inspection import audit
    >>> X, y = make_churn(500, random_state=0, return_X_y=True)
    >>> X = X[["age", "tenure_months", "support_calls"]].fillna(0)
    >>> model = CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5)
    >>> audit(model, X, y)
    No fault found.
    >>> for finding in audit(LogisticRegression(), X.assign(left=y), y):
    ...     print(finding.severity, finding.fault, sep=": ")
    error: leak: a column tells the label
    warning: imbalance ignored
    warning: threshold at 0.5
    """
    refuse_lazy_frames(X=X, X_test=X_test)
    table = as_table(X)
    labels = check_labels(y, len(table))
    churned = labels == np.unique(labels)[-1]
    share = rare_share(labels)
    found: list[Finding] = [
        *data.leaking_columns(table, churned),
        *data.identifiers(table, settings.handled_columns(estimator, table)),
        *(data.shared_rows(table, as_table(X_test)) if X_test is not None else ()),
        *(split.shared_customers(table, as_table(X_test)) if X_test is not None else ()),
        *data.repeated_rows(table, churned),
        *split.parted_customers(table, churned, groups),
        *split.future_rows(estimator, table, churned),
        *data.scaled_columns(table),
        *settings.accuracy_only(estimator, share),
        *settings.imbalance_ignored(estimator, share),
        *settings.default_threshold(estimator),
        *settings.few_churners(estimator),
        *settings.no_validation(estimator),
    ]
    network = find_network(estimator)
    if network is not None and hasattr(network, "history_"):
        _check_same_rows(network, len(table))
        found += training.learning(network, churned)
        found += training.gain_over_logistic(estimator, network, table, labels, groups)
        found += training.gain_over_boosting(estimator, network, table, labels, groups)
        unseen = table if X_test is None else as_table(X_test)
        found += training.disagreeing_seeds(estimator, network, unseen)
    return Findings(sorted(found, key=lambda finding: finding.severity != "error"))


def _check_same_rows(network: ChurnANNClassifier, n_rows: int) -> None:
    rows = network.validation_indices_
    if len(rows) and rows.max() >= n_rows:
        raise ValueError(
            f"X has {n_rows} rows, but the network set row {rows.max()} aside in its fit: give the "
            "rows that it was fitted on"
        )
