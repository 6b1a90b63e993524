"""Faults that show in the settings: what is optimised, decided and watched."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer

from skann._typing import Label
from skann.inspection._audit._findings import Finding
from skann.inspection._unwrap import find_network, find_search, find_threshold, layers
from skann.model_selection._scoring import RARE_SHARE, chooses_by_accuracy
from skann.preprocessing import TableCleaner

_MIN_FOR_A_CUT = 50
_ACCURACIES = {"accuracy", "acc", "binary_accuracy"}


def accuracy_only(estimator: BaseEstimator, rare_share: float) -> Iterator[Finding]:
    """Find accuracy as the one measure where one class is rare."""
    if rare_share >= RARE_SHARE:
        return
    search, network = find_search(estimator), find_network(estimator)
    where = ""
    if search is not None and chooses_by_accuracy(search.scoring, search.refit):
        where = f"{type(search).__name__} chooses by accuracy"
    elif network is not None and network.metrics and {*map(str, network.metrics)} <= _ACCURACIES:
        where = f"metrics={network.metrics!r} of ChurnANNClassifier watches accuracy alone"
    if where:
        yield Finding(
            "accuracy as the only measure",
            "warning",
            f"{where}, while one class has {rare_share:.1%} of the rows: predicting the other for "
            f"everybody scores {1 - rare_share:.1%}.",
            "Use scoring='roc_auc' or 'average_precision', metrics=('auc',), and judge decisions "
            "by cost.",
        )


def imbalance_ignored(estimator: BaseEstimator, rare_share: float) -> Iterator[Finding]:
    """Find training and decisions that both ignore a rare class."""
    parts = list(_parts(estimator))
    weighted = any(getattr(part, "class_weight", None) is not None for part in parts)
    resampled = any(
        hasattr(part, "fit_resample") or getattr(part, "resampler", None) is not None
        for part in parts
    )
    if rare_share < RARE_SHARE and not weighted and not resampled and not find_threshold(estimator):
        yield Finding(
            "imbalance ignored",
            "warning",
            f"One class has {rare_share:.1%} of the rows, and there are neither class weights, nor "
            "resampling, nor a threshold other than 0.5.",
            "Wrap the model in CostThresholdClassifier, which decides by cost; or set "
            "class_weight='balanced' or resampler='over'.",
        )


def default_threshold(estimator: BaseEstimator) -> Iterator[Finding]:
    """Find decisions at 0.5."""
    if find_threshold(estimator) is None:
        yield Finding(
            "threshold at 0.5",
            "warning",
            f"predict of {type(estimator).__name__} cuts at a probability of 0.5, which is right "
            "only where both mistakes cost the same.",
            "Wrap it: CostThresholdClassifier(model, fn_cost=..., fp_cost=...).",
        )


def few_churners(estimator: BaseEstimator) -> Iterator[Finding]:
    """Find a cut that was tuned on too few customers of either class."""
    threshold = find_threshold(estimator)
    tuned_on = getattr(threshold, "_tuned_on", None)
    if threshold is None or tuned_on is None or not np.isfinite(threshold.threshold_):
        return
    churned = tuned_on.churned[tuned_on.weight > 0]
    n_fewest = int(min(churned.sum(), (~churned).sum()))
    if n_fewest < _MIN_FOR_A_CUT:
        low, high = (min(max(bound, 0.0), 1.0) for bound in threshold.threshold_spread_)
        kind = "churners" if n_fewest == churned.sum() else "customers who stayed"
        yield Finding(
            "threshold from too few customers",
            "warning",
            f"The cut of {threshold.threshold_:.3f} was the cheapest with {n_fewest} {kind}; with "
            f"others it would lie anywhere from {low:.3f} to {high:.3f}.",
            "Let it follow from the costs: method='bayes', with calibration='sigmoid' where "
            "probabilities are off.",
        )


def no_validation(estimator: BaseEstimator) -> Iterator[Finding]:
    """Find a network that trains without validation rows."""
    network = find_network(estimator)
    if network is None:
        return
    history = getattr(network, "history_", None)
    evidence = ""
    if history is not None and "val_loss" not in history:
        evidence = "history_ has no validation loss."
    elif history is None and network.cv is None and network.validation_fraction is None:
        evidence = "validation_fraction=None: training has no unseen rows to stop on."
    if evidence:
        yield Finding(
            "no validation rows",
            "warning",
            evidence,
            "Set cv=4 or validation_fraction=0.15, or give validation_data to fit.",
        )


def handled_columns(estimator: BaseEstimator, table: pd.DataFrame) -> set[Label]:
    """Return the columns that the estimator drops, or that its own preprocessing reads."""
    handled: set[Label] = set()
    for part in _parts(estimator):
        auto = isinstance(getattr(part, "preprocessor", None), str) and part.preprocessor == "auto"
        if auto or isinstance(part, TableCleaner):
            return set(table.columns)
        if isinstance(part, ColumnTransformer):
            used = {
                name
                for _, transformer, columns in part.transformers
                if not (isinstance(transformer, str) and transformer == "drop")
                for name in np.atleast_1d(columns if not callable(columns) else columns(table))
            }
            if isinstance(part.remainder, str) and part.remainder == "drop":
                handled |= {*table.columns} - used
    return handled


def _parts(estimator: BaseEstimator) -> Iterator[BaseEstimator]:
    """Yield an estimator, what it wraps, their pipeline steps and preprocessors."""
    for layer in layers(estimator):
        yield layer
        for _, step in getattr(layer, "steps", None) or ():
            yield step
        if (preprocessor := getattr(layer, "preprocessor", None)) is not None:
            yield preprocessor
