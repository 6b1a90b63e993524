"""A column as it would be with the values of the reference."""

import numpy as np
import pandas as pd

from skann._warnings import held_back
from skann.inspection._comparison._summary import (
    PROBABILITIES,
    Summary,
    main_numbers,
    missing_cells,
    read_as,
)

_MICROSECONDS_PER_DAY = 86_400_000_000


def put_back(series: pd.Series, old: Summary) -> pd.Series | None:
    """Return the column with the distribution of the reference; None where that is not known.

    Each customer keeps their rank, and their level as long as the reference has room for it. So a
    column that has not changed stays nearly as it is, and keeps its relation to the other columns.
    Surplus gaps and levels are filled by a draw with a fixed seed.
    """
    if old["kind"] == "other" or old["missing"] == 1:
        return None
    with held_back():
        column, kind = read_as(series, old)
    random = np.random.default_rng(0)
    n_missing = round(old["missing"] * len(series))
    is_missing = _with_gaps(missing_cells(series, column), n_missing, random)
    if kind == "level":
        codes, levels = column.texts or (np.full(len(series), -1), [])
        texts = np.array([*levels, None], dtype=object)[codes]
        values = _levels(texts, is_missing, old["levels"], random)
        if old["dtype"] == "bool":
            values = values == "True"
        return pd.Series(values, index=series.index, name=series.name)
    numbers = _numbers(main_numbers(column), is_missing, old, random)
    if kind == "date":
        numbers = np.round(numbers * _MICROSECONDS_PER_DAY)
        dates = pd.to_datetime(numbers, unit="us")
        return pd.Series(dates, index=series.index, name=series.name)
    return pd.Series(numbers, index=series.index, name=series.name)


def _with_gaps(is_missing: np.ndarray, n_wanted: int, random: np.random.Generator) -> np.ndarray:
    """Return this number of gaps, existing ones as far as possible."""
    surplus = int(is_missing.sum()) - n_wanted
    changed = is_missing.copy()
    rows = np.flatnonzero(is_missing if surplus > 0 else ~is_missing)
    changed[random.choice(rows, abs(surplus), replace=False)] ^= True
    return changed


def _numbers(
    values: np.ndarray, is_missing: np.ndarray, old: Summary, random: np.random.Generator
) -> np.ndarray:
    here = np.flatnonzero(~is_missing)
    known = values[here]
    drawn = np.isnan(known)
    ranks = np.empty(len(here))
    in_order = np.flatnonzero(~drawn)
    # Equal values keep the order of the rows.
    ranks[in_order[np.argsort(known[in_order], kind="stable")]] = _spread(len(in_order))
    ranks[drawn] = random.permutation(_spread(int(drawn.sum())))
    put = np.interp(ranks, PROBABILITIES, old["quantiles"])
    result = np.full(len(values), np.nan)
    result[here] = np.round(put) if old["whole"] else put
    return result


def _spread(n: int) -> np.ndarray:
    return (np.arange(n) + 0.5) / max(1, n)


def _levels(
    texts: np.ndarray,
    is_missing: np.ndarray,
    shares: dict[str, float],
    random: np.random.Generator,
) -> np.ndarray:
    """Return as many rows of each level as in the reference, changing as few as possible."""
    result = np.full(len(texts), None, dtype=object)
    here = np.flatnonzero(~is_missing)
    rare = 1 - sum(shares.values())
    room = {level: round(share * len(here)) for level, share in shares.items()}
    waiting = []
    n_others = round(rare * len(here))
    for row in random.permutation(here):
        level = texts[row]
        if room.get(level, 0) > 0:
            room[level] -= 1
            result[row] = level
        elif level is not None and level not in shares and n_others > 0:
            n_others -= 1  # as rare as the reference's rare levels
            result[row] = level
        else:
            waiting.append(row)
    spare = [level for level, n in room.items() for _ in range(n)]
    spare += [max(shares, key=lambda level: shares[level])] * (len(waiting) - len(spare))
    for row, level in zip(waiting, random.permutation(np.array(spare, dtype=object)), strict=False):
        result[row] = level
    return result
