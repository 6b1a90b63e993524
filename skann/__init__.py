"""Churn prediction with neural networks, and decisions by what mistakes cost."""

import importlib
from typing import TYPE_CHECKING, Any

from skann._version import __version__ as __version__
from skann._warnings import (
    DroppedColumnWarning,
    EstimateWarning,
    ModelVersionWarning,
    ReadingWarning,
    SkannWarning,
    UnseenLevelsWarning,
    ValidationWarning,
    WorkflowWarning,
)

if TYPE_CHECKING:
    from skann._churn_ann._classifier import ChurnANNClassifier
    from skann._cost_threshold._classifier import CostThresholdClassifier
    from skann._model_file._model import load, save

# Loaded on first use: `import skann` takes milliseconds and imports no TensorFlow.
_NAMES = {
    "ChurnANNClassifier": "skann._churn_ann._classifier",
    "CostThresholdClassifier": "skann._cost_threshold._classifier",
    "load": "skann._model_file._model",
    "save": "skann._model_file._model",
}
_PACKAGES = ("costs", "datasets", "inspection", "metrics", "model_selection", "preprocessing")

__all__ = [
    "ChurnANNClassifier",
    "CostThresholdClassifier",
    "DroppedColumnWarning",
    "EstimateWarning",
    "ModelVersionWarning",
    "ReadingWarning",
    "SkannWarning",
    "UnseenLevelsWarning",
    "ValidationWarning",
    "WorkflowWarning",
    "load",
    "save",
    *_PACKAGES,
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _PACKAGES:
        return importlib.import_module(f"skann.{name}")
    raise AttributeError(f"module 'skann' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES, *_PACKAGES])
