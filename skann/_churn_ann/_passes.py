"""Training on more rows than fit into memory, by passes over parts of them."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from skann._churn_ann._classifier import ChurnANNClassifier
from skann._churn_ann._defaults import auto_batch_size, auto_l2
from skann._churn_ann._history import history_frame
from skann._progress_bar import tqdm
from skann._warnings import give, held_back


class Part(Protocol):
    """Rows that are read when they are needed."""

    def read(self) -> tuple[pd.DataFrame, pd.Series]:
        """Return features and labels."""


def classifier_for(n_rows: int, **parameters: Any) -> ChurnANNClassifier:
    """Return a classifier of one network, set for so many rows rather than those of a part."""
    l2, batch_size = auto_l2(n_rows), auto_batch_size(n_rows)
    return ChurnANNClassifier(cv=None, l2=l2, batch_size=batch_size, **parameters)


def train_by_passes(
    classifier: ChurnANNClassifier,
    parts: Sequence[Part],
    watched: Part,
    *,
    classes: Sequence[str],
    progress: bool = False,
) -> ChurnANNClassifier:
    """Train by `partial_fit` on one part after another, as often as it gains by it.

    A pass over all parts is what an epoch is to `fit`: the learning rate is halved where the loss
    on other rows does not fall, training ends after ``patience`` passes without gain, and the best
    pass is kept.

    Parameters
    ----------
    classifier : ChurnANNClassifier
        One network, unfitted. It is trained in place, to the last pass.
    parts : sequence of Part
        Each is a random share of all rows; the first one fits the preprocessing.
    watched : Part
        Rows to stop on.
    classes : sequence of str
        The two labels.
    progress : bool, default=False
        Show a bar.

    Returns
    -------
    ChurnANNClassifier
        As it was after the best pass.
    """
    X, y = watched.read()
    best, rate = classifier, classifier.learning_rate
    logs: dict[str, list[float]] = {"loss": [], "val_loss": [], "learning_rate": []}
    n_without_gain = 0
    while len(logs["loss"]) < classifier.epochs and n_without_gain < classifier.patience:
        bar = tqdm(parts, f"pass {len(logs['loss']) + 1}", leave=False, disable=not progress)
        losses = []
        with held_back() as notes:
            for part in bar:
                classifier.partial_fit(*part.read(), classes=classes)
                losses.append(classifier.history_["loss"].iloc[-1])
        if not logs["loss"]:
            give([notes])
        with held_back():  # any rows that are held out may have levels of their own
            loss = log_loss(y, classifier.predict_proba(X), labels=classifier.classes_)
        is_best = loss < min(logs["val_loss"], default=np.inf)
        logs["loss"].append(float(np.mean(losses)))
        logs["val_loss"].append(loss)
        logs["learning_rate"].append(classifier.learning_rate)
        best = copy.copy(classifier) if is_best else best
        n_without_gain = 0 if is_best else n_without_gain + 1
        if n_without_gain and n_without_gain % max(1, classifier.patience // 2) == 0:
            classifier.set_params(learning_rate=classifier.learning_rate / 2)
    member = replace(
        best._members[0],
        history=history_frame(logs),
        best_epoch=int(np.argmin(logs["val_loss"])) + 1,
    )
    best._take_over([member], best._capacity)
    return best.set_params(learning_rate=rate)
