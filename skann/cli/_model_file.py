"""The model that `skann train` saves, and what new tables must hold for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from skann._files import written_whole
from skann.cli._errors import CommandError, did_you_mean, listed

LEFT_OUT = ("id", "text", "constant", "missing", "drop")  # roles of columns that no model reads


@dataclass(frozen=True)
class SavedModel:
    """A trained model, and what is needed to read new files for it."""

    model: Any
    target: str
    labels: tuple[str, str]
    positive: str
    columns: list[str]
    column_roles: dict[str, str]
    trained_rows: np.ndarray  # fingerprints
    version: str

    def features(self, frame: pd.DataFrame, path: str) -> pd.DataFrame:
        """The model's columns of a table; those that it leaves out may be absent."""
        missing = [column for column in self.columns if column not in frame.columns]
        needed = [column for column in missing if self.column_roles.get(column) not in LEFT_OUT]
        if needed:
            raise CommandError(
                f"{path} lacks {listed(needed)}, which the model was trained with."
                + did_you_mean(needed[0], frame.columns)
            )
        return frame.reindex(columns=self.columns)

    def probability(self, features: pd.DataFrame) -> np.ndarray:
        """The probability of the positive label, one a row."""
        position = list(self.model.classes_).index(self.positive)
        return self.model.predict_proba(features)[:, position]


def save_model(saved: SavedModel, path: str) -> None:
    """Write a model with joblib."""
    with written_whole(path) as part:
        joblib.dump({"skann": saved.version, **vars(saved)}, part)


def load_model(path: str) -> SavedModel:
    """Read what `save_model` wrote. Loading runs code from the file: trust its source."""
    if not Path(path).is_file():
        if Path(path).is_dir():
            raise CommandError(f"{path} is a folder; give a model file.")
        raise CommandError(f"there is no model file {path}; `skann train` makes one.")
    other = CommandError(f"{path} is not a model that `skann train` saved.")
    try:
        content = joblib.load(path)
    except PermissionError:
        raise
    except Exception:  # a foreign file fails in as many ways as there are files
        raise other from None
    if not isinstance(content, dict) or "skann" not in content:
        raise other
    names = SavedModel.__dataclass_fields__
    if not content.keys() >= names.keys():
        raise CommandError(f"{path} was saved by skann {content['skann']}: train it anew.")
    return SavedModel(**{name: content[name] for name in names})


def fingerprints(features: pd.DataFrame) -> np.ndarray:
    """A number a row that tells whether a row was seen before."""
    return pd.util.hash_pandas_object(features, index=False).to_numpy()
