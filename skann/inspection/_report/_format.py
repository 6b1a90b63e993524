"""How figures look in print; needs little, so that the command starts fast."""

from collections.abc import Sequence

import numpy as np


def money(amount: float) -> str:
    """Return an amount with two decimals, or with three digits where it is small."""
    return f"{amount:,.2f}" if amount == 0 or abs(amount) >= 0.1 else f"{amount:.3g}"


def shown(metric: str, value: float) -> str:
    """Return a figure in its unit; a dash where there is none."""
    if np.isnan(value):
        return "–"
    if metric == "contacted":
        return f"{value:.1%}"
    if metric == "cost":
        return money(value)
    if metric == "bias":
        return f"{value:+.3f}"
    return f"{value:.2f}" if metric == "lift" else f"{value:.3f}"


def interval(metric: str, low: float, high: float) -> str:
    """Return the bounds of a figure; nothing where there are none, or where they look the same."""
    bounds = shown(metric, low), shown(metric, high)
    return "" if np.isnan(low) or bounds[0] == bounds[1] else " to ".join(bounds)


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return lines of columns, the first one aligned left and the others right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = []
    for first, *others in (header, *rows):
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)
