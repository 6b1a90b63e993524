"""Imports of skops that load as little of scikit-learn as possible."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType

_ADAPTERS = [f"sklearn.externals.array_api_compat.{name}" for name in ("torch", "dask", "cupy")]
_TRUSTED_TYPES = "skops.io._trusted_types"


@cache
def whole_skops() -> ModuleType:
    """Import skops, without the libraries that scikit-learn has adapters for.

    When it is imported, skops looks at all modules of scikit-learn, including those adapters, which
    would load PyTorch and take hundreds of megabytes.
    """
    with _in_place_of(dict.fromkeys(_ADAPTERS)):
        return importlib.import_module("skops.io")


@cache
def lean_skops() -> ModuleType:
    """Import a copy of skops, for skann alone, that trusts nothing.

    To list what can be trusted, skops loads all of scikit-learn, which takes longer than loading a
    model and predicting.
    """
    others = {name: module for name, module in sys.modules.items() if _is_skops(name)}
    for name in others:
        del sys.modules[name]
    nothing = ModuleType(_TRUSTED_TYPES)
    nothing.__getattr__ = lambda name: []  # type: ignore[method-assign]
    try:
        with _in_place_of({_TRUSTED_TYPES: nothing}):
            return importlib.import_module("skops.io")
    finally:
        for name in [name for name in sys.modules if _is_skops(name)]:
            del sys.modules[name]
        sys.modules.update(others)


def _is_skops(name: str) -> bool:
    return name.partition(".")[0] == "skops"


@contextmanager
def _in_place_of(modules: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """Replace modules that are not loaded yet; None makes one seem not installed."""
    stand_ins = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(stand_ins)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in stand_ins:
            sys.modules.pop(name, None)
