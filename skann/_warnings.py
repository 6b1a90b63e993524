"""Warning classes of the package, so that users can silence one and keep the others."""

import functools
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class SkannWarning(UserWarning):
    """Base class of every warning that skann gives."""


class DroppedColumnWarning(SkannWarning):
    """A column was left out because it looks like an identifier."""


class ValidationWarning(SkannWarning):
    """No validation rows could be set aside, so training cannot be watched on unseen rows."""


class WorkflowWarning(SkannWarning):
    """A step that often misleads: a test set looked at again, accuracy on rare classes."""


_Told = dict[tuple[str, type[SkannWarning]], None]
_LIBRARIES = {"skann", "sklearn", "imblearn", "joblib", "contextlib"}
_thread = threading.local()


def tell(message: str, category: type[SkannWarning] = SkannWarning) -> None:
    """Warn at the line of the user's code, or leave that to `each_once`."""
    told = getattr(_thread, "told", None)
    if told is not None:
        told[message, category] = None
        return
    frame, level = sys._getframe(), 1
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in _LIBRARIES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


@contextmanager
def each_once() -> Iterator[None]:
    """Give each warning that is told inside once, at the end, however many networks tell it.

    `warnings.catch_warnings` would do as much for one thread, and lose warnings in others.
    """
    told: _Told = {}
    with _gathered_in(told):
        yield
    for message, category in told:
        tell(message, category)


def tells_here(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that other threads call tell its warnings to this one."""
    told = getattr(_thread, "told", None)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _gathered_in(told):
            return function(*args, **kwargs)

    return call


@contextmanager
def _gathered_in(told: _Told | None) -> Iterator[None]:
    outer = getattr(_thread, "told", None)
    _thread.told = told
    try:
        yield
    finally:
        _thread.told = outer
