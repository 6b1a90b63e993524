"""The model that ``skann train`` saves, and what new tables must hold for it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skann._model_file._container import is_model_file
from skann._model_file._model import read_model, write_model
from skann.cli._errors import CommandError, did_you_mean, listed

if TYPE_CHECKING:
    from skann import CostThresholdClassifier
    from skann.inspection._comparison._summary import Summary
from skann.costs._matrix import DEFAULT_COSTS, Costs


@dataclass(frozen=True)
class SavedModel:
    """A trained model, and what is needed to read new files for it."""

    model: "CostThresholdClassifier"
    target: str
    labels: tuple[str, str]
    positive: str
    columns: list[str]
    column_roles: dict[str, str]
    trained_rows: np.ndarray  # fingerprints
    reference: "Summary"  # of customers unseen in training, for later comparisons
    group: str | None = None  # column that tells customers apart, where training was told

    @property
    def costs(self) -> dict[str, float]:
        """Return what mistakes cost."""
        return {"fn_cost": float(self.model.fn_cost), "fp_cost": float(self.model.fp_cost)}

    def features(self, frame: pd.DataFrame, path: str) -> pd.DataFrame:
        """Return the model's columns of a table; those that it leaves out may be absent."""
        from skann.preprocessing._roles import USED  # loaded with the model, and not for --help

        missing = [column for column in self.columns if column not in frame.columns]
        needed = [column for column in missing if self.column_roles.get(column) in USED]
        if needed:
            raise CommandError(
                f"{path} lacks {listed(needed)}, which the model was trained with"
                + did_you_mean(needed[0], frame.columns)
            )
        return frame.reindex(columns=self.columns)

    def probability(self, features: pd.DataFrame) -> np.ndarray:
        """Return the probability of the positive label, one per row."""
        position = list(self.model.classes_).index(self.positive)
        return self.model.predict_proba(features)[:, position]

    def decide(self, probabilities: Mapping[str, np.ndarray]) -> dict[tuple[str, str], np.ndarray]:
        """Return whom the network and baselines contact, and whom one would without a model."""
        from skann.inspection._report._figures import decide, decide_blindly

        probability = probabilities["network"]
        decisions = decide(probabilities, self._costs()) | decide_blindly(len(probability))
        decisions["network", "chosen"] = self.model._decide(probability).contacted()
        return decisions

    def measure(
        self,
        churned: np.ndarray,
        probabilities: Mapping[str, np.ndarray],
        decisions: Mapping[tuple[str, str], np.ndarray],
    ) -> pd.DataFrame:
        """Return figures of the network and of baselines where the outcome is known."""
        from skann.inspection._report._figures import measure

        return measure(churned, probabilities, decisions, self._costs())

    def _costs(self) -> Costs:
        return Costs(**{**DEFAULT_COSTS, **self.costs})


def save_model(saved: SavedModel, path: str) -> None:
    """Write a model as ``skann.save`` does."""
    about = dict(vars(saved))
    write_model(path, about.pop("model"), about)


def load_model(path: str, *, trust: bool = False) -> SavedModel:
    """Read what ``save_model`` wrote.

    Parameters
    ----------
    path : str
    trust : bool, default=False
        Whether a file that ``skann.save`` did not write may be loaded as a pickle, as earlier
        versions wrote them. That runs whatever is in it.
    """
    if Path(path).is_dir():
        raise CommandError(f"{path} is a folder; give a model file")
    if not Path(path).exists():
        raise CommandError(f"there is no model file {path}; `skann train` makes one")
    if is_model_file(path):
        model, about = read_model(path)
    elif trust:
        model, about = _read_pickle(path)
    else:
        raise CommandError(
            f"{path} is not a model that `skann train` saved, or it is damaged. If it is a pickle, "
            "as earlier versions and joblib write them, it is a program, and to read it is to run "
            "it. Say --trust if you know where it is from."
        )
    names = {field.name for field in fields(SavedModel)} - {"model"}
    if not about.keys() >= names - {"group"}:
        raise CommandError(
            f"{path} holds a model, but not what `skann train` notes of its table: train it there"
        )
    return SavedModel(model, **{name: about[name] for name in names & about.keys()})


def fingerprints(features: pd.DataFrame) -> np.ndarray:
    """Return one number per row that tells whether it was seen before."""
    return pd.util.hash_pandas_object(features, index=False).to_numpy()


def _read_pickle(path: str) -> tuple[Any, dict[str, Any]]:
    import joblib

    other = CommandError(f"{path} is not a model that `skann train` saved")
    try:
        content = joblib.load(path)
    except PermissionError:
        raise
    except Exception:  # a foreign file fails in as many ways as there are files
        raise other from None
    if not isinstance(content, dict) or "model" not in content:
        raise other
    return content.pop("model"), content
