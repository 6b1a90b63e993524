"""Who is contacted by each model and rule, and the figures of that."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from skann.costs._decision import contact_gain
from skann.costs._matrix import Costs
from skann.costs._rule import Rule
from skann.costs._tuning import Tuning, tune
from skann.inspection._bootstrap import (
    Figures,
    calibration_error,
    decision_figures,
    difference_figure,
    ranking_figures,
    with_intervals,
)

Decisions = Mapping[tuple[str, str], np.ndarray]  # who is contacted, by model and rule


def decide(
    probabilities: Mapping[str, np.ndarray], costs: Costs, churned: np.ndarray | None = None
) -> dict[tuple[str, str], np.ndarray]:
    """Return who is contacted by each model: at 0.5, and by expected gain.

    Where it is known who churned, also by the cut that turned out to be the cheapest.
    """
    decisions = {}
    for model, probability in probabilities.items():
        decisions[model, "half"] = probability > 0.5
        decisions[model, "chosen"] = contact_gain(probability, costs) > 0
        if churned is not None:
            tuned = tune_on(churned, probability, costs)
            best = Rule(tuned.threshold, tuned.cut, costs if costs.constant else None)
            decisions[model, "best"] = best.chosen(probability, costs)
    return decisions


def tune_on(churned: np.ndarray, probability: np.ndarray, costs: Costs) -> Tuning:
    """Return what the cuts cost, and which one turned out to be the cheapest."""
    everyone = np.ones(len(churned))
    return tune(probability, churned, costs, everyone, "empirical", np.random.RandomState(0))


def decide_blindly(n_customers: int) -> dict[tuple[str, str], np.ndarray]:
    """Return who is contacted without a model: nobody, or everybody."""
    return {
        ("nobody", "none"): np.zeros(n_customers, dtype=bool),
        ("everybody", "none"): np.ones(n_customers, dtype=bool),
    }


def measure(
    churned: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    decisions: Decisions,
    costs: Costs,
    seed: int | None = None,
) -> pd.DataFrame:
    """Return one row per figure, with its interval by the same resamples where there is a seed.

    The first model is the one to judge; the others are baselines.
    """
    rows: list[tuple[str | float, ...]] = []

    def add(model: str, rule: str, figures: Callable[[np.ndarray], Figures]) -> None:
        generator = None if seed is None else np.random.default_rng(seed)
        found = with_intervals(figures, len(churned), generator)
        rows.extend((model, rule, metric, *bounds) for metric, bounds in found.items())

    for model, probability in probabilities.items():
        add(model, "none", ranking_figures(churned, probability))
        error = calibration_error(churned, probability)
        rows.append((model, "none", "calibration_error", error, np.nan, np.nan))
    if ("nobody", "none") in decisions:  # the best probability without a model
        add("nobody", "none", ranking_figures(churned, np.full(len(churned), churned.mean())))
    for (model, rule), contacted in decisions.items():
        outcome_costs = costs.of_decisions(churned, contacted)
        add(model, rule, decision_figures(churned, contacted, outcome_costs))
    model = next(iter(probabilities))
    for (other, rule), contacted in decisions.items():
        if other != model:
            own = decisions[model, "chosen" if rule == "none" else rule]
            further = costs.of_decisions(churned, own) - costs.of_decisions(churned, contacted)
            add(other, rule, difference_figure(further))
    return pd.DataFrame(rows, columns=["model", "rule", "metric", "value", "low", "high"])


def figures_of(figures: pd.DataFrame, model: str, rule: str) -> pd.DataFrame:
    """Return the figures of one model and rule, by metric."""
    here = (figures["model"] == model) & (figures["rule"] == rule)
    return figures[here].set_index("metric")
