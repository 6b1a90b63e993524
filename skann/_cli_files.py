"""What the command line reads and writes: tables, labels and models."""

import csv
import difflib
import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import joblib
import numpy as np
import pandas as pd


class CommandError(Exception):
    """What stops a command, in one line that says what to do."""


@dataclass(frozen=True)
class SavedModel:
    """A trained model, and what is needed to read new files for it."""

    model: Any
    target: str
    labels: tuple[Any, Any]
    positive: Any
    columns: list[str]
    column_roles: dict[str, str]
    trained_rows: np.ndarray  # fingerprints
    version: str

    def features(self, frame: pd.DataFrame, path: str) -> pd.DataFrame:
        """The model's columns of a table; those that it leaves out may be absent."""
        unused = ("id", "constant", "missing")
        missing = [column for column in self.columns if column not in frame.columns]
        needed = [column for column in missing if self.column_roles.get(column) not in unused]
        if needed:
            raise CommandError(
                f"{path} lacks {_listed(needed)}, which the model was trained with."
                + did_you_mean(needed[0], frame.columns)
            )
        return frame.reindex(columns=self.columns)

    def probability(self, features: pd.DataFrame) -> np.ndarray:
        """The probability of the positive label, one a row."""
        position = list(self.model.classes_).index(self.positive)
        return self.model.predict_proba(features)[:, position]


def file_kind(path: str) -> str:
    """The kind of table that a file name tells: "csv" or "parquet"."""
    suffix = Path(path).suffix.lower()
    if suffix in (".parquet", ".pq"):
        return "parquet"
    if suffix in (".csv", ".tsv", ".txt"):
        return "csv"
    raise CommandError(f"{path}: save the table as .csv or .parquet.")


def read_table(path: str) -> pd.DataFrame:
    """Read a CSV or Parquet file, by suffix.

    Raises
    ------
    CommandError
        If there is no such file, or it cannot be read or has no rows.
    """
    kind = file_kind(path)
    if not Path(path).is_file():
        raise CommandError(f"there is no file {path}.")
    try:
        frame = pd.read_parquet(path) if kind == "parquet" else _read_csv(path)
    except ImportError:
        raise CommandError("Parquet needs the pyarrow package: pip install pyarrow") from None
    except (ValueError, csv.Error) as error:
        raise CommandError(f"cannot read {path}: {_one_line(error)}") from None
    frame.columns = frame.columns.map(str)
    if frame.empty:
        raise CommandError(f"{path} has no rows.")
    return frame


def write_table(frame: pd.DataFrame, out: str | TextIO) -> None:
    """Write a table as CSV or Parquet, by suffix."""
    if isinstance(out, str) and file_kind(out) == "parquet":
        frame.to_parquet(out, index=False)
    else:
        frame.to_csv(out, index=False)


def check_writable(path: str) -> None:
    """Refuse a path that cannot be written before any work is done for it."""
    if not Path(path).parent.is_dir():
        raise CommandError(f"there is no folder {Path(path).parent} to write {path} to.")
    if Path(path).is_dir():
        raise CommandError(f"{path} is a folder; give a file name.")


def save_model(saved: SavedModel, path: str) -> None:
    """Write a model with joblib."""
    joblib.dump({"skann": saved.version, **vars(saved)}, path)


def load_model(path: str) -> SavedModel:
    """Read what `save_model` wrote. Loading runs code from the file: trust its source."""
    if not Path(path).is_file():
        raise CommandError(f"there is no model file {path}; `skann train` makes one.")
    other = CommandError(f"{path} is not a model that `skann train` saved.")
    try:
        content = joblib.load(path)
    except Exception:  # a foreign file fails in as many ways as there are files
        raise other from None
    if not isinstance(content, dict) or "skann" not in content:
        raise other
    return SavedModel(**{name: content[name] for name in SavedModel.__dataclass_fields__})


def fingerprints(features: pd.DataFrame) -> np.ndarray:
    """A number a row that tells whether a row was seen before."""
    return pd.util.hash_pandas_object(features, index=False).to_numpy()


