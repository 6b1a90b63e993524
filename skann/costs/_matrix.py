"""What the four outcomes cost: numbers, arrays with one value per customer, or columns of X."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skann._typing import Amount, Table

COST_NAMES = ("fn_cost", "fp_cost", "tp_cost", "tn_cost")
DEFAULT_COSTS = {"fn_cost": 1.0, "fp_cost": 1.0, "tp_cost": 0.0, "tn_cost": 0.0}


class Costs(NamedTuple):
    """The four costs, each a float or an array of shape (n_customers,)."""

    fn_cost: Amount
    fp_cost: Amount
    tp_cost: Amount
    tn_cost: Amount

    @property
    def missed(self) -> Amount:
        """How much more it costs to leave a churner than to contact that churner."""
        return self.fn_cost - self.tp_cost

    @property
    def wasted(self) -> Amount:
        """How much more it costs to contact a loyal customer than to leave that customer alone."""
        return self.fp_cost - self.tn_cost

    @property
    def constant(self) -> bool:
        """Whether the costs are the same for all customers."""
        return all(np.ndim(cost) == 0 for cost in self)

    def rows(self, rows: np.ndarray) -> "Costs":
        """Return the costs of some customers."""
        return Costs(*(amounts_of(cost, rows) for cost in self))

    def of_decisions(self, positive: np.ndarray, contacted: np.ndarray) -> np.ndarray:
        """Return what each customer's outcome cost, shape (n_customers,)."""
        return np.where(
            positive,
            np.where(contacted, self.tp_cost, self.fn_cost),
            np.where(contacted, self.fp_cost, self.tn_cost),
        )


def amounts_of(amount: Amount, rows: np.ndarray) -> Amount:
    """Return the amounts of some customers, or the one of all."""
    return amount[rows] if isinstance(amount, np.ndarray) else amount


def read_costs(
    given: Sequence[ArrayLike], X: Table | None, n_customers: int, where: str = ""
) -> Costs:
    """Read the four costs, in the order of ``COST_NAMES``; see ``read_amount``.

    Errors name them after ``where``.
    """
    return Costs(
        *(
            read_amount(where + name, cost, X, n_customers)
            for name, cost in zip(COST_NAMES, given, strict=True)
        )
    )


def read_amount(name: str, value: ArrayLike, X: Table | None, n_customers: int) -> Amount:
    """Read a number, an array or a column of X.

    Parameters
    ----------
    name : str
        Name of the amount, for errors.
    value : float, array-like of shape (n_customers,), or str
    X : DataFrame or anything
        Where a column is looked up.
    n_customers : int
        Required length of an array.

    Returns
    -------
    float or ndarray of shape (n_customers,)

    Raises
    ------
    ValueError
        If a column is missing, an array has the wrong length, or an amount is not finite.
    """
    where = name
    if isinstance(value, str):
        where = f"{name} (column {value!r})"
        value = _column(name, value, X)
    try:
        amount = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where} must hold numbers: {error}") from None
    if amount.ndim > 1 or (amount.ndim == 1 and len(amount) != n_customers):
        raise ValueError(
            f"{where} has shape {amount.shape}; give one number, or one per customer: "
            f"shape ({n_customers},)"
        )
    if not np.all(np.isfinite(amount)):
        raise ValueError(f"{where} holds NaN or infinity; fill or correct these first")
    return amount if amount.ndim else float(amount)


def _column(name: str, column: str, X: Any) -> ArrayLike:
    names = getattr(X, "columns", None)
    if names is None:
        raise ValueError(
            f"{name}={column!r} names a column, but X is not a DataFrame (got {type(X).__name__}); "
            f"give X as a DataFrame, or {name} as a number or an array"
        )
    if column not in names:
        raise ValueError(f"{name}={column!r} names a column that X lacks; it has {list(names)}")
    return X[column]


def without_columns(X: Any, columns: list[str]) -> Any:
    """Return X, a pandas or polars DataFrame, without some of its columns."""
    if not columns:
        return X
    return X.drop(columns=columns) if hasattr(X, "iloc") else X.drop(columns)
