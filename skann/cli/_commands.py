"""What each of the commands does."""

import argparse
import dataclasses
import shlex
import sys
import tempfile

import numpy as np
import pandas as pd
import pyarrow as pa

from skann.cli import _report as report
from skann.cli._columns import Columns, chosen_columns
from skann.cli._errors import CommandError, did_you_mean
from skann.cli._labels import check_target, find_label, split_target, two_labels
from skann.cli._model_file import SavedModel, fingerprints, load_model, save_model
from skann.cli._outputs import check_outputs
from skann.cli._parts import count_labels, deal_out
from skann.cli._ranking import CustomerList
from skann.cli._sample import sample_rows
from skann.cli._split import Split, split_rows
from skann.cli._tables import (
    Blocks,
    file_kind,
    known_or_held,
    open_table,
    read_table,
    table_files,
    to_frame,
    write_table,
)
from skann.cli._training import fit, fit_out_of_core, on_terminal
from skann.costs import forecast_cost
from skann.inspection._report._format import aligned, money

EXAMPLE = "skann train customers.csv --target Churn --fn-cost 100 --fp-cost 5"


def demo(arguments: argparse.Namespace) -> None:
    """Train on synthetic customers, and list those most worth contacting."""
    from skann.datasets import make_churn

    customers, left = make_churn(6000, random_state=0, return_X_y=True)
    report.say(
        "Data", "6,000 synthetic customers of a subscription, with gaps and noise like real ones"
    )
    split = split_rows((left == "Yes").to_numpy(), 0.2, 0)
    saved = fit(
        customers,
        left,
        "Yes",
        split,
        fn_cost=100.0,
        fp_cost=5.0,
        own_process=arguments.own_process,
    )
    print("\nTest customers most worth contacting\n")
    test = customers.iloc[split.test]
    table = pa.Table.from_pandas(test, preserve_index=False)
    ranked = CustomerList(saved, Blocks("the table", lambda columns: iter([table])))
    top = next(iter(ranked)).to_pandas().head(8)
    top["probability"] = top["probability"].map("{:.3f}".format)
    top["expected_gain"] = top["expected_gain"].map(money)
    reasons = test[["customer_id", "contract", "support_calls"]]
    top = top.merge(reasons, on="customer_id")
    print(aligned(top.columns.tolist(), top.astype(str).to_numpy().tolist()))
    print(f"\nNow with a table of your own:\n\n  {EXAMPLE}\n")


def train(arguments: argparse.Namespace) -> None:
    """Train a model on a table, and report on test rows."""
    check_outputs(_inputs(arguments), {"--model": arguments.model, "--report": arguments.report})
    saved = _train_out_of_core(arguments) if arguments.out_of_core else _train_at_once(arguments)
    save_model(saved, arguments.model)
    report.say("Saved", f"{arguments.model}. Next:")
    print(
        f"\n  skann predict {shlex.quote(arguments.model)} NEW_CUSTOMERS.csv --out contacts.csv\n"
    )


def _train_at_once(arguments: argparse.Namespace) -> SavedModel:
    path, target = arguments.data, arguments.target.strip()
    n_rows = None
    if arguments.sample is None:
        table = read_table(path)
    else:
        table, n_rows = sample_rows(open_table(path), target, arguments.sample, arguments.seed)
    columns = chosen_columns(arguments, table.column_names, target)
    frame = to_frame(table.drop_columns(columns.dropped), path)
    features, labels = _split(frame, target, path, table.shape, n_drawn_from=n_rows)
    positive = _positive(arguments, two_labels(labels))
    _say_left_out(columns)
    churned = (labels == positive).to_numpy()
    column = None if columns.apart is None else features.pop(columns.apart)
    split = split_rows(churned, arguments.test_size, arguments.seed, columns.option, column)
    saved = fit(
        features,
        labels,
        positive,
        split,
        fn_cost=arguments.fn_cost,
        fp_cost=arguments.fp_cost,
        column_roles=columns.roles,
        guessed=arguments.positive is None,
        epochs=arguments.epochs,
        seed=arguments.seed,
        own_process=arguments.own_process,
    )
    if arguments.report:
        _write_report(saved, features, labels, arguments.report, split, arguments.seed)
    return saved


