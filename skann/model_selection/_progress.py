"""How far a search in stages is."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.model_selection import ParameterGrid

from skann._progress_bar import tqdm


class SearchProgress:
    """Progress bar over the fits of all stages; none with ``verbose=0``.

    With a bar, candidates come in batches small enough to show how it goes, and large enough to
    keep all jobs busy.
    """

    def __init__(
        self, stages: Mapping[str, Any], n_splits: int, verbose: int, n_jobs: int | None
    ) -> None:
        self._to_come = {name: len(ParameterGrid(grid)) for name, grid in stages.items()}
        self._n_splits = n_splits
        self._batch_size = effective_n_jobs(n_jobs) if verbose else None
        self._bar = tqdm(
            total=sum(self._to_come.values()) * n_splits, unit="fit", disable=not verbose
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def start(self, stage: str, new: list[dict[str, Any]]) -> None:
        """Name the stage; candidates that were tried before leave the bar's total."""
        self._bar.total -= (self._to_come[stage] - len(new)) * self._n_splits
        self._bar.set_description(stage)

    def batches(self, new: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        """Yield the candidates of a stage."""
        size = self._batch_size or max(1, len(new))
        for start in range(0, len(new), size):
            yield new[start : start + size]

    def fitted(self, n_fits: int) -> None:
        """Move the bar."""
        self._bar.update(n_fits)

    def scored(self, best_score: float) -> None:
        """Show the best score so far."""
        if np.isfinite(best_score):
            self._bar.set_postfix_str(f"best {best_score:.4f}")
