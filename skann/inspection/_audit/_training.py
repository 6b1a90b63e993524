"""Faults that show in how the network learned, and in what that gained."""

import warnings
from collections.abc import Iterator
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from skann._churn_ann._blocks import of_each
from skann._churn_ann._classifier import ChurnANNClassifier
from skann._churn_ann._folds import judged_rows
from skann._churn_ann._history import histories
from skann._typing import Labels
from skann._warnings import DroppedColumnWarning, held_back
from skann.inspection._audit._findings import Finding
from skann.inspection._baselines import boosting_baseline, logistic_baseline
from skann.inspection._bootstrap import ranking_figures, with_intervals
from skann.inspection._unwrap import layers, positive_label

_RISE = 1.5  # training loss over its lowest so far
_STILL_FALLING = 0.002  # share of the loss gained in the last tenth of the epochs
_WIDE_GAP = 0.03  # AUC, beyond what chance explains
_PAST_BEST = 1.05  # validation loss over its lowest
_BEHIND = 0.02  # AUC
_WEIGHTS_PER_ROW = 10
_SHARED_TOP = 0.8
_MAX_RANKED = 5000
_MIN_RANKED = 200
_N_PAIRS = 100


def learning(network: ChurnANNClassifier, churned: np.ndarray) -> Iterator[Finding]:
    """Read over- and underfitting from the history of a fitted network.

    ``churned`` are the rows that it was fitted on, of which it set some aside. Of several networks,
    the first with a finding speaks for all.
    """
    per_network = histories(network.history_)
    judged = churned[network.validation_indices_][:: len(per_network)]
    for history, best_epoch in zip(per_network, np.atleast_1d(network.best_epoch_), strict=True):
        found = list(_learning(network, history, int(best_epoch), judged))
        if found:
            yield from found
            return


def _learning(
    network: ChurnANNClassifier, history: pd.DataFrame, best_epoch: int, churned: np.ndarray
) -> Iterator[Finding]:
    watched = _watched(history)
    loss = history["loss"].to_numpy()
    rise = np.max(loss / np.minimum.accumulate(loss)) if np.isfinite(loss).all() else np.inf
    if rise > _RISE:
        yield Finding(
            "learning rate too high",
            "warning",
            f"Training loss diverges: it rises to {rise:.1f} times its lowest so far, at "
            f"learning_rate={network.learning_rate:g}.",
            f"Lower it: learning_rate={network.learning_rate / 10:g}, or let StagedSearchCV tune "
            "it first.",
        )
        return
    if _is_still_falling(watched, network):
        yield Finding(
            "stopped while the loss was still falling",
            "warning",
            f"All {len(watched)} epochs were used, and the loss fell from "
            f"{watched[-_tenth(watched) - 1]:.4f} to {watched[-1]:.4f} in the last "
            f"{_tenth(watched)}: learning_rate={network.learning_rate:g} was not tuned.",
            "Raise learning_rate (StagedSearchCV tunes it first) or epochs.",
        )
    yield from _overfitting(history, best_epoch, churned)


def gain_over_logistic(
    estimator: BaseEstimator,
    network: ChurnANNClassifier,
    table: pd.DataFrame,
    labels: np.ndarray,
    groups: Labels | None = None,
) -> Iterator[Finding]:
    """Compare with logistic regression on rows that the networks did not see."""
    churned = labels == positive_label(estimator)
    judged = churned[network.validation_indices_]
    if judged.all() or not judged.any():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DroppedColumnWarning)
        logistic = logistic_baseline()
        rows, *scores_of_each = _both_unseen(estimator, network, logistic, table, churned, groups)
    aucs = [float(roc_auc_score(churned[rows], scores)) for scores in scores_of_each]
    n_networks = len(network.pipelines_)
    n_training = len(table) - len(rows) // n_networks
    n_weights = network.pipelines_[0]["network"].n_weights
    shown = f"{aucs[0]:.3f}, logistic regression {aucs[1]:.3f}"
    compared = f"AUC on the {len(rows):,} validation rows: {shown}"
    if aucs[0] < aucs[1] - _BEHIND and not any(
        _is_still_falling(_watched(history), network) for history in histories(network.history_)
    ):
        yield Finding(
            "underfitting",
            "warning",
            f"{compared}.",
            "Raise learning_rate, epochs or patience, or the sizes in hidden_layer_sizes; lower "
            "dropout and l2.",
        )
    elif n_weights > _WEIGHTS_PER_ROW * n_training and aucs[0] < aucs[1] + _BEHIND:
        yield Finding(
            "network too big for what it gains",
            "warning",
            f"{n_weights:,} weights for {n_training:,} training rows. {compared}.",
            "Take smaller hidden_layer_sizes, such as (64, 32), or logistic regression.",
        )


