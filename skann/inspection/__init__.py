"""See what a model does: reports, audits, explanations, plots."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.calibration import CalibrationDisplay

    from skann.inspection._audit import audit
    from skann.inspection._comparison import TableComparison, compare_tables
    from skann.inspection._cost_displays import CostCurveDisplay, GainsDisplay
    from skann.inspection._evaluation import evaluate
    from skann.inspection._explanation import explain
    from skann.inspection._history_display import HistoryDisplay
    from skann.inspection._report import EvaluationReport
    from skann.inspection._table_summary import summarize_table

# Loaded on first use: one display does not bring what another one needs.
_NAMES = {
    "CalibrationDisplay": "sklearn.calibration",
    "CostCurveDisplay": "skann.inspection._cost_displays",
    "EvaluationReport": "skann.inspection._report",
    "GainsDisplay": "skann.inspection._cost_displays",
    "HistoryDisplay": "skann.inspection._history_display",
    "TableComparison": "skann.inspection._comparison",
    "audit": "skann.inspection._audit",
    "compare_tables": "skann.inspection._comparison",
    "evaluate": "skann.inspection._evaluation",
    "explain": "skann.inspection._explanation",
    "summarize_table": "skann.inspection._table_summary",
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