def split_target(frame: pd.DataFrame, target: str, path: str) -> tuple[pd.DataFrame, pd.Series]:
    """The features and the labels of the rows that have a label.

    Text labels lose the spaces around them, and whole numbers their ``.0``.
    """
    if target not in frame.columns:
        raise CommandError(
            f"{path} has no column {target!r}."
            + (did_you_mean(target, frame.columns) or f" It has {_listed(frame.columns)}.")
        )
    labels = frame[target]
    if not pd.api.types.is_numeric_dtype(labels):
        labels = labels.astype(object).map(lambda label: str(label).strip(), na_action="ignore")
        labels = labels.where(labels != "")
    known = labels.notna()
    features = frame.drop(columns=target)[known].reset_index(drop=True)
    labels = labels[known].reset_index(drop=True).infer_objects()
    if pd.api.types.is_float_dtype(labels) and (labels % 1 == 0).all():
        labels = labels.astype(int)
    return features, labels


def two_labels(labels: pd.Series) -> tuple[Any, Any]:
    """The two labels, sorted."""
    found = sorted(labels.unique().tolist())
    if len(found) == 1:
        raise CommandError(
            f"column {labels.name!r} holds {found[0]!r} only; a model needs customers who left and "
            "customers who stayed."
        )
    if len(found) != 2:
        raise CommandError(
            f"column {labels.name!r} holds {len(found)} values ({_listed(found, 4)}); "
            "two are needed, such as Yes and No. Is it the right --target?"
        )
    return found[0], found[1]


def find_label(text: str, labels: Sequence[Any]) -> Any:
    """The label that is written as `text`: 1 for 1.0, yes for Yes where there is no yes."""
    for written in (str, _plain, lambda label: str(label).casefold()):
        for label in labels:
            if written(label) == written(text.strip()):
                return label
    raise CommandError(f"--positive {text} is not among the labels {_listed(labels)}.")


def matching_columns(patterns: Sequence[str], columns: pd.Index) -> list[str]:
    """The columns that shell patterns such as ``C_*`` name."""
    matched: list[str] = []
    for pattern in patterns:
        found = [name for name in columns if name == pattern or fnmatch.fnmatchcase(name, pattern)]
        if not found:
            raise CommandError(
                f"--drop {pattern} matches no column." + did_you_mean(pattern, columns)
            )
        matched += [name for name in found if name not in matched]
    return matched


def did_you_mean(name: str, choices: Any) -> str:
    """A hint at the closest names, or nothing."""
    by_casefold = {str(choice).casefold(): str(choice) for choice in choices}
    close = difflib.get_close_matches(name.casefold(), by_casefold, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(by_casefold[key] for key in close)}?" if close else ""


def _read_csv(path: str) -> pd.DataFrame:
    separator = _separator(path)
    options: dict[str, Any] = {"sep": separator, "low_memory": False}
    try:
        frame = pd.read_csv(path, **options)
    except UnicodeDecodeError:  # what spreadsheets of Western Europe and America write
        options.update(encoding="cp1252", encoding_errors="replace")
        frame = pd.read_csv(path, **options)
    if separator == ";" and any(_decimal_commas(frame[column]) for column in frame):
        frame = pd.read_csv(path, decimal=",", **options)
    return frame


def _separator(path: str) -> str:
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        header = file.readline()
    # The separator is the candidate that cuts the header into most parts, quotes respected.
    return max(",;\t|", key=lambda candidate: len(next(csv.reader([header], delimiter=candidate))))


def _decimal_commas(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column) or not column.notna().any():
        return False
    return bool(column.dropna().astype(str).str.fullmatch(r"\s*-?\d+,\d+\s*").all())


def _plain(label: Any) -> str:
    """A label as people write it: 1 for 1.0 and for "1.0"."""
    try:
        return f"{float(label):g}"
    except ValueError:
        return str(label)


def _listed(names: Any, most: int = 12) -> str:
    names = [str(name) for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
