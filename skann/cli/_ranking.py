"""The list of customers that `skann predict` writes."""

import numpy as np
import pandas as pd

from skann._warnings import SkannWarning, warn
from skann.cli._model_file import SavedModel

_FRACTION = r"\s*[+-]?\d*[.,]\d+\s*"


def rank(
    saved: SavedModel, frame: pd.DataFrame, path: str = "the table", n_reasons: int = 0
) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers by what contacting them is worth, under what identifies them.

    No column of the table is replaced: where it has a name of ours, ours ends in ``_by_skann``.

    Returns
    -------
    list of customers, the expected gain of each one to contact
    """
    features = saved.features(frame, path)
    probability = saved.probability(features)
    gain = probability * saved.model.fn_cost - (1 - probability) * saved.model.fp_cost
    contact = probability > saved.model.threshold_
    ours = pd.DataFrame(
        {
            "probability": probability.round(6),
            "contact": np.where(contact, "yes", "no"),
            "expected_gain": gain.round(4),
        }
    )
    if n_reasons:
        from skann.inspection._explanation import explain, reason_texts

        texts = reason_texts(explain(saved.model, features, top=n_reasons))
        ours[texts.columns] = texts.to_numpy()
    theirs = frame[_identifying(frame, saved)].reset_index(drop=True)
    if theirs.empty:
        ours.insert(0, "row", np.arange(1, len(frame) + 1))
    ours = ours.rename(columns=_free_names(ours, frame, path))
    order = np.argsort(-gain, kind="stable")
    ranked = pd.concat([theirs, ours], axis=1).iloc[order].reset_index(drop=True)
    return ranked, gain[contact]


def _free_names(ours: pd.DataFrame, frame: pd.DataFrame, path: str) -> dict[str, str]:
    """New names for those of our columns whose names the table has taken."""
    new_names = {}
    for name in ours.columns.intersection(frame.columns):
        new = f"{name}_by_skann"
        while new in frame.columns:
            new += "_"
        new_names[name] = new
    if new_names:
        pairs = ", ".join(f"{name!r} as {new!r}" for name, new in new_names.items())
        warn(
            f"{path} has columns that are named like ours, which are listed under other names: "
            f"{pairs}.",
            SkannWarning,
        )
    return new_names


def _identifying(frame: pd.DataFrame, saved: SavedModel) -> list[str]:
    """Columns that say which customer a row is: ids, and those left out that differ in each row."""
    read = {saved.target, *saved.columns}
    read -= {name for name, role in saved.column_roles.items() if role in ("text", "drop")}
    return [
        name
        for name in frame.columns
        if saved.column_roles.get(name) == "id"
        or (name not in read and frame[name].is_unique and not _has_fractions(frame[name]))
    ]


def _has_fractions(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return pd.api.types.is_float_dtype(column)
    return bool(column.astype(str).str.fullmatch(_FRACTION).any())
