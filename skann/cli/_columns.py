"""The columns that the arguments of ``skann train`` name."""

import argparse
from typing import NamedTuple

from skann.cli._errors import CommandError, did_you_mean, listed
from skann.cli._tables import matching_columns


class Columns(NamedTuple):
    """What the arguments say of the columns beside the target."""

    option: str | None  # how test rows are chosen; None for at random
    apart: str | None  # by which column
    dropped: list[str]
    learned: list[str]
    roles: dict[str, str]


def chosen_columns(arguments: argparse.Namespace, names: list[str], target: str) -> Columns:
    """Read the arguments of ``skann train`` that name columns."""
    others = [name for name in names if name != target]
    option, apart = _column_to_split_by(arguments, others)
    dropped = [name for name in matching_columns(arguments.drop, others) if name != apart]
    learned = [name for name in others if name not in {apart, *dropped}]
    return Columns(option, apart, dropped, learned, _column_roles(arguments.role, learned))


def _column_to_split_by(
    arguments: argparse.Namespace, columns: list[str]
) -> tuple[str | None, str | None]:
    """Return the option that says how test rows are chosen, and its column; None for neither."""
    if arguments.group is not None and arguments.time is not None:
        raise CommandError(
            "give --group or --time, not both: customers whose newest rows are the test have older "
            "rows on the other side"
        )
    for option, given in (("--group", arguments.group), ("--time", arguments.time)):
        if given is not None:
            column = given.strip()
            if column not in columns:
                raise CommandError(
                    f"{option} {column}: there is no such column beside the target"
                    + (did_you_mean(column, columns) or f". There are {listed(columns)}")
                )
            return option, column
    return None, None


def _column_roles(wanted: list[tuple[str, str]], columns: list[str]) -> dict[str, str]:
    """Return the roles that the user gave, by column."""
    roles: dict[str, str] = {}
    for column, role in wanted:
        if column not in columns:
            raise CommandError(
                f"--role {column}={role}: there is no such column to learn from"
                + (did_you_mean(column, columns) or f". There are {listed(columns)}")
            )
        if roles.setdefault(column, role) != role:
            raise CommandError(f"--role gives {column} two roles, {roles[column]} and {role}")
    return roles