def gain_over_boosting(
    estimator: BaseEstimator,
    network: ChurnANNClassifier,
    table: pd.DataFrame,
    labels: np.ndarray,
    groups: Labels | None = None,
) -> Iterator[Finding]:
    """Compare with gradient boosting on all rows that folds have judged."""
    churned = labels == positive_label(estimator)
    judged = churned[network.validation_indices_]
    n_networks = len(network.pipelines_)
    if n_networks < 2 or min(judged.sum(), (~judged).sum()) < n_networks:
        return
    with held_back():
        rows, own, boosting = _both_unseen(
            estimator, network, boosting_baseline(0), table, churned, groups
        )
    figures_of_each = [ranking_figures(churned[rows], scores) for scores in (boosting, own)]

    def ahead(weights: np.ndarray) -> dict[str, np.ndarray]:
        aucs = [figures(weights)["roc_auc"] for figures in figures_of_each]
        return {"ahead": aucs[0] - aucs[1]}

    value, low, high = with_intervals(ahead, len(rows), np.random.default_rng(0))["ahead"]
    if low > 0:
        yield Finding(
            "gradient boosting is ahead",
            "warning",
            f"On the {len(rows):,} validation rows its AUC is higher by {value:.4f} ({low:.4f} to "
            f"{high:.4f}).",
            "The network underfits: let StagedSearchCV tune it, or take "
            "HistGradientBoostingClassifier; CostThresholdClassifier decides for either.",
        )


