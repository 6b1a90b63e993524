"""What has changed in a column beyond chance.

Each change must be significant, at a level that is divided among all tests of a table, and large
enough to matter.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, fisher_exact

from skann._typing import Label
from skann._warnings import held_back
from skann.inspection._comparison._summary import (
    PROBABILITIES,
    Summary,
    main_numbers,
    read_as,
    shares_between,
    summarize_column,
)
from skann.preprocessing._levels import other_spelling, read_levels

FAMILY_LEVEL = 0.001  # chance that anything is said of a table that has not changed
_TESTS_PER_COLUMN = 6
_MIN_PSI = 0.1  # below, a change is called insignificant wherever the index is used
_MIN_SHARE = 0.02  # of the rows, for gaps and levels
_MIN_NEW = 0.005  # of the rows, for what the reference does not have
_MIN_RATIO = 1.5  # of shares, and of units


class Change(NamedTuple):
    """One change of a column, or of the rows as such (column None)."""

    column: Label | None
    change: str
    evidence: str
    is_fault: bool  # of the data, to be mended; else customers have changed


class Compared(NamedTuple):
    """What the comparison of one column found."""

    psi: float
    missing: float
    changes: list[Change]


def level_of_a_test(n_columns: int) -> float:
    """Return the level of one test of a table (Bonferroni)."""
    return FAMILY_LEVEL / (_TESTS_PER_COLUMN * max(1, n_columns))


def compare_column(old: Summary, series: pd.Series, n_old: int, alpha: float) -> Compared:
    """Compare a column with the summary of another."""
    new = summarize_column(series, like=old)
    comparison = _Comparison(old, new, series, n_old, alpha)
    return Compared(comparison.psi(), new["missing"], comparison.changes())


def repeated_rows(old: Summary, share: float, n_new: int, alpha: float) -> Iterator[Change]:
    """Find rows that are repeated more often than in the reference."""
    by_chance = min(1.0, old["repeated"] * max(1.0, n_new / old["n_rows"]))
    differ = _differ(by_chance, old["n_rows"], share, n_new) < alpha
    if differ and share - by_chance >= _MIN_SHARE:
        yield Change(
            *(None, "rows repeated"),
            f"{share:.1%} of the rows repeat an earlier one, {by_chance:.1%} would by the "
            "reference: was a batch added twice?",
            is_fault=True,
        )


class _Comparison:
    def __init__(
        self, old: Summary, new: Summary, series: pd.Series, n_old: int, alpha: float
    ) -> None:
        self.old, self.new, self.alpha = old, new, alpha
        self.series = series
        self.n_new, self.n_old = len(series), n_old
        self.m_new = round(self.n_new * (1 - new["missing"]))  # rows that hold something
        self.m_old = round(n_old * (1 - old["missing"]))
        self.values = np.array([])
        if old["kind"] in ("number", "date"):
            with held_back():
                numbers = main_numbers(read_as(series, old)[0])
            self.values = numbers[~np.isnan(numbers)]

    def changes(self) -> list[Change]:
        unread = list(self._unread())
        if unread:
            return unread
        found = list(self._missing())
        if not self.m_new or not self.m_old:
            return found
        if self.old["kind"] == "level":
            return found + list(self._levels())
        if self.old["kind"] in ("number", "date"):
            return found + (list(self._unit()) or [*self._range(), *self._distribution()])
        return found

    def psi(self) -> float:
        """Return the population stability index without what chance adds to it."""
        shares = self._shares()
        if shares is None:
            return np.nan
        n_old, n_new = self.m_old, self.m_new
        old, new = (
            (s * n + 0.5) / (n + 0.5 * len(s)) for s, n in zip(shares, (n_old, n_new), strict=True)
        )
        index = float(((new - old) * np.log(new / old)).sum())
        return max(0.0, index - (len(old) - 1) * (1 / n_old + 1 / n_new))

    def _shares(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the shares of bins or levels, in the reference and now."""
        if not self.m_new or not self.m_old or self.old["kind"] == "other":
            return None
        if self.old["kind"] == "level":
            levels = [level for level, share in self.old["levels"].items() if share >= 0.01]
            now = self._level_shares()
            shares = np.array([[self.old["levels"][v], now.get(v, 0.0)] for v in levels])
            before, after = (np.append(s, max(0.0, 1 - s.sum())) for s in shares.reshape(-1, 2).T)
            return before, after
        edges = np.array(self.old["edges"])
        return np.array(self.old["shares"]), shares_between(self.values, edges)

    def _level_shares(self) -> dict[str, float]:
        """Return the shares of all levels now, with flags written as in the reference."""
        codes, levels = read_levels(self.series)
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        known = self.old["levels"]
        shares: dict[str, float] = {}
        for level, count in zip(levels, counts, strict=True):
            if level not in known and other_spelling(level) in known:
                level = other_spelling(level)
            shares[level] = shares.get(level, 0.0) + count / max(1, self.m_new)
        return {level: share for level, share in shares.items() if share}

    def _change(self, change: str, evidence: str, *, is_fault: bool) -> Change:
        return Change(self.old["name"], change, evidence, is_fault)

    def _unread(self) -> Iterator[Change]:
        old, new = self.old["unread"], self.new["unread"]
        if new - old >= _MIN_SHARE and _differ(old, self.n_old, new, self.n_new) < self.alpha:
            with held_back():
                own, _ = read_as(self.series, None)
            kind = "dates" if self.old["kind"] == "date" else "numbers"
            text = next(iter(self.series.dropna().astype(str)), "")
            known = self.old["form"] or self.old["dtype"]
            now = f", now {own.form}" if own.form and own.form != self.old["form"] else ""
            name = "date format" if kind == "dates" else "number format"
            yield self._change(
                name,
                f"{new:.1%} of the cells, such as {text!r}, cannot be read as the {kind} of the "
                f"reference (written as {known}{now}).",
                is_fault=True,
            )

    def _missing(self) -> Iterator[Change]:
        old, new = self.old["missing"], self.new["missing"]
        if abs(new - old) >= _MIN_SHARE and (
            _differ(old, self.n_old, new, self.n_new) < self.alpha
        ):
            name = "emptied" if new == 1 else "missing share"
            yield self._change(
                name, f"{old:.1%} of the cells were missing, now {new:.1%}.", is_fault=new > old
            )

    def _levels(self) -> Iterator[Change]:
        now = self._level_shares()
        fresh = {v: s for v, s in now.items() if v not in self.old["levels"]}
        gone = {v: s for v, s in self.old["levels"].items() if v not in now}
        # Which of the reference's rare levels these may be is not known.
        is_news = sum(fresh.values()) - self.old["rare"] >= _MIN_NEW and self._differs(
            self.old["rare"], sum(fresh.values())
        )
        renamed: dict[str, str] = {}
        if is_news:
            for level, share in sorted(gone.items(), key=lambda item: -item[1]):
                alike = [v for v in fresh if v not in renamed.values()]
                alike = [v for v in alike if not self._differs(share, fresh[v])]
                if alike and self._differs(share, 0.0):
                    renamed[level] = min(alike, key=lambda v: abs(fresh[v] - share))
        for level, other in renamed.items():
            yield self._change(
                "level renamed",
                f"{level!r} ({self.old['levels'][level]:.1%}) is gone, and {other!r} "
                f"({now[other]:.1%}) is new: the same under another name?",
                is_fault=True,
            )
        unknown = {v: s for v, s in fresh.items() if v not in renamed.values()}
        if is_news and sum(unknown.values()) - self.old["rare"] >= _MIN_NEW:
            most = max(unknown, key=lambda v: unknown[v])
            yield self._change(
                "new levels",
                f"{sum(unknown.values()):.1%} of the rows have levels that the reference does not, "
                f"such as {most!r}.",
                is_fault=False,
            )
        if not renamed:
            yield from self._level_rates(now)

    def _level_rates(self, now: dict[str, float]) -> Iterator[Change]:
        parts = []
        for level, old in self.old["levels"].items():
            new = now.get(level, 0.0)
            ratio = (max(old, new) + 1e-12) / (min(old, new) + 1e-12)
            large = abs(new - old) >= _MIN_SHARE and ratio >= _MIN_RATIO
            if large and self._differs(old, new, n_tests=len(self.old["levels"])):
                parts.append((abs(new - old), f"{level!r} from {old:.1%} to {new:.1%}"))
        if parts:
            texts = [text for _, text in sorted(parts, reverse=True)[:3]]
            yield self._change("shares of levels", f"{'; '.join(texts)}.", is_fault=False)
        else:
            yield from self._distribution()

    def _unit(self) -> Iterator[Change]:
        """Find all quantiles multiplied by the same number."""
        if self.old["kind"] != "number" or not self._has_moved():
            return
        inside = (PROBABILITIES >= 0.1) & (PROBABILITIES <= 0.9)
        old = np.array(self.old["quantiles"])[inside]
        new = np.quantile(self.values, PROBABILITIES[inside], method="inverted_cdf")
        both = (old != 0) & (new / np.where(old == 0, 1, old) > 0)
        if both.mean() < 0.5 or len(np.unique(old[both])) < 5 or (new[old == 0] != 0).any():
            return
        ratios = np.log(new[both] / old[both])
        factor = float(np.median(ratios))
        even = np.abs(ratios - factor).max() < 0.25 * abs(factor)
        if even and abs(factor) >= np.log(_MIN_RATIO):
            yield self._change(
                "unit changed",
                f"All values are about {np.exp(factor):.3g} times those of the reference: another "
                "unit, or another meaning?",
                is_fault=True,
            )

    def _range(self) -> Iterator[Change]:
        quantiles = np.array(self.old["quantiles"])
        for name, sign in (("maximum", 1), ("minimum", -1)):
            known, end = sign * quantiles[::sign], (sign * self.values).max()
            cut_off = 1 - float(PROBABILITIES[known > end].min(initial=1.0))
            if cut_off >= 0.005 and self._differs(cut_off, 0.0):
                yield self._change(
                    f"{name} clipped",
                    f"Nothing lies beyond {self._shown(sign * end)}, where {cut_off:.1%} of the "
                    "reference did.",
                    is_fault=True,
                )
            beyond = float((sign * self.values > known[-1]).mean())
            if beyond >= 0.01 and self._differs(0.0, beyond):
                yield self._change(
                    f"{name} exceeded",
                    f"{beyond:.1%} lie beyond {self._shown(sign * known[-1])}, where the reference "
                    "ends.",
                    is_fault=False,
                )

    def _distribution(self) -> Iterator[Change]:
        if self._has_moved():
            evidence = f"Population stability index {self.psi():.2f}"
            if self.old["kind"] != "level":
                half = self.old["quantiles"][int(np.searchsorted(PROBABILITIES, 0.5))]
                now = float(np.quantile(self.values, 0.5, method="inverted_cdf"))
                evidence += f"; the median was {self._shown(half)}, now {self._shown(now)}"
            yield self._change("distribution", f"{evidence}.", is_fault=False)

    def _has_moved(self) -> bool:
        shares = self._shares()
        if shares is None or self.psi() < _MIN_PSI:
            return False
        counts = np.array([shares[0] * self.m_old, shares[1] * self.m_new])
        return _p_value(counts) < self.alpha

    def _differs(self, old: float, new: float, n_tests: int = 1) -> bool:
        return _differ(old, self.m_old, new, self.m_new) < self.alpha / n_tests

    def _shown(self, value: float) -> str:
        if self.old["kind"] == "date":
            return str((pd.Timestamp(0) + pd.Timedelta(days=value)).date())
        return f"{value:.6g}"


def _differ(old: float, n_old: int, new: float, n_new: int) -> float:
    """Return Fisher's p-value of two shares being the same."""
    hits = [round(old * n_old), round(new * n_new)]
    return float(fisher_exact([hits, [n_old - hits[0], n_new - hits[1]]]).pvalue)


def _p_value(counts: np.ndarray) -> float:
    """Return the p-value of two rows of counts having the same shares, few counts pooled."""
    expected = counts.sum(axis=0) * counts.sum(axis=1).min() / counts.sum()
    few = expected < 5
    if few.any():
        counts = np.column_stack([counts[:, ~few], counts[:, few].sum(axis=1)])
        counts = counts[:, counts.sum(axis=0) > 0]
    return float(chi2_contingency(counts).pvalue) if counts.shape[1] > 1 else 1.0
