"""A report as plain text."""

import textwrap

from skann.inspection._explanation import reason_texts
from skann.inspection._report import _words as words
from skann.inspection._report._evaluation import Evaluation
from skann.inspection._report._format import aligned, interval, shown

_WIDTH = 100
_MAX_COLUMNS = 8
_RANKING = {metric: title for metric, title in words.RANKING.items() if metric != "bias"}
_DECISION = words.DECISION | {"cost": "cost"}  # the lines are long enough


def text(report: Evaluation) -> str:
    """Return the report as plain text."""
    parts = [
        f"Evaluation of {report.model}",
        *([_wrap(verdict, words.comparison(report))] if (verdict := words.verdict(report)) else []),
        _wrap(words.decision(report), words.balance(report), words.costs(report)),
        "Ranking and probabilities\n" + _table(report, _RANKING),
        "Decisions, and what they cost per customer\n" + _table(report, _DECISION),
        _wrap(words.forecast(report)),
        "Columns that the ranking rests on (AUC lost when shuffled)\n" + _importance(report),
        "Likeliest churners, and why\n" + _reasons(report),
        *([f"Audit of the training\n{report.findings}"] if report.findings is not None else []),
        _wrap(*words.notes(report)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(report: Evaluation, metrics: dict[str, str]) -> str:
    """Return two lines per model: its figures, and their intervals."""
    rows = []
    for _, name, found in words.rows(report, metrics):
        cells, bounds = [name], [""]
        for metric in metrics:
            value, low, high = words.figure(found, metric)
            cells.append(shown(metric, value))
            bounds.append(interval(metric, low, high).replace(" to ", "–"))
        rows += [cells, bounds]
    return aligned(["", *metrics.values()], rows)


def _importance(report: Evaluation) -> str:
    top = report.importance.head(_MAX_COLUMNS)
    rows = [[str(row.column), f"{row.auc_lost:+.4f}"] for row in top.itertuples()]
    return aligned(["", "AUC"], rows)


def _reasons(report: Evaluation) -> str:
    texts = reason_texts(report.reasons)
    first = report.reasons.query("rank == 1")["probability"]
    return "\n".join(
        textwrap.fill(
            f"{customer}: {probability:.3f}  {'; '.join(reasons)}",
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
        for customer, probability, reasons in zip(texts.index, first, texts.to_numpy(), strict=True)
    )


def _wrap(*paragraphs: str) -> str:
    return "\n".join(textwrap.fill(paragraph, _WIDTH) for paragraph in paragraphs)