def disagreeing_seeds(
    estimator: BaseEstimator, network: ChurnANNClassifier, table: pd.DataFrame
) -> Iterator[Finding]:
    """Find a ranking that another seed would turn over, by how far the networks disagree."""
    rows = table.iloc[:: -(-len(table) // _MAX_RANKED)]
    in_pipeline = any(hasattr(layer, "steps") for layer in layers(estimator))
    n_networks = len(network.pipelines_)
    # Networks of a splitter's folds may differ by more than chance, such as by their years.
    by_chance = isinstance(network.cv, Integral) and n_networks > 1
    if in_pipeline or not by_chance or len(rows) < _MIN_RANKED:
        return
    names = getattr(network, "feature_names_in_", None)
    with held_back():
        X = network._check_unseen(rows.to_numpy() if names is None else rows[[*names]])
        probabilities = np.array(of_each(network._members, network._probability, X))
    shared = shared_top(probabilities)
    if shared < _SHARED_TOP:
        yield Finding(
            "seeds that disagree",
            "warning",
            f"By the spread of the {n_networks} networks, fits that differ only in their seed "
            f"would share about {shared:.0%} of the customers in the top tenth.",
            f"Average more networks, cv={2 * n_networks}, or give more rows; and decide by cost "
            "rather than by rank.",
        )


def shared_top(probabilities: np.ndarray) -> float:
    """Return the share of the top tenth that two means of as many networks have in common.

    It is estimated by bootstrap. ``probabilities`` are of shape (n_networks, n_customers).
    """
    scores = logit(np.clip(probabilities, 1e-6, 1 - 1e-6))
    n_networks, n_customers = scores.shape
    mean = scores.mean(axis=0)
    # Means of resampled networks vary too little by the factor that variances of samples do.
    scores = mean + (scores - mean) * np.sqrt(n_networks / (n_networks - 1))
    n_top = n_customers // 10
    random = np.random.default_rng(0)
    shared = []
    for one, other in random.integers(n_networks, size=(_N_PAIRS, 2, n_networks)):
        top, other_top = (np.argsort(-scores[drawn].mean(axis=0))[:n_top] for drawn in (one, other))
        shared.append(np.isin(top, other_top).mean())
    return float(np.mean(shared))


def _both_unseen(
    estimator: BaseEstimator,
    network: ChurnANNClassifier,
    baseline: BaseEstimator,
    table: pd.DataFrame,
    churned: np.ndarray,
    groups: Labels | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows that neither the networks nor a baseline saw, and what each says of them.

    The baseline has folds like those of the networks, so that none sees more of a customer, or of
    the future.
    """
    own, rows = network.validation_proba_, network.validation_indices_
    if positive_label(estimator) != network.classes_[1]:
        own = 1 - own
    everything, n_networks = np.arange(len(table)), len(network.pipelines_)
    if n_networks == 1:
        folds = [(np.setdiff1d(everything, rows), rows)]
    elif hasattr(network.cv, "split"):
        folds = list(network.cv.split(table, churned, groups))
    else:
        kind = StratifiedKFold if groups is None else StratifiedGroupKFold
        splitter = kind(n_networks, shuffle=True, random_state=0)
        together = None if groups is None else np.asarray(groups)[rows]
        parts = splitter.split(rows, churned[rows], together)
        folds = [(rows[train], rows[test]) for train, test in parts]
    held_out = [everything[test] for _, test in folds]
    judged, other = judged_rows(
        held_out,
        [
            clone(baseline)
            .fit(table.iloc[train], churned[train])
            .predict_proba(table.iloc[test])[:, 1]
            for (train, _), test in zip(folds, held_out, strict=True)
        ],
    )
    both, of_own, of_other = np.intersect1d(rows, judged, return_indices=True)
    return both, own[of_own], other[of_other]


def _overfitting(history: pd.DataFrame, best_epoch: int, churned: np.ndarray) -> Iterator[Finding]:
    if "val_loss" not in history:
        return
    kept = history.loc[best_epoch].to_dict()
    gap = kept["auc"] - kept["val_auc"] if {"auc", "val_auc"} <= {*history} else 0.0
    past = kept["val_loss"] / history["val_loss"].min()
    evidence = ""
    if gap > _WIDE_GAP + 2 * _auc_error(kept.get("val_auc", 0.5), churned):
        evidence = (
            f"AUC is {kept['auc']:.3f} on training rows and {kept['val_auc']:.3f} on validation "
            "rows."
        )
    elif past > _PAST_BEST:
        evidence = (
            f"Validation loss rose from {history['val_loss'].min():.4f}, in epoch "
            f"{history['val_loss'].idxmin()}, to {kept['val_loss']:.4f}."
        )
    if evidence:
        yield Finding(
            "overfitting",
            "warning",
            evidence,
            "Raise dropout or l2, take smaller hidden_layer_sizes, and keep early_stopping=True.",
        )


def _auc_error(auc: float, churned: np.ndarray) -> float:
    """Return the standard error of an AUC (Hanley and McNeil, Radiology 1982).

    It is 0 where rows are unknown.
    """
    n_positive, n_negative = int(churned.sum()), int((~churned).sum())
    if not n_positive or not n_negative:
        return 0.0
    both_higher = (n_positive - 1) * (auc / (2 - auc) - auc**2)
    both_lower = (n_negative - 1) * (2 * auc**2 / (1 + auc) - auc**2)
    return float(np.sqrt((auc * (1 - auc) + both_higher + both_lower) / (n_positive * n_negative)))


def _watched(history: pd.DataFrame) -> np.ndarray:
    return history["val_loss" if "val_loss" in history else "loss"].to_numpy()


def _is_still_falling(watched: np.ndarray, network: ChurnANNClassifier) -> bool:
    span = _tenth(watched)
    if len(watched) < network.epochs or len(watched) <= span:
        return False
    return bool(watched[-1] < watched[-span - 1] * (1 - _STILL_FALLING))


def _tenth(watched: np.ndarray) -> int:
    return max(1, len(watched) // 10)
