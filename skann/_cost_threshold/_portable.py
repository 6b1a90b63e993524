"""The fitted threshold as numbers, texts and parts of scikit-learn."""

from collections.abc import Mapping
from typing import Any

from skann._cost_threshold._calibration import without_rows
from skann._travel import without_fitted_samplers


def portable_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a classifier without pandas and training rows."""
    portable = {name: value for name, value in state.items() if name != "_skl_callbacks"}
    if "cost_curve_" in state:
        curve = state["cost_curve_"]
        portable["cost_curve_"] = {name: curve[name].to_numpy() for name in curve}
    portable["estimator"] = without_fitted_samplers(state["estimator"])
    if "estimator_" in state:
        prefit = state["estimator_"] is state["estimator"]
        lean = without_fitted_samplers(state["estimator_"])
        portable["estimator_"] = portable["estimator"] if prefit else lean
    if "calibrator_" in state:
        portable["calibrator_"] = without_rows(state["calibrator_"])
    return portable
