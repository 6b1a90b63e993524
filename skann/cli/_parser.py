"""The arguments of the ``skann`` command."""

import argparse
import difflib
import math
from typing import NoReturn

import skann
from skann.cli import _commands as commands
from skann.cli._errors import CommandError

ROLES = ("numeric", "datetime", "category", "drop")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        end = "" if message.endswith("?") else "."
        raise CommandError(f"{message}{end} See {self.prog} --help.")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser, whose result has the command to run as ``run``."""
    parser = _Parser(
        prog="skann",
        description="Predict churn with a neural network, and decide by what mistakes cost.",
        epilog=f"example: {commands.EXAMPLE}",
    )
    parser.add_argument("--version", action="version", version=f"skann {skann.__version__}")
    parser.set_defaults(run=lambda arguments: print(parser.format_help(), end=""))
    subcommands = parser.add_subparsers(metavar="COMMAND")

    demo = subcommands.add_parser("demo", help="see it work on synthetic data in a minute")
    demo.set_defaults(run=commands.demo)

    train = subcommands.add_parser("train", help="train a model on a table with a churn column")
    train.set_defaults(run=commands.train)
    train.add_argument(
        "data",
        help="CSV or Parquet file, or a folder or '*.parquet' of Parquet files",
    )
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
        "--group",
        metavar="COLUMN",
        help="column that says whose rows these are, where customers have several: the rows of one "
        "are never both learned from and tested on",
    )
    train.add_argument(
        "--time",
        metavar="COLUMN",
        help="column of dates or numbers: test on the newest rows, and learn from older ones",
    )
    train.add_argument(
        "--role",
        type=_role,
        action="append",
        default=[],
        metavar="COLUMN=ROLE",
        help="what a column is, where skann takes it for something else: " + ", ".join(ROLES),
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
        "--model", metavar="FILE", default="churn.skann", help="where to save (%(default)s)"
    )
    train.add_argument(
        "--test-size", type=_share, metavar="SHARE", default=0.2, help="test share (%(default)s)"
    )
    large = train.add_mutually_exclusive_group()
    large.add_argument(
        "--sample",
        type=_count,
        metavar="N",
        help="rows to draw from a table that is too large, in proportion to its labels",
    )
    large.add_argument(
        "--out-of-core",
        action="store_true",
        help="train one network on all rows of a table that is too large, some at a time, from a "
        "shuffled copy in the folder for temporary files (TMPDIR)",
    )
    train.add_argument(
        "--epochs", type=_count, metavar="N", help="maximum number of passes over the training rows"
    )
    train.add_argument(
        "--report", metavar="FILE", help="HTML file to write a report on the test rows to"
    )
    train.add_argument(
        "--seed", type=_seed, metavar="N", default=0, help="seed of every draw (%(default)s)"
    )

    evaluate = subcommands.add_parser("evaluate", help="what a model's decisions cost on a table")
    evaluate.set_defaults(run=commands.evaluate)
    evaluate.add_argument("model", help="file that `skann train` saved")
    evaluate.add_argument(
        "data", help="CSV or Parquet file; without the target column the cost is forecast"
    )
    evaluate.add_argument("--report", metavar="FILE", help="HTML file to write a report to")

    predict = subcommands.add_parser("predict", help="list customers, most worth contacting first")
    predict.set_defaults(run=commands.predict)
    predict.add_argument("model", help="file that `skann train` saved")
    predict.add_argument(
        "data", help="CSV or Parquet file, or a folder or '*.parquet' of Parquet files"
    )
    predict.add_argument(
        "--sort",
        choices=("yes", "no"),
        default="yes",
        help="no: list customers as they stand in the table, and write them as they are scored, in "
        "little memory however many there are (%(default)s)",
    )
    predict.add_argument(
        "--reasons",
        type=_count,
        metavar="N",
        default=0,
        help="name the N columns that most raise or lower each probability",
    )
    predict.add_argument(
        "--out",
        metavar="FILE",
        help="CSV or Parquet file to write (default: CSV on stdout). Cells go out as they came in; "
        "those that begin with =, +, - or @ may run as formulas in a spreadsheet",
    )
    predict.add_argument(
        "--prior",
        type=_prior,
        metavar="SHARE",
        help="churn rate of these customers, where it is not that of the training table: "
        "probabilities and decisions move to it; estimate: find it from all rows of the table",
    )

    monitor = subcommands.add_parser(
        "monitor", help="what has changed in a table since training, and what to do"
    )
    monitor.set_defaults(run=commands.monitor)
    monitor.add_argument("model", help="file that `skann train` saved")
    monitor.add_argument("data", help="CSV or Parquet file of new customers")
    for command in (evaluate, predict, monitor):
        command.add_argument(
            "--trust",
            action="store_true",
            help="read a model that is a pickle, as joblib writes them, which runs whatever its "
            "author put into it",
        )
    return parser


def _cost(text: str) -> float:
    cost = _number(text)
    if not (math.isfinite(cost) and cost >= 0):
        raise argparse.ArgumentTypeError(f"{text} is not a cost: give an amount of 0 or more")
    return cost


def _share(text: str) -> float:
    share = _number(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share between 0 and 1")
    return share


def _prior(text: str) -> float | str:
    return text if text == "estimate" else _share(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of 1 or more")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to {2**32 - 1}")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a number") from None


def _role(text: str) -> tuple[str, str]:
    column, equals, role = text.rpartition("=")
    role = role.strip().lower()
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not written as COLUMN=ROLE")
    if role not in ROLES:
        close = difflib.get_close_matches(role, ROLES, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise argparse.ArgumentTypeError(f"{role!r} is not a role ({', '.join(ROLES)}).{hint}")
    return column.strip(), role
