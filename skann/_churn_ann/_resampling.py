"""Samplers, and what resampling and weighting do to class shares."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from imblearn.base import BaseSampler
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from numpy.typing import ArrayLike
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils import compute_class_weight

from skann.costs._matrix import amounts_of, read_amount
from skann.costs._training import mistake_weights


def make_sampler(
    resampler: str | BaseSampler, X: pd.DataFrame | np.ndarray, y: np.ndarray, seed: int
) -> BaseSampler:
    """Return an unfitted imbalanced-learn sampler for the rows at hand.

    Parameters
    ----------
    resampler : {"over", "under", "smote"} or imbalanced-learn sampler
        A user-supplied sampler is cloned, and gets a seed if it has none.
    X : DataFrame or ndarray of shape (n_samples, n_features)
        Clean training rows. In a DataFrame, category columns and columns of two values are never
        interpolated by "smote".
    y : ndarray of shape (n_samples,)
        Labels, 0 or 1.
    seed : int

    Raises
    ------
    ValueError
        If "smote" is given a class of one row.
    """
    if resampler == "over":
        return RandomOverSampler(random_state=seed)
    if resampler == "under":
        return RandomUnderSampler(random_state=seed)
    if resampler == "smote":
        rarest = int(np.bincount(y, minlength=2).min())
        if rarest < 2:
            raise ValueError(
                "resampler='smote' makes rows between neighbours, and one class has "
                f"{rarest} training row(s); use resampler='over' or class_weight='balanced'"
            )
        settings = {"k_neighbors": min(5, rarest - 1), "random_state": seed}
        discrete = _discrete_columns(X)
        if not discrete:
            return SMOTE(**settings)
        if len(discrete) == X.shape[1]:
            return SMOTEN(**settings)
        return SMOTENC(categorical_features=discrete, **settings)
    sampler = clone(resampler)
    if "random_state" in sampler.get_params() and sampler.random_state is None:
        sampler.set_params(random_state=seed)
    return sampler


def _discrete_columns(X: pd.DataFrame | np.ndarray) -> list[int]:
    if not isinstance(X, pd.DataFrame):
        return []
    return [
        index
        for index in range(X.shape[1])
        if isinstance(X.dtypes.iloc[index], pd.CategoricalDtype) or X.iloc[:, index].nunique() <= 2
    ]


def resample(
    sampler: BaseSampler,
    X: pd.DataFrame | np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
) -> tuple[pd.DataFrame | np.ndarray, np.ndarray, np.ndarray | None]:
    """Resample rows and carry their weights along.

    A row that the sampler kept or repeated has its own weight, and a synthetic row the mean weight
    of its class.

    Raises
    ------
    ValueError
        If the sampler cannot work on category columns.
    """
    try:
        # Some samplers encode categories inside, which a global choice of frames would break.
        with config_context(transform_output="default"):
            X_new, y_new = sampler.fit_resample(X, y)
    except (TypeError, ValueError) as error:
        categories = list(X.select_dtypes("category")) if isinstance(X, pd.DataFrame) else []
        if not categories:
            raise
        raise ValueError(
            f"{sampler} failed on rows with category columns {categories}: {error}. "
            "Use resampler='smote' (which keeps categories whole), 'over' or 'under'."
        ) from error
    if sample_weight is None:
        return X_new, y_new, None
    if hasattr(sampler, "sample_indices_"):
        return X_new, y_new, sample_weight[sampler.sample_indices_]
    means = [
        float(sample_weight[y == label].mean()) if (y == label).any() else 0.0 for label in (0, 1)
    ]
    weight_new = np.take(means, y_new)
    # Over-samplers append new rows to the given ones.
    if np.array_equal(y_new[: len(y)], y) and np.array_equal(
        np.asarray(X_new)[: len(y)], np.asarray(X)
    ):
        weight_new[: len(y)] = sample_weight
    return X_new, y_new, weight_new


def class_factors(
    class_weight: str | Mapping[Any, float] | None, classes: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Return the weight factor of each class, shape (2,), for labels ``y`` coded 0 and 1.

    Raises
    ------
    ValueError
        If ``class_weight`` names unknown labels, or leaves one out.
    """
    if class_weight is None:
        return np.ones(2)
    if isinstance(class_weight, dict):
        missing = [label for label in classes if label not in class_weight]
        unknown = [label for label in class_weight if label not in classes]
        if missing or unknown:
            raise ValueError(
                f"class_weight must give a weight for each of the classes {classes.tolist()}, "
                f"got {class_weight}"
            )
        try:
            factors = np.array([float(class_weight[label]) for label in classes])
        except (TypeError, ValueError) as error:
            raise ValueError(f"class_weight must hold numbers, got {class_weight}") from error
        if not (np.isfinite(factors).all() and (factors > 0).all()):
            raise ValueError(f"class_weight must be positive and finite, got {class_weight}")
        return factors
    present = np.unique(y)
    factors = np.ones(2)
    factors[present] = compute_class_weight(class_weight, classes=present, y=y)
    return factors


def class_mass(y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray:
    """Return the share of total weight that each class has, shape (2,)."""
    mass = np.bincount(y, weights=sample_weight, minlength=2).astype(float)
    return mass / mass.sum()


def costs_of_mistakes(
    loss: str,
    costs: Mapping[str, ArrayLike | None],
    target: np.ndarray,
    rows: np.ndarray,
    n_rows: int,
) -> np.ndarray | None:
    """Return the cost of a mistake on each row with ``loss="cost"``, else None.

    Parameters
    ----------
    loss : {"crossentropy", "cost"}
    costs : dict of {cost name: float, array-like of shape (n_rows,) or None}
    target : ndarray of shape (n_samples,)
        Labels of the rows that take part in training.
    rows : ndarray of int, shape (n_samples,)
        Their positions among the ``n_rows`` rows in fit.

    Raises
    ------
    ValueError
        If costs are given that training would ignore, or costs are missing or invalid.
    """
    given = {name: cost for name, cost in costs.items() if cost is not None}
    if loss != "cost":
        if given:
            raise ValueError(
                f"{', '.join(given)} would be ignored: training uses costs only with loss='cost', "
                f"and loss is {loss!r}"
            )
        return None
    amounts = {name: read_amount(name, cost, None, n_rows) for name, cost in given.items()}
    of_rows = {name: amounts_of(amount, rows) for name, amount in amounts.items()}
    return mistake_weights(target == 1, of_rows)
