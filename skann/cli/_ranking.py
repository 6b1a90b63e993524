"""The list of customers that ``skann predict`` writes."""

import warnings
from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from skann._warnings import EstimateWarning, SkannWarning, give, held_back, warn
from skann.cli._errors import CommandError
from skann.cli._model_file import SavedModel
from skann.cli._tables import BLOCK_ROWS, Blocks, known_or_held, to_frame
from skann.costs._prior_estimate import estimate_prior

_FRACTION = r"\s*[+-]?\d*[.,]\d+\s*"


class _Scored(NamedTuple):
    """Rows of a table: what identifies them, and what the model says."""

    theirs: pa.Table
    probability: np.ndarray
    reasons: pa.Table

    def take(self, rows: np.ndarray) -> "_Scored":
        return _Scored(self.theirs.take(rows), self.probability[rows], self.reasons.take(rows))


class CustomerList:
    """Customers under what identifies them, with their figures, block after block of rows.

    They are sorted by what contacting them is worth, or stand as in their table. Unsorted ones are
    scored as they are asked for. To sort them, or to choose within the model's capacity or budget,
    takes all rows; their figures and what identifies them are held then.

    No column of the table is replaced: where it has a name of ours, ours ends in ``_by_skann``.

    Parameters
    ----------
    saved : SavedModel
    table : Blocks
    n_reasons : int, default=0
        Number of columns to name per customer, in comparison with the first block.
    sort : bool, default=True
    prior : float, "estimate" or None, default=None
        Churn rate of these customers, where it differs from that of training. To estimate it takes
        the scores of all rows, so that unsorted lists are scored twice.
    progress : bool, default=False
        Whether to show a bar on stderr.

    Attributes
    ----------
    n_customers, n_contacted : int
        So far.
    gain : float
        Expected gain of contacting those.
    """

    def __init__(
        self,
        saved: SavedModel,
        table: Blocks,
        *,
        n_reasons: int = 0,
        sort: bool = True,
        prior: float | str | None = None,
        progress: bool = False,
    ) -> None:
        self.n_customers, self.n_contacted, self.gain = 0, 0, 0.0
        self._saved, self._table = saved, table
        self._background: pd.DataFrame | None = None  # what reasons compare with
        self._n_reasons, self._sort, self._progress = n_reasons, sort, progress
        self._prior = prior

    def __iter__(self) -> Iterator[pa.Table]:
        first = next(iter(self._table))
        names, path = first.column_names, self._table.path
        frame = to_frame(known_or_held(first.slice(0, 1), self._saved.columns), path)
        self._saved.features(frame, path)  # refuses a table that lacks some
        identifying = _identifying(first, self._table, self._saved)
        new_names = _free_names(self._our_names(not identifying), names, path)
        model, rate = self._saved.model, self._prior
        scored = self._scored(identifying, new_names.get("row"))
        if self._sort or model.capacity is not None or model.budget is not None:
            whole = _joined(list(scored))
            scored = iter([whole])
            if rate == "estimate":
                rate = self._estimate(whole.probability)
        elif rate == "estimate":
            rate = self._estimate(np.concatenate(list(self._probabilities())))
        for block in scored:
            n_rows = len(block.probability)
            decisions = model._decide(block.probability, rate)
            block = block._replace(probability=decisions.probability)
            contact, gain = decisions.contacted(), decisions.gain()
            order = decisions.order() if self._sort else np.arange(n_rows)
            for start in range(0, n_rows, BLOCK_ROWS):
                rows = order[start : start + BLOCK_ROWS]
                some = block.take(rows)
                listed = some.theirs
                for name, values in _ours(some, contact[rows], gain[rows]):
                    listed = listed.append_column(new_names[name], values)
                yield listed
            self.n_customers += n_rows
            self.n_contacted += int(contact.sum())
            self.gain += float(gain[contact].sum())

    def _our_names(self, numbered: bool) -> list[str]:
        reasons = [f"reason_{number}" for number in range(1, self._n_reasons + 1)]
        return ["row"] * numbered + ["probability", "contact", "expected_gain", *reasons]

    def _scored(self, identifying: list[str], row: str | None) -> Iterator[_Scored]:
        """Score each block, and give the warnings of all blocks once."""
        saved, path = self._saved, self._table.path
        n_rows, notes = 0, []
        for block in self._with_bar(self._table.read({*saved.columns, *identifying})):
            with held_back() as new_notes:
                features = saved.features(to_frame(known_or_held(block, saved.columns), path), path)
                probability = saved.probability(features)
                reasons = self._reasons(features)
            notes += new_notes
            theirs = block.select(identifying).replace_schema_metadata()
            if row is not None:
                numbers = np.arange(n_rows + 1, n_rows + len(block) + 1)
                theirs = pa.table({row: numbers})
            n_rows += len(block)
            yield _Scored(theirs, probability, reasons)
        give([notes])

    def _probabilities(self) -> Iterator[np.ndarray]:
        """Score each block once more, without the warnings, which the other time gives."""
        saved, path = self._saved, self._table.path
        for block in self._with_bar(self._table.read(saved.columns)):
            with held_back():
                yield saved.probability(saved.features(to_frame(block, path), path))

    def _estimate(self, probability: np.ndarray) -> float:
        """Return the churn rate that the scores of all rows tell."""
        from skann.inspection._comparison._summary import tells_rates

        own = self._saved.model.prior_
        advice = "Give the rate if you know it, as in --prior 0.05."
        if not tells_rates(self._saved.reference, own):
            raise CommandError(
                "--prior estimate: the model's probabilities are off on the test rows of its "
                f"training as well, so they do not tell the churn rate of others. {advice}"
            )
        try:
            with warnings.catch_warnings(action="error", category=EstimateWarning):
                found = estimate_prior(probability, own)
        except EstimateWarning as warning:
            raise CommandError(f"--prior estimate: {warning} {advice}") from None
        warn(
            f"The churn rate of these customers is estimated at {found.prior:.1%} ({found.low:.1%} "
            f"to {found.high:.1%}); training had {own:.1%}",
            SkannWarning,
        )
        return found.prior

    def _reasons(self, features: pd.DataFrame) -> pa.Table:
        if not self._n_reasons:
            return pa.table({})
        from skann.inspection._explanation import explain, reason_texts

        if self._background is None:
            self._background = features
        reasons = explain(
            self._saved.model, features, background=self._background, top=self._n_reasons
        )
        texts = reason_texts(reasons)
        return pa.Table.from_pandas(texts, preserve_index=False)

    def _with_bar(self, blocks: Iterator[pa.Table]) -> Iterator[pa.Table]:
        if not self._progress:
            yield from blocks
            return
        from skann._progress_bar import tqdm

        with tqdm(total=self._table.n_rows, unit=" rows", unit_scale=True, leave=False) as bar:
            for block in blocks:
                yield block
                bar.update(len(block))


