"""Versions that a model was made with, and whether they differ from the current ones."""

import platform
from importlib import metadata

from skann._version import __version__
from skann._warnings import ModelVersionWarning, warn

_PACKAGES = ("scikit-learn", "imbalanced-learn", "numpy", "pandas", "keras", "skops")


def versions() -> dict[str, str]:
    """Return the versions of Python, skann and its dependencies."""
    found = {"python": platform.python_version(), "skann": __version__}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def warn_of_other_versions(written: dict[str, str], name: str) -> None:
    """Warn if a model may predict something else than when it was written.

    scikit-learn guarantees its own parts only between patch releases; NumPy computes alike in all
    versions, and Keras is not needed to predict.
    """
    other = [
        f"{package} {written[package]} (now {here})"
        for package, here in (
            ("scikit-learn", metadata.version("scikit-learn")),
            ("skann", __version__),
        )
        if package in written and _minor(written[package]) != _minor(here)
    ]
    if other:
        warn(
            f"{name} was written with {' and '.join(other)}: compare some predictions with the "
            "previous ones, or train again",
            ModelVersionWarning,
        )


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
