"""The `skann` command: demo, train, evaluate, predict."""

import argparse
import math
import os
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
import pandas as pd

import skann
from skann import _cli_files as files
from skann import _cli_report as report
from skann._cli_files import CommandError, SavedModel

_EXAMPLE = "skann train customers.csv --target Churn --fn-cost 100 --fp-cost 5"
# One small network at a time is trained and scored fastest without handing work between threads.
_THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
_INTERRUPTED, _BROKEN_PIPE = 130, 141  # 128 and the signal's number, as shells have it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `skann` command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the command's name; those of the process by default, which then is the
        command's own, so that TensorFlow starts in it with the fewest threads.

    Returns
    -------
    int
        Exit status: 0, 2 after an error that is told in one line on stderr, 130 when interrupted.
    """
    if argv is None:
        _set_threads()
    try:
        arguments = _parser().parse_args(argv)
        with _warnings_as_notes():
            arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our output has left. Nothing may be written to it at exit, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except (CommandError, OSError, ValueError) as error:  # the estimators' say what to mend
        print("skann: error:", *str(error).split(), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nskann: interrupted", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _set_threads() -> None:
    """Give TensorFlow, which is not loaded yet, the fastest threads, unless the user chose."""
    for variable, number in _THREADS.items():
        os.environ.setdefault(variable, number)


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Show skann's own warnings once, as lines; the report says itself which columns went."""
    shown = set()

    def show(message: Warning | str, *context: Any, **more: Any) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            print("skann: note:", message, file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", skann.SkannWarning)
        warnings.simplefilter("ignore", skann.DroppedColumnWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}. See {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="skann",
        description="Predict churn with a neural network, and decide by what mistakes cost.",
        epilog=f"example: {_EXAMPLE}",
    )
    parser.add_argument("--version", action="version", version=f"skann {skann.__version__}")
    parser.set_defaults(run=lambda arguments: parser.print_help())
    commands = parser.add_subparsers(metavar="COMMAND")

    demo = commands.add_parser("demo", help="see it work on made customers, in under a minute")
    demo.set_defaults(run=_demo)

    train = commands.add_parser("train", help="train a model on a table with a churn column")
    train.set_defaults(run=_train)
    train.add_argument("data", help="CSV or Parquet file, a customer a row")
    train.add_argument(
        "--target", required=True, metavar="COLUMN", help="column that says who left"
    )
    train.add_argument(
        "--positive", metavar="LABEL", help="label of those who left (default: the one sorted last)"
    )
    train.add_argument(
        "--drop",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="columns to leave out, such as what is known only afterwards; patterns: 'C_*'",
    )
    train.add_argument(
        "--fn-cost",
        type=_cost,
        required=True,
        metavar="AMOUNT",
        help="cost of a churner who was not contacted",
    )
    train.add_argument(
        "--fp-cost",
        type=_cost,
        required=True,
        metavar="AMOUNT",
        help="cost of contacting one who would have stayed",
    )
    train.add_argument(
        "--model", metavar="FILE", default="churn.joblib", help="where to save (%(default)s)"
    )
    train.add_argument(
        "--test-size", type=_share, metavar="SHARE", default=0.2, help="test share (%(default)s)"
    )
    train.add_argument(
        "--epochs", type=_count, metavar="N", help="most passes over the training rows"
    )
    train.add_argument(
        "--report", metavar="FILE", help="HTML file to write a report on the test rows to"
    )
    train.add_argument(
        "--seed", type=int, metavar="N", default=0, help="seed of every draw (%(default)s)"
    )

    evaluate = commands.add_parser("evaluate", help="test a model on a table with the churn column")
    evaluate.set_defaults(run=_evaluate)
    evaluate.add_argument("model", help="file that `skann train` saved")
    evaluate.add_argument("data", help="CSV or Parquet file with the target column")
    evaluate.add_argument("--report", metavar="FILE", help="HTML file to write a report to")

    predict = commands.add_parser("predict", help="list customers, most worth contacting first")
    predict.set_defaults(run=_predict)
    predict.add_argument("model", help="file that `skann train` saved")
    predict.add_argument("data", help="CSV or Parquet file")
    predict.add_argument(
        "--reasons",
        type=_count,
        metavar="N",
        default=0,
        help="name the N columns that most raise or lower each probability",
    )
    predict.add_argument(
        "--out", metavar="FILE", help="CSV or Parquet file to write (default: CSV on stdout)"
    )
    return parser


def _cost(text: str) -> float:
    cost = float(text)
    if not (math.isfinite(cost) and cost >= 0):
        raise argparse.ArgumentTypeError(f"{text} is no cost: give an amount of 0 or more")
    return cost


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text} is no share between 0 and 1")
    return share


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return count


def _demo(arguments: argparse.Namespace) -> None:
    from skann.datasets import make_churn

    customers, left = make_churn(6000, random_state=0, return_X_y=True)
    report.say("Data", "6,000 made customers of a subscription, with gaps and noise like real ones")
    saved, test = _fit(customers, left, "Yes", fn_cost=100.0, fp_cost=5.0)
    print("\nTest customers most worth contacting\n")
    top = _rank(saved, test).head(8)
    top["probability"] = top["probability"].map("{:.3f}".format)
    top["expected_gain"] = top["expected_gain"].map(report.money)
    reasons = test[["customer_id", "contract", "support_calls"]]
    top = top.merge(reasons, on="customer_id")
    report.print_columns(top.columns.tolist(), top.to_numpy().tolist())
    print(f"\nNow with a table of your own:\n\n  {_EXAMPLE}\n")


