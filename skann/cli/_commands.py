"""What each of the commands does."""

import argparse
import shlex
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from skann.cli import _report as report
from skann.cli._errors import CommandError, did_you_mean, listed
from skann.cli._labels import find_label, split_target, two_labels
from skann.cli._model_file import SavedModel, fingerprints, load_model, save_model
from skann.cli._outputs import check_outputs
from skann.cli._quiet import start_tensorflow_quietly
from skann.cli._ranking import CustomerList
from skann.cli._sample import sample_rows
from skann.cli._tables import (
    Blocks,
    file_kind,
    known_or_held,
    matching_columns,
    open_table,
    read_table,
    table_files,
    to_frame,
    write_table,
)

EXAMPLE = "skann train customers.csv --target Churn --fn-cost 100 --fp-cost 5"


def demo(arguments: argparse.Namespace) -> None:
    """Train on synthetic customers, and list those most worth contacting."""
    from skann.datasets import make_churn

    customers, left = make_churn(6000, random_state=0, return_X_y=True)
    report.say(
        "Data", "6,000 synthetic customers of a subscription, with gaps and noise like real ones"
    )
    saved, test = _fit(
        customers, left, "Yes", fn_cost=100.0, fp_cost=5.0, own_process=arguments.own_process
    )
    print("\nTest customers most worth contacting\n")
    table = pa.Table.from_pandas(test, preserve_index=False)
    ranked = CustomerList(saved, Blocks("the table", lambda columns: iter([table])))
    top = next(iter(ranked)).to_pandas().head(8)
    top["probability"] = top["probability"].map("{:.3f}".format)
    top["expected_gain"] = top["expected_gain"].map(report.money)
    reasons = test[["customer_id", "contract", "support_calls"]]
    top = top.merge(reasons, on="customer_id")
    report.print_columns(top.columns.tolist(), top.to_numpy().tolist())
    print(f"\nNow with a table of your own:\n\n  {EXAMPLE}\n")


def train(arguments: argparse.Namespace) -> None:
    """Train a model on a table, and report on test rows."""
    check_outputs(_inputs(arguments), {"--model": arguments.model, "--report": arguments.report})
    target = arguments.target.strip()
    n_rows = None
    if arguments.sample is None:
        table = read_table(arguments.data)
    else:
        blocks = open_table(arguments.data)
        table, n_rows = sample_rows(blocks, target, arguments.sample, arguments.seed)
    shape = table.shape
    others = [name for name in table.column_names if name != target]
    dropped = matching_columns(arguments.drop, others)
    roles = _column_roles(arguments.role, [name for name in others if name not in dropped])
    frame = to_frame(table.drop_columns(dropped), arguments.data)
    features, labels = _split(frame, target, arguments.data, shape, n_drawn_from=n_rows)
    pair = two_labels(labels)
    positive = pair[1]
    if arguments.positive is not None:
        positive = find_label(arguments.positive, pair)
    if dropped:
        report.say("", f"left out {report.some(dropped)}: --drop")
    if all(roles.get(name) == "drop" for name in features.columns):
        raise CommandError("no column is left to learn from: drop fewer.")
    saved, _ = _fit(
        features,
        labels,
        positive,
        fn_cost=arguments.fn_cost,
        fp_cost=arguments.fp_cost,
        column_roles=roles,
        guessed=arguments.positive is None,
        test_size=arguments.test_size,
        epochs=arguments.epochs,
        seed=arguments.seed,
        report_path=arguments.report,
        own_process=arguments.own_process,
    )
    save_model(saved, arguments.model)
    report.say("Saved", f"{arguments.model}. Next:")
    print(
        f"\n  skann predict {shlex.quote(arguments.model)} NEW_CUSTOMERS.csv --out contacts.csv\n"
    )


