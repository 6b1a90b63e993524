"""What the command says: figures of a model, as aligned lines of text."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skann.costs import CostForecast

CHOSEN = "network at threshold"  # the decisions that a report is about

_OBVIOUS = ("1", "yes", "y", "true")
_WIDTH = 88
_HEADING = 11


def say(heading: str, text: str) -> None:
    """Print a paragraph beside its heading."""
    lines = textwrap.wrap(text, _WIDTH - _HEADING, break_on_hyphens=False)
    for number, line in enumerate(lines):
        print(f"{'' if number else heading:<{_HEADING}}{line}", flush=True)


def some(names: Sequence[str], most: int = 8) -> str:
    """The first of some names, and how many there are more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def print_columns(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print aligned columns, the first one to the left."""
    lines = [[str(cell) for cell in line] for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print("  " + "  ".join(cells).rstrip(), flush=True)


def describe_classes(
    n_churned: int, n_rows: int, target: str, positive: Any, *, guessed: bool = False
) -> None:
    """Print the class balance, and what it makes of accuracy."""
    share = n_churned / n_rows
    say("Target", f"{target} = {positive}: {n_churned:,} of {n_rows:,} ({share:.1%})")
    if guessed and share > 0.5:
        say("", f"Most are {positive}. If those who leave are the others, say so: --positive LABEL")
    elif guessed and str(positive).casefold() not in _OBVIOUS:
        say("", f"{positive} is taken for leaving, as it is sorted last; else say --positive LABEL")
    say("", f'"Nobody leaves" is right for {1 - share:.1%}: that is the accuracy to beat')


def describe_roles(roles: Mapping[Any, str]) -> None:
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


def print_ranking(churned: np.ndarray, probabilities: Mapping[str, np.ndarray]) -> None:
    """Print how well each model ranks and how true its probabilities are."""
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    rows = []
    for name, probability in probabilities.items():
        both = 0 < churned.sum() < len(churned)
        auc = roc_auc_score(churned, probability) if both else np.nan
        precision = average_precision_score(churned, probability) if both else np.nan
        brier = brier_score_loss(churned, probability)
        rows.append([name, *map(_figure, (auc, precision, brier))])
    print_columns(["ranking", "AUC", "PR-AUC", "Brier"], rows)


def print_decisions(
    churned: np.ndarray, contacted: Mapping[str, np.ndarray], fn_cost: float, fp_cost: float
) -> dict[str, float]:
    """Print what each way of choosing whom to contact finds and costs.

    Returns
    -------
    dict of name to cost per customer
    """
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    rows, costs = [], {}
    for name, contact in contacted.items():
        lost, in_vain = churned & ~contact, contact & ~churned
        costs[name] = float((lost.sum() * fn_cost + in_vain.sum() * fp_cost) / len(churned))
        precision = precision_score(churned, contact) if contact.any() else np.nan
        recall = recall_score(churned, contact, zero_division=np.nan)
        f1 = f1_score(churned, contact, zero_division=np.nan)
        figures = [_figure(x, 3) for x in (precision, recall, f1, accuracy_score(churned, contact))]
        rows.append([name, f"{contact.mean():.1%}", *figures, money(costs[name])])
    header = ["contacting", "contacted", "precision", "recall", "F1", "accuracy", "cost"]
    print_columns(header, rows)
    return costs


def print_forecasts(
    contacted: Mapping[str, np.ndarray], forecasts: Mapping[str, CostForecast]
) -> None:
    """Print whom each way of choosing contacts, and what that will cost."""
    rows = [
        [name, f"{contact.sum():,}", f"{contact.mean():.1%}", money(forecasts[name].cost)]
        for name, contact in contacted.items()
    ]
    print_columns(["contacting", "customers", "contacted", "cost, forecast"], rows)


def forecast_text(forecast: CostForecast, measured: float | None = None) -> str:
    """What decisions will cost by the probabilities alone, and whether they did."""
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


def money(amount: float) -> str:
    """An amount with two decimals, or with three digits where it is small."""
    return f"{amount:,.2f}" if amount == 0 or abs(amount) >= 0.1 else f"{amount:.3g}"


def threshold_text(model: Any) -> str:
    """Which probabilities lead to a contact, and where the best cut lay on validation rows."""
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


def saving_text(costs: Mapping[str, float]) -> str:
    """The cost of the chosen decisions beside what it takes no model, or no threshold, to reach."""
    chosen = costs[CHOSEN]
    blind = min("nobody", "everybody", key=lambda name: costs[name])
    comparisons = [
        f"{_percent_less(chosen, costs[name])} than {description} ({money(costs[name])})"
        for name, description in (
            (blind, f"contacting {blind}"),
            ("network at 0.5", "the same network at 0.5"),
        )
    ]
    return f"{money(chosen)} per customer: {', '.join(comparisons)}"


def _percent_less(amount: float, other: float) -> str:
    if money(amount) == money(other):
        return "no less"
    if other == 0:
        return "more"
    return f"{abs(1 - amount / other):.0%} {'less' if amount < other else 'more'}"


def _figure(value: float, decimals: int = 4) -> str:
    return "-" if np.isnan(value) else f"{value:.{decimals}f}"
