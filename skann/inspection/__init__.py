"""See what a model does: reports, audits, explanations, plots."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.calibration import CalibrationDisplay

    from skann.inspection._audit._audit import audit
    from skann.inspection._comparison._compare import TableComparison, compare_tables
    from skann.inspection._comparison._summary import summarize_table
    from skann.inspection._explanation import explain
    from skann.inspection._plot._cost_curve import CostCurveDisplay
    from skann.inspection._plot._gains import GainsDisplay
    from skann.inspection._plot._history import HistoryDisplay
    from skann.inspection._report._evaluate import evaluate
    from skann.inspection._report._report import EvaluationReport

# Loaded on first use: one display does not bring what another one needs.
_NAMES = {
    "CalibrationDisplay": "sklearn.calibration",
    "CostCurveDisplay": "skann.inspection._plot._cost_curve",
    "EvaluationReport": "skann.inspection._report._report",
    "GainsDisplay": "skann.inspection._plot._gains",
    "HistoryDisplay": "skann.inspection._plot._history",
    "TableComparison": "skann.inspection._comparison._compare",
    "audit": "skann.inspection._audit._audit",
    "compare_tables": "skann.inspection._comparison._compare",
    "evaluate": "skann.inspection._report._evaluate",
    "explain": "skann.inspection._explanation",
    "summarize_table": "skann.inspection._comparison._summary",
}

__all__ = [
    "CalibrationDisplay",
    "CostCurveDisplay",
    "EvaluationReport",
    "GainsDisplay",
    "HistoryDisplay",
    "TableComparison",
    "audit",
    "compare_tables",
    "evaluate",
    "explain",
    "summarize_table",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'skann.inspection' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES])