def evaluate(arguments: argparse.Namespace) -> None:
    """Report on a model by a table with the target column."""
    check_outputs(_inputs(arguments, arguments.model), {"--report": arguments.report})
    saved = load_model(arguments.model, trust=arguments.trust)
    table = read_table(arguments.data)
    frame = to_frame(known_or_held(table, {*saved.columns, saved.target}), arguments.data)
    features, labels = _split(frame, saved.target, arguments.data, table.shape, saved.labels)
    strange = labels[~labels.isin(saved.labels)]
    if len(strange):
        raise CommandError(
            f"{arguments.data}: column {saved.target!r} holds {strange.iloc[0]!r}; the model knows "
            f"{saved.labels[0]!r} and {saved.labels[1]!r}."
        )
    features = saved.features(features, arguments.data)
    probability = saved.probability(features)
    churned = (labels == saved.positive).to_numpy()
    report.describe_classes(churned, saved.target, saved.positive)
    n_known = np.isin(fingerprints(features), saved.trained_rows).sum()
    if n_known:
        report.say("Note", f"the model was trained on {n_known:,} of these rows: they flatter it")
    print()
    report.print_ranking(churned, {"network": probability})
    print()
    contacted = _contacted_blindly(len(churned))
    contacted |= _contacted_by(probability, saved.model.threshold_)
    costs = report.print_decisions(churned, contacted, saved.model.fn_cost, saved.model.fp_cost)
    print()
    report.say("Cost", report.saving_text(costs))
    if arguments.report:
        _write_report(saved, features, labels, arguments.report)


def monitor(arguments: argparse.Namespace) -> None:
    """Say what has changed in a table since the model was trained, and whether it still holds."""
    from skann.inspection import compare_tables

    saved = load_model(arguments.model, trust=arguments.trust)
    table = read_table(arguments.data)
    frame = to_frame(known_or_held(table, saved.columns), arguments.data)
    features = saved.features(frame, arguments.data)
    print(compare_tables(saved.reference, features, saved.model))


def predict(arguments: argparse.Namespace) -> None:
    """List the customers of a table."""
    check_outputs(_inputs(arguments, arguments.model), {"--out": arguments.out})
    if arguments.out:
        file_kind(arguments.out)
    elif sys.stdout is None:
        raise CommandError("standard output is closed: say where to write with --out FILE.")
    saved = load_model(arguments.model, trust=arguments.trust)
    customers = CustomerList(
        saved,
        open_table(arguments.data),
        n_reasons=arguments.reasons,
        sort=arguments.sort == "yes",
        prior=arguments.prior,
        progress=_on_terminal(),
    )
    write_table(customers, arguments.out or sys.stdout)
    if arguments.out:
        report.say(
            "Contact",
            f"{customers.n_contacted:,} of {customers.n_customers:,} customers, for an expected "
            f"gain of {report.money(customers.gain)}; listed in {arguments.out}",
        )


def _inputs(arguments: argparse.Namespace, model: str | None = None) -> dict[str, str]:
    """What is read, by what it is called."""
    files = table_files(arguments.data)
    inputs = {"data": files[0]} if len(files) == 1 else {f"data {file}": file for file in files}
    return inputs if model is None else {"model": model, **inputs}


def _column_roles(wanted: list[tuple[str, str]], columns: list[str]) -> dict[str, str]:
    """The roles that the user gave, by column."""
    roles: dict[str, str] = {}
    for column, role in wanted:
        if column not in columns:
            raise CommandError(
                f"--role {column}={role}: there is no such column to learn from."
                + (did_you_mean(column, columns) or f" There are {listed(columns)}.")
            )
        if roles.setdefault(column, role) != role:
            raise CommandError(f"--role gives {column} two roles, {roles[column]} and {role}.")
    return roles