def _train_out_of_core(arguments: argparse.Namespace) -> SavedModel:
    path, target = arguments.data, arguments.target.strip()
    table = open_table(path)
    first = next(iter(table))
    columns = chosen_columns(arguments, first.column_names, target)
    if columns.option is not None:
        raise CommandError(
            f"--out-of-core draws test rows at random: leave out {columns.option}, or give "
            "--sample in its place"
        )
    frame = to_frame(first.drop_columns(columns.dropped), path)
    check_target(frame.columns, target, path)
    labels = count_labels(table, target)
    n_rows = labels.n_labelled + labels.n_unlabelled
    _say_rows(path, f"{n_rows:,} rows", len(first.column_names), labels.n_unlabelled, target)
    positive = _positive(arguments, tuple(labels.n_rows))
    _say_left_out(columns)
    report.describe_classes(
        labels.n_rows[positive],
        labels.n_labelled,
        target,
        positive,
        guessed=arguments.positive is None,
    )
    with tempfile.TemporaryDirectory(prefix="skann-") as folder:
        parts = deal_out(
            table,
            labels,
            dropped=columns.dropped,
            test_size=arguments.test_size,
            folder=folder,
            seed=arguments.seed,
        )
        saved = fit_out_of_core(
            parts,
            positive,
            fn_cost=arguments.fn_cost,
            fp_cost=arguments.fp_cost,
            column_roles=columns.roles,
            epochs=arguments.epochs,
            seed=arguments.seed,
            own_process=arguments.own_process,
        )
        if arguments.report:
            (some, some_labels), (test, test_labels) = parts.training[0].read(), parts.test.read()
            features = pd.concat([some, test], ignore_index=True)
            labels_of_both = pd.concat([some_labels, test_labels], ignore_index=True)
            rows = np.arange(len(features))
            split = Split(rows[: len(some)], rows[len(some) :], "")
            _write_report(saved, features, labels_of_both, arguments.report, split, arguments.seed)
    return saved


def evaluate(arguments: argparse.Namespace) -> None:
    """Report on a model by a table with the target column, or forecast what it will cost."""
    from skann.inspection._report._words import saving

    check_outputs(_inputs(arguments, arguments.model), {"--report": arguments.report})
    saved = load_model(arguments.model, trust=arguments.trust)
    table = read_table(arguments.data)
    target = saved.target
    if target not in table.column_names or table.column(target).null_count == len(table):
        if arguments.report:
            raise CommandError(
                f"--report needs labels in a column {target!r}, and {arguments.data} has none"
                + did_you_mean(target, {*table.column_names} - {*saved.columns})
            )
        _forecast(saved, table, arguments.data)
        return
    frame = to_frame(known_or_held(table, {*saved.columns, target}), arguments.data)
    features, labels = _split(frame, target, arguments.data, table.shape, saved.labels)
    strange = labels[~labels.isin(saved.labels)]
    if len(strange):
        raise CommandError(
            f"{arguments.data}: column {target!r} holds {strange.iloc[0]!r}; the model knows "
            f"{saved.labels[0]!r} and {saved.labels[1]!r}"
        )
    features = saved.features(features, arguments.data)
    probability = saved.probability(features)
    churned = (labels == saved.positive).to_numpy()
    report.describe_classes(churned.sum(), len(churned), target, saved.positive)
    _note_trained_rows(saved, features)
    print()
    probabilities = {"network": probability}
    decisions = saved.decide(probabilities)
    figures = saved.measure(churned, probabilities, decisions)
    report.print_figures(figures)
    print()
    report.say("Cost", saving(figures, "network"))
    forecast = forecast_cost(probability, decisions["network", "chosen"], **saved.costs)
    report.say("Forecast", report.forecast_text(forecast, report.chosen_cost(figures)))
    if arguments.report:
        _write_report(saved, features, labels, arguments.report)


