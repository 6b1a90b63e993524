"""What `skann train` does once it has rows: train on some, and report on the others."""

import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

from skann.cli import _report as report
from skann.cli._labels import two_labels
from skann.cli._model_file import SavedModel, fingerprints
from skann.cli._quiet import start_tensorflow_quietly
from skann.cli._split import Split


def fit(
    features: pd.DataFrame,
    labels: pd.Series,
    positive: Any,
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
    from skann import ChurnANNClassifier, CostThresholdClassifier
    from skann.inspection import summarize_table
    from skann.inspection._baselines import logistic_baseline
    from skann.model_selection._forward_folds import ForwardFolds

    churned = (labels == positive).to_numpy()
    report.describe_classes(churned, str(labels.name), positive, guessed=guessed)
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
    logistic = logistic_baseline(column_roles)
    # Bayes' rule on calibrated probabilities costs no second fit, and on the public tables it is a
    # little cheaper on test rows than cuts tuned on out-of-fold or validation rows.
    model = CostThresholdClassifier(
        network,
        fn_cost=fn_cost,
        fp_cost=fp_cost,
        method="bayes",
        pos_label=positive,
        cv="validation" if split.in_time else "auto",
        random_state=seed,
    )
    start = time.perf_counter()
    if own_process:
        start_tensorflow_quietly()
    model.fit(train, train_labels, groups=split.groups)
    seconds = time.perf_counter() - start
    with warnings.catch_warnings(action="ignore"):  # the network has said it
        logistic.fit(train, train_labels)

    network = model.estimator_
    report.say(
        "Training",
        f"{len(network.pipelines_)} networks of up to {network.n_iter_} epochs in {seconds:.1f} s, "
        f"judged on {len(network.validation_indices_):,} of these rows",
    )
    report.describe_roles(network.column_roles_)

    saved = SavedModel(
        model=model,
        target=str(labels.name),
        labels=two_labels(labels),
        positive=positive,
        columns=list(features.columns),
        column_roles=network.column_roles_,
        trained_rows=fingerprints(train),
        reference=summarize_table(test, model),
        group=split.group,
    )
    _report_test(saved, logistic, test, (test_labels == positive).to_numpy())
    return saved


def _report_test(saved: SavedModel, logistic: Any, test: pd.DataFrame, churned: np.ndarray) -> None:
    from skann._cost_threshold._out_of_fold import positive_probability
    from skann.inspection._report._words import saving

    with warnings.catch_warnings(action="ignore"):
        by_logistic = positive_probability(logistic, test, saved.positive)
    probabilities = {
        "network": saved.probability(test),
        "logistic regression": by_logistic,
        "nobody leaves": np.zeros(len(test)),
    }
    figures = saved.measure(churned, probabilities)
    print(f"\nOn the {len(test):,} test customers, seen for the first time\n")
    report.print_figures(figures)
    print()
    report.say("Threshold", report.threshold_text(saved.model))
    report.say("Cost", saving(figures, "network"))


def on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
