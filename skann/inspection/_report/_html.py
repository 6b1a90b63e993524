"""A report as HTML: a fragment for notebooks, a page for files."""

from html import escape

import numpy as np

from skann.inspection._explanation import plain
from skann.inspection._report import _words as words
from skann.inspection._report._evaluation import Evaluation
from skann.inspection._report._figures import figures_of
from skann.inspection._report._format import interval, shown
from skann.inspection._report._plots import inline_images
from skann.inspection._report._style import PAGE_STYLE, STYLE

_MAX_COLUMNS = 10


def page(report: Evaluation) -> str:
    """Return a self-contained page."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of {escape(report.model)}</title>"
        f"<style>{PAGE_STYLE}</style></head>\n<body>{fragment(report)}</body></html>\n"
    )


def fragment(report: Evaluation) -> str:
    """Return an element with a style of its own."""
    parts = [
        f"<h1>Evaluation of {escape(report.model)}</h1>",
        f'<p class="verdict">{escape(verdict)}</p>' if (verdict := words.verdict(report)) else "",
        _paragraphs(words.comparison(report), words.decision(report), words.balance(report)),
        _tiles(report),
        "<h2>Ranking and probabilities</h2>",
        _figures(report, words.RANKING),
        "<h2>Decisions</h2>",
        _paragraphs(words.costs(report), words.forecast(report)),
        _figures(report, words.DECISION),
        _matrices(report),
        _plots(report),
        "<h2>Columns that the ranking rests on</h2>",
        _importance(report),
        "<h2>Likeliest churners, and why</h2>",
        _reasons(report),
        *_audit(report),
        "<h2>How to read this</h2>",
        *(f'<p class="note">{escape(note)}</p>' for note in words.notes(report)),
    ]
    return f'<div class="skann-report"><style>{STYLE}</style>\n' + "\n".join(parts) + "\n</div>"


def _paragraphs(*paragraphs: str) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs if paragraph)


def _tiles(report: Evaluation) -> str:
    tiles = []
    for title, rule, metric in (
        ("cost per customer", "chosen", "cost"),
        ("contacted", "chosen", "contacted"),
        ("recall", "chosen", "recall"),
        ("precision", "chosen", "precision"),
        ("AUC", "none", "roc_auc"),
    ):
        found = figures_of(report.figures, report.model, rule)
        value, low, high = words.figure(found, metric)
        tiles.append(
            f'<div class="tile"><small>{title}</small><b>{shown(metric, value)}</b>'
            f"<small>{interval(metric, low, high)}</small></div>"
        )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _figures(report: Evaluation, metrics: dict[str, str]) -> str:
    """Return a table with one row per model and rule, the model's own marked."""
    head = "".join(f"<th>{escape(title)}</th>" for title in metrics.values())
    body = []
    for model, name, found in words.rows(report, metrics):
        cells = "".join(
            _cell(title, metric, *words.figure(found, metric)) for metric, title in metrics.items()
        )
        own = ' class="own"' if model == report.model else ""
        body.append(f'<tr{own}><th scope="row">{escape(name)}</th>{cells}</tr>')
    return _table(f"<th></th>{head}", body)


def _cell(title: str, metric: str, value: float, low: float, high: float) -> str:
    return (
        f'<td data-title="{escape(title)}">{shown(metric, value)}'
        f"<small>{interval(metric, low, high)}</small></td>"
    )


def _table(head: str, body: list[str]) -> str:
    return (
        f'<table class="wide"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    )


def _matrices(report: Evaluation) -> str:
    matrices = []
    for rule in ("half", "chosen"):
        contacted = report.decisions[report.model, rule]
        rows = []
        for left, name in ((True, "left"), (False, "stayed")):
            counts = [
                int(((report.churned == left) & (contacted == chosen)).sum())
                for chosen in (True, False)
            ]
            shares = [count / max(1, sum(counts)) for count in counts]
            cells = "".join(
                f'<td style="background: color-mix(in srgb, var(--accent) {60 * share:.0f}%, '
                f'transparent)">{count:,}<small>{share:.1%}</small></td>'
                for count, share in zip(counts, shares, strict=True)
            )
            rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
        matrices.append(
            f"<figure><figcaption>{escape(report.model)} {words.RULES[rule]}</figcaption>"
            "<table><thead><tr><th></th><th>contacted</th><th>not contacted</th></tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table></figure>"
        )
    return f'<div class="matrices">{"".join(matrices)}</div>'


def _plots(report: Evaluation) -> str:
    try:
        images = inline_images(report)
    except ImportError as error:
        return f'<p class="note">{escape(str(error))}</p>'
    figures = "".join(
        f'<figure role="img" aria-label="{escape(title)}"><figcaption>{escape(title)}'
        f"</figcaption>{image}</figure>"
        for title, image in images.items()
    )
    return f'<h2>Plots</h2><div class="plots">{figures}</div>'


def _importance(report: Evaluation) -> str:
    top = report.importance.head(_MAX_COLUMNS)
    longest = max(float(top["auc_lost"].max()), 1e-12)
    rows = []
    for column, lost, spread in top[["column", "auc_lost", "spread"]].itertuples(index=False):
        width = 100 * max(lost, 0.0) / longest
        rows.append(
            f'<tr><th scope="row">{escape(str(column))}</th><td>{lost:.4f} <small>± {spread:.4f}'
            f'</small></td><td class="text bars"><div class="bar" '
            f'style="width: {width:.1f}%"></div></td></tr>'
        )
    note = '<p class="note">AUC lost when the values of a column are shuffled.</p>'
    return f"{note}<table><tbody>{''.join(rows)}</tbody></table>"


def _reasons(report: Evaluation) -> str:
    rows = []
    n_reasons = int(report.reasons["rank"].max())
    for start in range(0, len(report.reasons), n_reasons):
        group = report.reasons.iloc[start : start + n_reasons]
        reasons = "".join(
            f"<li>{_effect(effect)} {escape(str(column))} = {escape(plain(value))}</li>"
            for column, value, effect in group[["column", "value", "effect"]].itertuples(
                index=False
            )
        )
        customer, probability = group["customer"].iloc[0], group["probability"].iloc[0]
        rows.append(
            f'<tr><th scope="row">{escape(str(customer))}</th>'
            f'<td data-title="probability">{probability:.3f}</td>'
            f'<td class="text"><ul class="reasons">{reasons}</ul></td></tr>'
        )
    note = (
        '<p class="note">What the customer’s value in a column adds to the probability, compared '
        "with the values of other customers.</p>"
    )
    head = '<th>customer</th><th>probability</th><th class="text">reasons</th>'
    return note + _table(head, rows)


def _audit(report: Evaluation) -> list[str]:
    if report.findings is None:
        return []
    return ["<h2>Audit of the training</h2>", report.findings._repr_html_()]


def _effect(effect: float) -> str:
    direction = "up" if effect > 0 else "down"
    return f'<b class="{direction}">{"▲" if effect > 0 else "▼"} {np.abs(effect):.3f}</b>'