def _train(arguments: argparse.Namespace) -> None:
    files.check_writable(arguments.model)
    if arguments.report:
        files.check_writable(arguments.report)
    features, labels = _read(arguments.data, arguments.target)
    pair = files.two_labels(labels)
    positive = pair[1]
    if arguments.positive is not None:
        positive = files.find_label(arguments.positive, pair)
    dropped = files.matching_columns(arguments.drop, features.columns)
    if len(dropped) == features.shape[1]:
        raise CommandError("no column is left to learn from: drop fewer.")
    if dropped:
        report.say("", f"left out {report.some(dropped)}: --drop")
    saved, _ = _fit(
        features.drop(columns=dropped),
        labels,
        positive,
        fn_cost=arguments.fn_cost,
        fp_cost=arguments.fp_cost,
        guessed=arguments.positive is None,
        test_size=arguments.test_size,
        epochs=arguments.epochs,
        seed=arguments.seed,
        report_path=arguments.report,
    )
    files.save_model(saved, arguments.model)
    report.say("Saved", f"{arguments.model}. Next:")
    print(f"\n  skann predict {arguments.model} NEW_CUSTOMERS.csv --out contacts.csv\n")


def _evaluate(arguments: argparse.Namespace) -> None:
    if arguments.report:
        files.check_writable(arguments.report)
    saved = files.load_model(arguments.model)
    features, labels = _read(arguments.data, saved.target)
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
    n_known = np.isin(files.fingerprints(features), saved.trained_rows).sum()
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


def _predict(arguments: argparse.Namespace) -> None:
    if arguments.out:
        files.check_writable(arguments.out)
        files.file_kind(arguments.out)
    saved = files.load_model(arguments.model)
    table = files.read_table(arguments.data)
    ranked = _rank(saved, table, arguments.data, n_reasons=arguments.reasons)
    files.write_table(ranked, arguments.out or sys.stdout)
    if arguments.out:
        gains = ranked.loc[ranked["contact"] == "yes", "expected_gain"]
        report.say(
            "Contact",
            f"{len(gains):,} of {len(ranked):,} customers, for an expected gain of "
            f"{report.money(gains.sum())}; listed in {arguments.out}",
        )


def _read(path: str, target: str) -> tuple[pd.DataFrame, pd.Series]:
    frame = files.read_table(path)
    features, labels = files.split_target(frame, target, path)
    if labels.empty:
        raise CommandError(f"{path}: column {target!r} is empty.")
    report.say("Data", f"{path}, {len(frame):,} rows and {frame.shape[1]} columns")
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
    guessed: bool = False,
    test_size: float = 0.2,
    epochs: int | None = None,
    seed: int = 0,
    report_path: str | None = None,
) -> tuple[SavedModel, pd.DataFrame]:
    """Train on most rows and report on the rest; return the model and the test rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline

    from skann import ChurnANNClassifier, CostThresholdClassifier
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

    network = ChurnANNClassifier(random_state=seed, verbose=int(sys.stderr.isatty()))
    if epochs is not None:
        network.set_params(epochs=epochs)
    logistic = make_pipeline(
        TableCleaner(), TableEncoder("standard", "onehot"), LogisticRegression(max_iter=1000)
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
    model.fit(train, train_labels)
    seconds = time.perf_counter() - start
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
        labels=files.two_labels(labels),
        positive=positive,
        columns=list(features.columns),
        column_roles=network.column_roles_,
        trained_rows=files.fingerprints(train),
        version=skann.__version__,
    )
    _report_test(saved, logistic, test, (test_labels == positive).to_numpy())
    if report_path:
        _write_report(saved, test, test_labels, report_path, (train, train_labels), seed)
    return saved, test.reset_index(drop=True)


def _report_test(saved: SavedModel, logistic: Any, test: pd.DataFrame, churned: np.ndarray) -> None:
    model = saved.model
    probability = saved.probability(test)
    by_logistic = logistic.predict_proba(test)[:, list(logistic.classes_).index(saved.positive)]
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
        baselines=train or True,
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


def _rank(
    saved: SavedModel, frame: pd.DataFrame, path: str = "the table", n_reasons: int = 0
) -> pd.DataFrame:
    """Customers by what contacting them is worth, under what identifies them."""
    features = saved.features(frame, path)
    probability = saved.probability(features)
    gain = probability * saved.model.fn_cost - (1 - probability) * saved.model.fp_cost
    ranked = frame[_identifying(frame, saved)].copy()
    if ranked.empty:
        ranked.insert(0, "row", np.arange(1, len(frame) + 1))
    ranked["probability"] = probability.round(6)
    ranked["contact"] = np.where(probability > saved.model.threshold_, "yes", "no")
    ranked["expected_gain"] = gain.round(4)
    if n_reasons:
        from skann.inspection._explanation import explain, reason_texts

        texts = reason_texts(explain(saved.model, features, top=n_reasons))
        ranked[texts.columns] = texts.to_numpy()
    return ranked.iloc[np.argsort(-gain, kind="stable")].reset_index(drop=True)


def _identifying(frame: pd.DataFrame, saved: SavedModel) -> list[str]:
    """Columns that say which customer a row is: ids, and those left out that differ in each row."""
    known = {*saved.columns, saved.target}
    return [
        name
        for name in frame.columns
        if saved.column_roles.get(name) == "id"
        or (
            name not in known
            and not pd.api.types.is_float_dtype(frame[name])
            and frame[name].is_unique
        )
    ]