def _forecast(saved: SavedModel, table: pa.Table, path: str) -> None:
    """Say what decisions will cost on customers whose outcome is not known yet."""
    report.say("Data", f"{path}, {table.num_rows:,} rows and {table.num_columns} columns")
    hint = did_you_mean(saved.target, {*table.column_names} - {*saved.columns})
    report.say("", f"no label in a column {saved.target!r}, so costs are forecast{hint}")
    frame = to_frame(known_or_held(table, saved.columns), path)
    features = saved.features(frame.drop(columns=saved.target, errors="ignore"), path)
    probability = saved.probability(features)
    _note_trained_rows(saved, features)
    decisions = saved.decide({"network": probability})
    forecasts = {
        way: forecast_cost(probability, contacted, **saved.costs)
        for way, contacted in decisions.items()
    }
    print()
    report.print_forecasts(decisions, forecasts)
    print()
    report.say("Forecast", report.forecast_text(forecasts["network", "chosen"]))


def _note_trained_rows(saved: SavedModel, features: pd.DataFrame) -> None:
    n_known = np.isin(fingerprints(features), saved.trained_rows).sum()
    if n_known:
        report.say(
            "Note", f"the model was trained on at least {n_known:,} of these rows: they flatter it"
        )


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
        raise CommandError("standard output is closed: say where to write with --out FILE")
    saved = load_model(arguments.model, trust=arguments.trust)
    customers = CustomerList(
        saved,
        open_table(arguments.data),
        n_reasons=arguments.reasons,
        sort=arguments.sort == "yes",
        prior=arguments.prior,
        progress=on_terminal(),
    )
    write_table(customers, arguments.out or sys.stdout)
    if arguments.out:
        report.say(
            "Contact",
            f"{customers.n_contacted:,} of {customers.n_customers:,} customers, for an expected "
            f"gain of {money(customers.gain)}; listed in {arguments.out}",
        )


def _inputs(arguments: argparse.Namespace, model: str | None = None) -> dict[str, str]:
    """Return what is read, by what it is called."""
    files = table_files(arguments.data)
    inputs = {"data": files[0]} if len(files) == 1 else {f"data {file}": file for file in files}
    return inputs if model is None else {"model": model, **inputs}


def _positive(arguments: argparse.Namespace, pair: tuple[str, ...]) -> str:
    """Return the label of those who left."""
    return pair[1] if arguments.positive is None else find_label(arguments.positive, pair)


def _say_left_out(columns: Columns) -> None:
    if columns.dropped:
        report.say("", f"left out {report.some(columns.dropped)}: --drop")
    if columns.apart is not None:
        report.say("", f"left out {columns.apart}: {columns.option}")
    if all(columns.roles.get(name) == "drop" for name in columns.learned):
        raise CommandError("no column is left to learn from: drop fewer")


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
        raise CommandError(f"{path}: column {target!r} is empty")
    what = "rows" if n_drawn_from is None else f"of {n_drawn_from:,} rows, drawn by --sample,"
    _say_rows(path, f"{shape[0]:,} {what}", shape[1], len(frame) - len(labels), target)
    return features, labels


def _say_rows(path: str, rows: str, n_columns: int, n_unlabelled: int, target: str) -> None:
    report.say("Data", f"{path}, {rows} and {n_columns} columns")
    if n_unlabelled:
        report.say("", f"left out {n_unlabelled:,} rows: no {target}")


def _write_report(
    saved: SavedModel,
    features: pd.DataFrame,
    labels: pd.Series,
    path: str,
    split: Split | None = None,
    seed: int = 0,
) -> None:
    """Write what ``evaluate`` finds; for the rows of training also what ``audit`` does."""
    from skann.inspection import audit, evaluate

    train = None
    if split is not None:
        train = features.iloc[split.train], labels.iloc[split.train]
        features, labels = features.iloc[split.test], labels.iloc[split.test]
    found = evaluate(
        saved.model,
        features,
        labels,
        costs=saved.costs,
        train=train,
        random_state=seed,
    )
    if train is not None and split is not None:
        # Customers of older rows come again among the newest, as they will in the months to come.
        unseen = None if split.in_time else features
        findings = audit(saved.model, *train, X_test=unseen, groups=split.groups)
        found = dataclasses.replace(found, findings=findings)
        for finding in findings:
            report.say("Audit", f"{finding.severity}: {finding.fault}. {finding.evidence}")
    found.to_html(path)
    report.say("Report", path)