def _joined(blocks: list[_Scored]) -> _Scored:
    return _Scored(
        pa.concat_tables([block.theirs for block in blocks]).combine_chunks(),
        np.concatenate([block.probability for block in blocks]),
        pa.concat_tables([block.reasons for block in blocks]).combine_chunks(),
    )


def _ours(
    some: _Scored, contact: np.ndarray, gain: np.ndarray
) -> Iterator[tuple[str, pa.Array | pa.ChunkedArray]]:
    """Yield our columns of some rows."""
    yield "probability", pa.array(some.probability.round(6))
    yield "contact", pa.array(np.where(contact, "yes", "no"))
    yield "expected_gain", pa.array(gain.round(4))
    yield from zip(some.reasons.column_names, some.reasons.columns, strict=True)


def _free_names(ours: list[str], taken: Collection[str], path: str) -> dict[str, str]:
    """Return the names of our columns: others than those that the table has taken."""
    new_names = {}
    for name in ours:
        new_names[name] = name if name not in taken else f"{name}_by_skann"
        while new_names[name] in taken:
            new_names[name] += "_"
    pairs = ", ".join(f"{name!r} as {new!r}" for name, new in new_names.items() if name != new)
    if pairs:
        warn(
            f"{path} has columns that are named like ours, which are listed under other names: "
            f"{pairs}",
            SkannWarning,
        )
    return new_names


def _identifying(block: pa.Table, table: Blocks, saved: SavedModel) -> list[str]:
    """Return what tells customers apart: ids, and columns left out that differ in each row.

    ``block`` is the first one of the table.
    """
    read = {saved.target, *saved.columns}
    read -= {name for name, role in saved.column_roles.items() if role in ("text", "drop")}
    first = to_frame(known_or_held(block, saved.columns), table.path)
    ids = {
        name
        for name in first.columns
        if name == saved.group or saved.column_roles.get(name) == "id"
    }
    unread = {*first.columns} - read - ids
    differ = _differing(table, {name for name in unread if not _has_fractions(first[name])})
    return [name for name in first.columns if name in ids | differ]


def _differing(table: Blocks, names: set[str]) -> set[str]:
    """Return those of some columns that differ in each row."""
    hashes: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for block in table.read(names) if names else ():
        for name, column in to_frame(block.select([*hashes]), table.path).items():
            if column.is_unique and not _has_fractions(column):
                hashes[str(name)].append(pd.util.hash_pandas_object(column, index=False).to_numpy())
            else:
                del hashes[str(name)]
        if not hashes:
            break
    return {name for name, parts in hashes.items() if pd.Index(np.concatenate(parts)).is_unique}


def _has_fractions(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return pd.api.types.is_float_dtype(column)
    return bool(column.astype(str).str.fullmatch(_FRACTION).any())
