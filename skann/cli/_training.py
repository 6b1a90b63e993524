"""What ``skann train`` does once it has rows: train on some, and report on the others."""

import sys
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skann._warnings import held_back
from skann.cli import _report as report
from skann.cli._labels import two_labels
from skann.cli._model_file import SavedModel, fingerprints
from skann.cli._parts import Parts
from skann.cli._quiet import start_tensorflow_quietly
from skann.cli._split import Split

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from skann import ChurnANNClassifier, CostThresholdClassifier


def fit(
    features: pd.DataFrame,
    labels: pd.Series,
    positive: str,
    split: Split,
    *,
    fn_cost: float,
    fp_cost: float,
    column_roles: dict[str, str] | None = None,
    guessed: bool = False,
    epochs: int | None = None,
    seed: int = 0,
    own_process: bool = False,
) -> SavedModel:
    """Train on most rows and report on the rest; return the model."""
    from skann import ChurnANNClassifier
    from skann.model_selection._forward_folds import ForwardFolds

    n_churned = int((labels == positive).sum())
    report.describe_classes(n_churned, len(labels), str(labels.name), positive, guessed=guessed)
    report.say("Test", split.said)
    train, test = features.iloc[split.train], features.iloc[split.test]
    train_labels, test_labels = labels.iloc[split.train], labels.iloc[split.test]

    network = ChurnANNClassifier(
        column_roles=column_roles, random_state=seed, verbose=int(on_terminal())
    )
    if epochs is not None:
        network.set_params(epochs=epochs)
    if split.in_time:
        network.set_params(cv=ForwardFolds())
    model = _threshold(network, fn_cost, fp_cost, positive, seed)
    if split.in_time:
        model.set_params(cv="validation")
    start = time.perf_counter()
    if own_process:
        start_tensorflow_quietly()
    model.fit(train, train_labels, groups=split.groups)
    seconds = time.perf_counter() - start
    network = model.estimator_
    report.say(
        "Training",
        f"{len(network.pipelines_)} networks of up to {network.n_iter_} epochs in {seconds:.1f} s, "
        f"judged on {len(network.validation_indices_):,} of these rows",
    )
    return _reported(model, (train, train_labels), (test, test_labels), split.group)


def fit_out_of_core(
    parts: Parts,
    positive: str,
    *,
    fn_cost: float,
    fp_cost: float,
    column_roles: dict[str, str],
    epochs: int | None,
    seed: int,
    own_process: bool,
) -> SavedModel:
    """Train on a part of a table after another, and report on the one set aside."""
    from skann._churn_ann._passes import classifier_for, train_by_passes

    n_rows = parts.n_training_rows
    report.say("Test", f"{parts.test.n_rows:,} customers set aside, {n_rows:,} to learn from")
    network = classifier_for(n_rows, column_roles=column_roles, random_state=seed)
    if epochs is not None:
        network.set_params(epochs=epochs)
    start = time.perf_counter()
    if own_process:
        start_tensorflow_quietly()
    labels = [*parts.test.labels.n_rows]
    network = train_by_passes(
        network, parts.training, parts.validation, classes=labels, progress=on_terminal()
    )
    seconds = time.perf_counter() - start
    model = _threshold(network, fn_cost, fp_cost, positive, seed).set_params(cv="prefit")
    with held_back():  # as before
        model.fit(*parts.validation.read())
    report.say(
        "Training",
        f"1 network, {network.n_iter_} passes over {len(parts.training)} parts in {seconds:.1f} s, "
        f"judged on {parts.validation.n_rows:,} other rows",
    )
    return _reported(model, parts.training[0].read(), parts.test.read())


def _threshold(
    network: "ChurnANNClassifier", fn_cost: float, fp_cost: float, positive: str, seed: int
) -> "CostThresholdClassifier":
    """Return the decision on what a network says.

    Bayes' rule on calibrated probabilities costs no second fit, and on the public tables it is a
    little cheaper on test rows than cuts tuned on out-of-fold or validation rows.
    """
    from skann import CostThresholdClassifier

    return CostThresholdClassifier(
        network,
        fn_cost=fn_cost,
        fp_cost=fp_cost,
        method="bayes",
        pos_label=positive,
        random_state=seed,
    )


def _reported(
    model: "CostThresholdClassifier",
    train: tuple[pd.DataFrame, pd.Series],
    test: tuple[pd.DataFrame, pd.Series],
    group: str | None = None,
) -> SavedModel:
    """Report on a model by test rows, beside one without a network, and return what to save."""
    from skann.inspection import summarize_table
    from skann.inspection._baselines import logistic_baseline

    network, positive, (features, labels) = model.estimator_, model.pos_label, test
    report.describe_roles(network.column_roles_)
    logistic = logistic_baseline(network.column_roles)
    with warnings.catch_warnings(action="ignore"):  # the network has said it
        logistic.fit(*train)
    saved = SavedModel(
        model=model,
        target=str(labels.name),
        labels=two_labels(labels),
        positive=positive,
        columns=list(features.columns),
        column_roles=network.column_roles_,
        trained_rows=fingerprints(train[0]),
        reference=summarize_table(features, model),
        group=group,
    )
    _report_test(saved, logistic, features, (labels == positive).to_numpy())
    return saved


def _report_test(
    saved: SavedModel, logistic: "Pipeline", test: pd.DataFrame, churned: np.ndarray
) -> None:
    from skann._cost_threshold._out_of_fold import positive_probability
    from skann.inspection._report._words import saving

    with warnings.catch_warnings(action="ignore"):
        by_logistic = positive_probability(logistic, test, saved.positive)
    probabilities = {
        "network": saved.probability(test),
        "logistic regression": by_logistic,
        "nobody leaves": np.zeros(len(test)),
    }
    figures = saved.measure(churned, probabilities, saved.decide(probabilities))
    print(f"\nOn the {len(test):,} test customers, seen for the first time\n")
    report.print_figures(figures)
    print()
    report.say("Threshold", report.threshold_text(saved.model))
    report.say("Cost", saving(figures, "network"))


def on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
