"""Churn prediction with neural networks, and decisions by what mistakes cost."""

import importlib
from typing import TYPE_CHECKING, Any

from skann._warnings import (
    DroppedColumnWarning,
    EstimateWarning,
    ReadingWarning,
    SkannWarning,
    UnseenLevelsWarning,
    ValidationWarning,
    WorkflowWarning,
)

if TYPE_CHECKING:
    from skann._churn_ann._classifier import ChurnANNClassifier
    from skann._cost_threshold._classifier import CostThresholdClassifier

__version__ = "0.1.0"

# Loaded on first use: `import skann` takes milliseconds and imports no TensorFlow.
_CLASSES = {
    "ChurnANNClassifier": "skann._churn_ann._classifier",
    "CostThresholdClassifier": "skann._cost_threshold._classifier",
}
_PACKAGES = ("costs", "datasets", "inspection", "metrics", "model_selection", "preprocessing")

__all__ = [
    "ChurnANNClassifier",
    "CostThresholdClassifier",
    "DroppedColumnWarning",
    "EstimateWarning",
    "ReadingWarning",
    "SkannWarning",
    "UnseenLevelsWarning",
    "ValidationWarning",
    "WorkflowWarning",
    *_PACKAGES,
]


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        return getattr(importlib.import_module(_CLASSES[name]), name)
    if name in _PACKAGES:
        return importlib.import_module(f"skann.{name}")
    raise AttributeError(f"module 'skann' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_CLASSES, *_PACKAGES])