def _split(
    frame: pd.DataFrame,
    target: str,
    path: str,
    shape: tuple[int, int],
    known: tuple[str, ...] = (),
    n_drawn_from: int | None = None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Part features and labels, and say what the table of the given shape holds."""
    features, labels = split_target(frame, target, path, known)
    if labels.empty:
        raise CommandError(f"{path}: column {target!r} is empty.")
    what = "rows" if n_drawn_from is None else f"of {n_drawn_from:,} rows, drawn by --sample,"
    report.say("Data", f"{path}, {shape[0]:,} {what} and {shape[1]} columns")
    if len(labels) < len(frame):
        report.say("", f"left out {len(frame) - len(labels):,} rows: no {target}")
    return features, labels


def _fit(
    features: pd.DataFrame,
    labels: pd.Series,
    positive: Any,
    *,
    fn_cost: float,
    fp_cost: float,
    column_roles: dict[str, str] | None = None,
    guessed: bool = False,
    test_size: float = 0.2,
    epochs: int | None = None,
    seed: int = 0,
    report_path: str | None = None,
    own_process: bool = False,
) -> tuple[SavedModel, pd.DataFrame]:
    """Train on most rows and report on the rest; return the model and the test rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline

    from skann import ChurnANNClassifier, CostThresholdClassifier
    from skann.inspection import summarize_table
    from skann.preprocessing import TableCleaner, TableEncoder

    churned = (labels == positive).to_numpy()
    report.describe_classes(churned, str(labels.name), positive, guessed=guessed)
    try:
        train, test, train_labels, test_labels = train_test_split(
            features, labels, test_size=test_size, stratify=labels, random_state=seed
        )
    except ValueError as error:
        raise CommandError(f"too few rows to train and test: {error}") from None
    report.say("Test", f"{len(test):,} customers set aside, {len(train):,} to learn from")

    network = ChurnANNClassifier(
        column_roles=column_roles, random_state=seed, verbose=int(_on_terminal())
    )
    if epochs is not None:
        network.set_params(epochs=epochs)
    logistic = make_pipeline(
        TableCleaner(column_roles),
        TableEncoder("standard", "onehot"),
        LogisticRegression(max_iter=1000),
    )
    # Bayes' rule on calibrated probabilities costs no second fit, and on the public tables it is a
    # little cheaper on test rows than cuts tuned on out-of-fold or validation rows.
    model = CostThresholdClassifier(
        network,
        fn_cost=fn_cost,
        fp_cost=fp_cost,
        method="bayes",
        pos_label=positive,
        random_state=seed,
    )
    start = time.perf_counter()
    if own_process:
        start_tensorflow_quietly()
    model.fit(train, train_labels)
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
    )
    _report_test(saved, logistic, test, (test_labels == positive).to_numpy())
    if report_path:
        _write_report(saved, test, test_labels, report_path, (train, train_labels), seed)
    return saved, test.reset_index(drop=True)


def _report_test(saved: SavedModel, logistic: Any, test: pd.DataFrame, churned: np.ndarray) -> None:
    model = saved.model
    probability = saved.probability(test)
    position = list(logistic.classes_).index(saved.positive)
    with warnings.catch_warnings(action="ignore"):
        by_logistic = logistic.predict_proba(test)[:, position]
    print(f"\nOn the {len(test):,} test customers, seen for the first time\n")
    report.print_ranking(
        churned,
        {
            "nobody leaves": np.zeros(len(test)),
            "logistic regression": by_logistic,
            "network": probability,
        },
    )
    print()
    contacted = {
        **_contacted_blindly(len(test)),
        "logistic regression at threshold": by_logistic > model.threshold_,
        **_contacted_by(probability, model.threshold_),
    }
    costs = report.print_decisions(churned, contacted, model.fn_cost, model.fp_cost)
    print()
    report.say("Threshold", report.threshold_text(model))
    report.say("Cost", report.saving_text(costs))


def _write_report(
    saved: SavedModel,
    features: pd.DataFrame,
    labels: pd.Series,
    path: str,
    train: tuple[Any, Any] | None = None,
    seed: int = 0,
) -> None:
    """Write what `skann.inspection.evaluate` finds; baselines need the training rows, if known."""
    from skann.inspection import evaluate

    evaluate(
        saved.model,
        features,
        labels,
        costs={"fn_cost": saved.model.fn_cost, "fp_cost": saved.model.fp_cost},
        train=train,
        random_state=seed,
    ).to_html(path)
    report.say("Report", path)


def _contacted_blindly(n: int) -> dict[str, np.ndarray]:
    return {"nobody": np.zeros(n, dtype=bool), "everybody": np.ones(n, dtype=bool)}


def _contacted_by(probability: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    return {
        "network at 0.5": probability > 0.5,
        report.CHOSEN: probability > threshold,
    }


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
