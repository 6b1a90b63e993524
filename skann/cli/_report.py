"""What the command says: figures of a model, as aligned lines of text."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skann._typing import Label
from skann.cli._errors import listed
from skann.costs import CostForecast
from skann.inspection._report._format import aligned, money, shown

if TYPE_CHECKING:
    from skann import CostThresholdClassifier

_MODELS = ("nobody leaves", "logistic regression", "network")
_RANKING = {"roc_auc": "AUC", "average_precision": "PR-AUC", "brier": "Brier"}
_WAYS = {
    ("nobody", "none"): "nobody",
    ("everybody", "none"): "everybody",
    ("logistic regression", "chosen"): "logistic regression at threshold",
    ("network", "half"): "network at 0.5",
    ("network", "chosen"): "network at threshold",
}
_DECISIONS = {
    "contacted": "contacted",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "accuracy": "accuracy",
    "cost": "cost",
}
_OBVIOUS = ("1", "yes", "y", "true")
_WIDTH = 88
_HEADING = 11


def say(heading: str, text: str) -> None:
    """Print a paragraph beside its heading."""
    lines = textwrap.wrap(text, _WIDTH - _HEADING, break_on_hyphens=False)
    for number, line in enumerate(lines):
        print(f"{'' if number else heading:<{_HEADING}}{line}", flush=True)


def some(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    return listed(names, n_shown=8)


def describe_classes(
    n_churned: int, n_rows: int, target: str, positive: str, *, guessed: bool = False
) -> None:
    """Print the class balance, and what it makes of accuracy."""
    share = n_churned / n_rows
    say("Target", f"{target} = {positive}: {n_churned:,} of {n_rows:,} ({share:.1%})")
    if guessed and share > 0.5:
        say("", f"Most are {positive}. If those who leave are the others, say so: --positive LABEL")
    elif guessed and str(positive).casefold() not in _OBVIOUS:
        say("", f"{positive} is taken for leaving, as it is sorted last; else say --positive LABEL")
    say("", f'"Nobody leaves" is right for {1 - share:.1%}: that is the accuracy to beat')


def describe_roles(roles: Mapping[Label, str]) -> None:
    """Print what the columns were taken for, and which were left out and why."""
    reasons = {
        "id": "looks like an identifier; --role COLUMN=numeric or =category keeps it",
        "text": "looks like free text; --role COLUMN=category keeps it",
        "constant": "same value in every row",
        "missing": "no value at all",
        "drop": "--role",
    }
    names: dict[str, list[str]] = {}
    for name, role in roles.items():
        # The cells of CSV files are all text: that a number is one is no news.
        role = "numeric" if role == "numeric text" else role
        names.setdefault(role, []).append(str(name))
    kinds = {
        "category": ("category", "categories"),
        "numeric": ("number", "numbers"),
        "datetime": ("date", "dates"),
    }
    used = []
    for role, (one, plural) in kinds.items():
        if role in names:
            examples = f" ({some(names[role])})" if role == "datetime" else ""
            used.append(f"{len(names[role])} {plural if len(names[role]) > 1 else one}{examples}")
    say("Columns", ", ".join(used))
    for role, reason in reasons.items():
        if role in names:
            say("", f"left out {some(names[role])}: {reason}")


def print_figures(figures: pd.DataFrame) -> None:
    """Print how each model ranks, and what each way of choosing whom to contact finds and costs."""
    _print_table("ranking", _RANKING, {(model, "none"): model for model in _MODELS}, figures)
    print()
    _print_table("contacting", _DECISIONS, _WAYS, figures)


def _print_table(
    title: str,
    metrics: Mapping[str, str],
    names: Mapping[tuple[str, str], str],
    figures: pd.DataFrame,
) -> None:
    from skann.inspection._report._figures import figures_of  # not for --help

    rows = []
    for (model, rule), name in names.items():
        found = figures_of(figures, model, rule)["value"]
        if len(found):
            rows.append([name, *(_shown(metric, found[metric]) for metric in metrics)])
    print(aligned([title, *metrics.values()], rows), flush=True)


def _shown(metric: str, value: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.4f}" if metric in _RANKING else shown(metric, value)


def chosen_cost(figures: pd.DataFrame) -> float:
    """Return what the network's own decisions cost per customer."""
    from skann.inspection._report._figures import figures_of

    return float(figures_of(figures, "network", "chosen")["value"]["cost"])


def print_forecasts(
    decisions: Mapping[tuple[str, str], np.ndarray],
    forecasts: Mapping[tuple[str, str], CostForecast],
) -> None:
    """Print whom each way of choosing contacts, and what that will cost."""
    rows = [
        [
            name,
            f"{decisions[way].sum():,}",
            f"{decisions[way].mean():.1%}",
            money(forecasts[way].cost),
        ]
        for way, name in _WAYS.items()
        if way in decisions
    ]
    print(aligned(["contacting", "customers", "contacted", "cost, forecast"], rows), flush=True)


def forecast_text(forecast: CostForecast, measured: float | None = None) -> str:
    """Return what decisions will cost by the probabilities alone, and whether they did."""
    cost, low, high = map(money, forecast)
    text = f"{cost} per customer by the probabilities alone (95% of outcomes from {low} to {high})"
    if measured is None:
        return (
            f"{text}, if these are calibrated, for which `skann monitor` looks. Labels would make "
            "it a measurement"
        )
    if forecast.low <= measured <= forecast.high:
        return f"{text}; it was {money(measured)}, within that"
    return f"{text}; it was {money(measured)}: the probabilities are off on these customers"


def threshold_text(model: "CostThresholdClassifier") -> str:
    """Return from where on to contact, and where the best cut lay on validation rows."""
    if model.threshold_ >= 1:
        return "contact nobody: at these costs it never pays"
    if model.threshold_ < 0:
        return "contact everybody: at these costs it always pays"
    low, high = (min(max(bound, 0.0), 1.0) for bound in model.threshold_spread_)
    return (
        f"contact above a probability of {model.threshold_:.4f}, which is {model.fp_cost:g} / "
        f"({model.fn_cost:g} + {model.fp_cost:g}). On resampled validation rows 90% of the best "
        f"cuts lie from {low:.3f} to {high:.3f}"
    )
