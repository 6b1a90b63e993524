"""What an audit found: each fault with its evidence and its fix."""

import textwrap
from html import escape
from typing import NamedTuple

import pandas as pd

_WIDTH = 96
_STYLE = "font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; overflow-wrap: break-word;"
_ITEM_STYLE = (
    "margin: .5rem 0; padding: .4rem .8rem; border-left: .3rem solid {colour}; "
    "background: color-mix(in srgb, currentColor 6%, transparent);"
)
_COLOURS = {"error": "#dc5050", "warning": "#d99a1c"}


class Finding(NamedTuple):
    """One fault.

    Attributes
    ----------
    fault : str
        What is wrong, in a few words; the same words each time.
    severity : {"error", "warning"}
        An error makes figures untrue; a warning makes the model worse than it could be.
    evidence : str
        What was seen.
    fix : str
        What to do.
    """

    fault: str
    severity: str
    evidence: str
    fix: str


class Findings(tuple[Finding, ...]):
    """The faults of a workflow, errors first; empty where nothing was found.

    Examples
    --------
    >>> from skann.inspection._audit._findings import Finding, Findings
    >>> Findings([Finding("no validation rows", "warning", "validation_fraction=None", "set it")])
    warning: no validation rows
      validation_fraction=None
      -> set it
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per finding: fault, severity, evidence, fix."""
        return pd.DataFrame(list(self), columns=list(Finding._fields))

    def __str__(self) -> str:
        if not self:
            return "No fault found."
        return "\n".join(
            f"{finding.severity}: {finding.fault}\n"
            + textwrap.indent(textwrap.fill(finding.evidence, _WIDTH), "  ")
            + "\n"
            + textwrap.fill(finding.fix, _WIDTH, initial_indent="  -> ", subsequent_indent="     ")
            for finding in self
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = [
            f'<div style="{_ITEM_STYLE.format(colour=_COLOURS[finding.severity])}">'
            f"<b>{finding.severity}: {escape(finding.fault)}</b><br>{escape(finding.evidence)}<br>"
            f"→ {escape(finding.fix)}</div>"
            for finding in self
        ]
        return f'<div style="{_STYLE}">{"".join(items) or "No fault found."}</div>'
