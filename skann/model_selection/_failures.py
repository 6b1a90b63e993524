"""What to say about a stage in which no candidate has a score."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

_FAILED = "Scoring failed"
_NOT_FINITE = "One or more of the (test|train) scores are non-finite"


@contextmanager
def warnings_held_back() -> Iterator[list[warnings.WarningMessage]]:
    """Hold back the warnings given inside; those still in the list are given at the end."""
    with warnings.catch_warnings(record=True) as held:
        for text in (_FAILED, _NOT_FINITE):
            warnings.filterwarnings("always", text)
        try:
            yield held
        finally:
            left = list(held)
    for note in left:
        warnings.warn_explicit(note.message, note.category, note.filename, note.lineno)


def check_any_score(
    stage: str,
    scoring: object,
    metric: str,
    results: Mapping[str, Any],
    held: list[warnings.WarningMessage],
) -> None:
    """Refuse to go on where no candidate has a score for the next stage to build on.

    Parameters
    ----------
    stage : str
    scoring : what the search scores by
    metric : str
        Name of the score that candidates are chosen by.
    results : dict of arrays
        As ``cv_results_``.
    held : list of warnings
        What scikit-learn said about the stage. What the error repeats is taken out.

    Raises
    ------
    ValueError
        If all candidates so far have NaN.
    TypeError
        If that is what scoring raised.
    """
    scores = results.get(f"mean_test_{metric}")
    if scores is None or not np.isnan(scores).all():
        return
    failures = [str(note.message) for note in held if str(note.message).startswith(_FAILED)]
    held[:] = [note for note in held if not str(note.message).startswith((_FAILED, "One or more"))]
    text = f"No candidate of stage {stage!r} has a score: scoring={scoring!r} gave nan for all."
    cause = failures[0].strip().splitlines()[-1] if failures else ""
    if cause:
        text += f" The first failure was {cause}"
        if "pos_label" in cause:
            text += (
                ". Name the positive class, as in scoring=make_scorer(f1_score, pos_label='Yes')"
            )
    else:
        text += " error_score='raise' stops at the first failure and shows it."
    raise TypeError(text) if cause.startswith("TypeError") else ValueError(text)
