"""The sentences of a report, the same in text and HTML."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from skann.costs import forecast_cost
from skann.inspection._report._evaluation import Evaluation
from skann.inspection._report._figures import figures_of
from skann.inspection._report._format import money

RANKING = {
    "roc_auc": "AUC",
    "average_precision": "PR-AUC",
    "lift": "lift at 10%",
    "log_loss": "log-loss",
    "brier": "Brier",
    "calibration_error": "calibration",
    "bias": "probability − churn rate",
}
DECISION = {
    "contacted": "contacted",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "accuracy": "accuracy",
    "cost": "cost per customer",
}
RULES = {"half": "at 0.5", "chosen": "by cost", "best": "at best cut", "none": ""}

CALIBRATION = (
    "Calibration is the mean gap between probability and churn rate over ten bins of equally many "
    "customers; 0 is perfect."
)
INTERVALS = (
    "Ranges hold 95% of a thousand Bayesian bootstraps of the test customers: they show how the "
    "figures would vary with other customers, not with another training."
)


def verdict(report: Evaluation) -> str:
    """Return whether to use the model or the best baseline; empty without baselines."""
    best = _best_baseline(report)
    if best is None:
        return ""
    is_blind = best["rule"] == "none"
    name, low, high = _name(best), best["low"], best["high"]
    if high < 0:
        return f"Use {report.model}: it is better than any baseline."
    if low <= 0 and best["value"] < 0:
        return (
            f"{_start(name)} may be as good: test on more customers before you prefer "
            f"{report.model}."
        )
    found = f"{_start(name)} is {'better' if low > 0 else 'as good'}"
    if is_blind:
        return f"{found}: contact {best['model']}, which needs no model, or improve it; see audit."
    return f"{found}: use {name}, which is simpler, or improve this model; see audit."


def comparison(report: Evaluation) -> str:
    """Return what the model and the best baseline cost; empty without baselines."""
    best = _best_baseline(report)
    if best is None:
        return ""
    own, other = report.value("cost", "chosen"), report.value("cost", best["rule"], best["model"])
    cuts = ""
    if best["rule"] != "none":
        cuts = " Each at its own best cut, they cost {} and {}.".format(
            *(money(report.value("cost", "best", model)) for model in (None, best["model"]))
        )
    return (
        f"{report.model} costs {money(own)} per customer, {_signed(best['value'])} than "
        f"{_name(best)} at {money(other)} (95% interval of the difference: from "
        f"{_signed(best['low'])} to {_signed(best['high'])}).{cuts}"
    )


def _best_baseline(report: Evaluation) -> Mapping[Any, Any] | None:
    """Return how much more than the cheapest baseline the model costs."""
    figures = report.figures[report.figures["metric"] == "cost_difference"]
    others = figures[figures["rule"].isin(["chosen", "none"])].to_dict("records")
    return max(others, key=lambda found: found["value"]) if others else None


def _name(baseline: Mapping[Any, Any]) -> str:
    is_blind = baseline["rule"] == "none"
    return f"contacting {baseline['model']}" if is_blind else str(baseline["model"])


def _signed(difference: float) -> str:
    return f"{money(abs(difference))} {'more' if difference >= 0 else 'less'}"


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]


def balance(report: Evaluation) -> str:
    """Return who left, and the accuracy that this makes worthless."""
    n_churned, n_customers = int(report.churned.sum()), len(report.churned)
    share = n_churned / n_customers
    return (
        f"{n_churned:,} of {n_customers:,} customers left ({share:.1%}, label "
        f"{report.positive}). “Nobody leaves” is right for {1 - share:.1%}, so accuracy says "
        "little."
    )


def decision(report: Evaluation) -> str:
    """Return whom to contact, and what that costs beside what needs no model."""
    contacted, n_customers = report.decisions[report.model, "chosen"], len(report.churned)
    start = "Whom to contact depends on what each customer costs: "
    if report.threshold is not None:
        start = f"Contact whoever has a probability above {report.threshold:.4g}: "
        if not np.isfinite(report.threshold):
            often = "always" if report.threshold < 0 else "never"
            start = f"At these costs it {often} pays to contact a customer: "
    n_reached, n_churned = int((contacted & report.churned).sum()), int(report.churned.sum())
    return (
        f"{start}{contacted.sum():,} of these {n_customers:,} ({contacted.mean():.1%}), among them "
        f"{n_reached:,} of the {n_churned:,} who left. That costs "
        f"{saving(report.figures, report.model)}."
    )


def saving(figures: pd.DataFrame, model: str) -> str:
    """Return what a model costs beside what needs no model, or no threshold."""

    def cost(name: str, rule: str) -> float:
        return figure(figures_of(figures, name, rule), "cost")[0]

    chosen = cost(model, "chosen")
    blind = {f"contacting {name}": cost(name, "none") for name in ("nobody", "everybody")}
    cheapest = min(blind, key=lambda name: blind[name])
    others = {cheapest: blind[cheapest], f"the same {model} at 0.5": cost(model, "half")}
    comparisons = [
        f"{_percent_less(chosen, other)} than {name} ({money(other)})"
        for name, other in others.items()
        if not np.isnan(other)
    ]
    return f"{money(chosen)} per customer: {', '.join(comparisons)}"


def _percent_less(amount: float, other: float) -> str:
    if money(amount) == money(other):
        return "no less"
    if other == 0:
        return "more"
    return f"{abs(1 - amount / other):.0%} {'less' if amount < other else 'more'}"


def costs(report: Evaluation) -> str:
    """Return the costs that the report is about."""
    amounts = [
        f"{name.removesuffix('_cost').upper()} {money(float(np.mean(amount)))}"
        + (" (mean)" if np.ndim(amount) else "")
        for name, amount in report.costs._asdict().items()
    ]
    return f"Cost of each outcome: {', '.join(amounts)}."


def forecast(report: Evaluation) -> str:
    """Return what the decisions were to cost by the probabilities, beside what they did cost."""
    contacted = report.decisions[report.model, "chosen"]
    found = forecast_cost(report.probabilities[report.model], contacted, **report.costs._asdict())
    measured = report.value("cost", "chosen")
    place = "within that range."
    if not found.low <= measured <= found.high:
        place = "outside that range: the probabilities are off for these customers."
    cost, low, high = map(money, found)
    return (
        f"From the probabilities alone, these contacts were expected to cost {cost} per customer "
        f"(95% of outcomes between {low} and {high}); they cost {money(measured)}, {place}"
    )


def notes(report: Evaluation) -> list[str]:
    """Return what to bear in mind while reading."""
    found = [CALIBRATION, INTERVALS]
    found.append(
        "A best cut is the one that turned out to be the cheapest on these customers: what a model "
        "could cost, not what it will cost."
    )
    if len(report.probabilities) > 1 and not report.baselines_trained:
        found.append(
            "Baselines were cross-validated on the test rows: pass train=(X_train, y_train) to fit "
            "them on the rows that the model was fitted on."
        )
    if report.left_out:
        columns = ", ".join(f"{column} ({role})" for column, role in report.left_out.items())
        found.append(f"The network leaves out {columns}.")
    if report.pooled_levels:
        pooled = [
            f"{len(levels)} of {column} (such as {levels[0]})"
            for column, levels in report.pooled_levels.items()
        ]
        found.append(f"Levels too rare to learn from count as one: {', '.join(pooled)}.")
    if report.n_models_tested is not None and report.n_models_tested > 1:
        found.append(
            f"These test rows have seen {report.n_models_tested} models: the best of them looks "
            "better here than it is."
        )
    return found


def rows(report: Evaluation, metrics: Mapping[str, str]) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield one row of a table each: model, its name with the rule, figures by metric."""
    figures = report.figures[report.figures["metric"].isin(metrics)]
    for model, rule in figures[["model", "rule"]].drop_duplicates().itertuples(index=False):
        yield model, f"{model} {RULES[rule]}".strip(), figures_of(figures, model, rule)


def figure(found: pd.DataFrame, metric: str) -> tuple[float, float, float]:
    """Return value and bounds of a metric in a frame indexed by metrics; NaN if missing."""
    if metric not in found.index:
        return np.nan, np.nan, np.nan
    value, low, high = found.loc[metric, ["value", "low", "high"]].to_numpy(dtype=np.float64)
    return float(value), float(low), float(high)
