"""The error that stops a command, and how its line lists names."""

import difflib
from collections.abc import Iterable


class CommandError(Exception):
    """What stops a command, in one line that says what to do."""


def listed(names: Iterable[object], n_shown: int = 12) -> str:
    """Return the first of some names, and how many more there are."""
    texts = [str(name) for name in names]
    more = f" and {len(texts) - n_shown} more" if len(texts) > n_shown else ""
    return ", ".join(texts[:n_shown]) + more


def did_you_mean(name: str, choices: Iterable[object]) -> str:
    """Return a sentence that follows the error and names the closest choices, or nothing."""
    by_casefold = {str(choice).casefold(): str(choice) for choice in choices}
    close = difflib.get_close_matches(name.casefold(), by_casefold, n=3, cutoff=0.6)
    return f". Did you mean {' or '.join(by_casefold[key] for key in close)}?" if close else ""
