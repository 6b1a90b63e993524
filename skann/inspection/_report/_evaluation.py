"""What an evaluation found, as data."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skann._typing import Label
from skann.costs._matrix import Costs
from skann.inspection._audit._findings import Findings
from skann.inspection._report._figures import figures_of


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an evaluation found; ``EvaluationReport`` explains the attributes."""

    model: str
    positive: Label
    churned: np.ndarray
    probabilities: dict[str, np.ndarray]
    decisions: dict[tuple[str, str], np.ndarray]
    costs: Costs
    threshold: float | None
    figures: pd.DataFrame
    importance: pd.DataFrame
    reasons: pd.DataFrame
    history: pd.DataFrame | None
    best_epoch: int | list[int] | None
    left_out: dict[Label, str]
    pooled_levels: dict[str, list[str]]
    n_models_tested: int | None
    baselines_trained: bool
    findings: Findings | None = None

    def value(self, metric: str, rule: str = "none", model: str | None = None) -> float:
        """Return one figure.

        Parameters
        ----------
        metric : str
            As in the column "metric" of ``to_frame``.
        rule : {"half", "chosen", "best", "none"}, default="none"
        model : str, default=None
            A baseline's name; the model itself by default.

        Raises
        ------
        KeyError
            If there is no such figure.
        """
        name = self.model if model is None else model
        found = figures_of(self.figures, name, rule)
        if metric not in found.index:
            raise KeyError(f"no figure {(name, rule, metric)}; see to_frame()")
        return float(found["value"][metric])
