"""What public functions take for ``X``, ``y`` and ``sample_weight``, and what else comes often."""

from collections.abc import Hashable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np


class DataFrame(Protocol):
    """A DataFrame of pandas or polars; known by its form, as neither needs to be installed."""

    @property
    def columns(self) -> Any:
        """Names of the columns."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""


class Column(Protocol):
    """A column of pandas, polars or Arrow."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def to_numpy(self) -> np.ndarray:
        """Return the values."""


Table: TypeAlias = DataFrame | np.ndarray | Sequence[Sequence[Any]]
Labels: TypeAlias = Column | np.ndarray | Sequence[Any]
Weights: TypeAlias = Column | np.ndarray | Sequence[float]
Label: TypeAlias = Hashable
Amount: TypeAlias = float | np.ndarray  # one for all customers, or one for each
