"""State of estimators for ``skann.save``, without pandas, Keras and training rows."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sklearn.base import clone

_travelling = ContextVar("travelling", default=False)


@contextmanager
def travelling() -> Iterator[None]:
    """Let ``__getstate__`` of our estimators return what a file of ``skann.save`` can hold."""
    token = _travelling.set(True)
    try:
        yield
    finally:
        _travelling.reset(token)


def is_travelling() -> bool:
    """Tell whether ``skann.save`` asks for the state, rather than pickle or copy."""
    return _travelling.get()


def without_fitted_samplers(estimator: Any) -> Any:
    """Return a pipeline with unfitted samplers; anything else is returned as it is.

    Prediction passes samplers by, and a fitted one may hold training rows.
    """
    steps = getattr(estimator, "steps", None)
    if not steps:
        return estimator
    lean = copy.copy(estimator)
    lean.steps = [
        (name, clone(step) if hasattr(step, "fit_resample") else without_fitted_samplers(step))
        for name, step in steps
    ]
    return lean
