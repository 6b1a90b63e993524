"""How well skann and its peers predict churn, and how long they take.

    python benchmarks/accuracy.py                       # all tables, all installed models
    python benchmarks/accuracy.py --slow --data hr      # with RealMLP and TabM of pytabkit
    python benchmarks/accuracy.py --models skann catboost --data telco bank --json run.json
    python benchmarks/accuracy.py --tuned-money         # and the cost by a threshold of its own
    python benchmarks/accuracy.py --seeds 6             # how far fits differ by their seed
    python benchmarks/accuracy.py --quick               # a minute: small tables, for CI

Every model gets the same raw columns, the same stratified folds, two threads, and the default
hyperparameters of its library, behind its best usual preprocessing (see _models.py). Before its
first counted fit on a table each model but the slow ones is fitted once on a few made rows, so
that imports and thread pools are not counted as training; what a library compiles for a table is.

Money is the cost of decisions on the test rows, a wasted offer at 5 and a missed churner at 100,
50, 20 and 10, as a share of the cheaper of contacting nobody and everybody, and the mean over these
four. The rule is the same for all models: contact above the threshold that is right for these costs
if probabilities are. With --tuned-money each model also has a rule of its own: the threshold that
is cheapest on the training rows, scored by fits that did not see them.

The defaults of skann were chosen on other seeds and folds than seed 0, which is reported.

Real tables come from the folder named by SKANN_DATA; without it there is the made one only.
Models whose library is missing are skipped with a word. RealMLP and TabM need minutes a fit.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any

import _threads
import numpy as np
import pandas as pd
from _data import NAMES, available, load
from _models import MODELS
from _money import money, right_thresholds, tuned_thresholds, unseen_scores
from _seeds import fits_of_seeds, spread, table_of_seeds
from _summary import PEER, TREES, plot_gaps, summary
from scipy.stats import studentized_range
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

SIGNIFICANCE = 0.05

# Metric: what it is called, and whether more is better.
METRICS = {
    "auc": ("AUC", True),
    "pr_auc": ("PR-AUC (average precision)", True),
    "log_loss": ("log-loss", False),
    "brier": ("Brier score", False),
    "money": ("cost (1: the cheaper of contacting nobody and everybody)", False),
    "tuned_money": ("the same with a threshold tuned on training rows", False),
    "fit_seconds": ("fit, seconds", False),
    "predict_seconds": ("predict, seconds", False),
}


def scores(y: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """All metrics that need no clock; `probability` of the churner."""
    probability = np.asarray(probability, dtype=float)
    return {
        "auc": float(roc_auc_score(y, probability)),
        "pr_auc": float(average_precision_score(y, probability)),
        "log_loss": float(log_loss(y, probability)),
        "brier": float(brier_score_loss(y, probability)),
        "money": money(y, probability, right_thresholds()),
    }


def cross_validate(
    build: Callable[[pd.DataFrame, int], Any],
    X: pd.DataFrame,
    y: np.ndarray,
    *,
    folds: int = 3,
    seed: int = 0,
    tuned: bool = False,
) -> Iterator[dict[str, float]]:
    """Fit and score on each fold: scores on its test rows, seconds of fit and predict.

    `build` makes an unfitted model from the raw table and a seed. `tuned` adds the money by a
    threshold tuned on training rows; its further fits are not counted in the seconds.
    """
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for fold, (train, test) in enumerate(splitter.split(X, y)):
        model = build(X, seed)
        start = perf_counter()
        model.fit(X.iloc[train], y[train])
        fitted = perf_counter()
        probability = model.predict_proba(X.iloc[test])[:, 1]
        end = perf_counter()
        result = {"fold": fold, **scores(y[test], probability)}
        result |= {"fit_seconds": fitted - start, "predict_seconds": end - fitted}
        if tuned:
            seen = unseen_scores(model, build(X, seed), X.iloc[train], y[train], seed)
            result["tuned_money"] = money(y[test], probability, tuned_thresholds(*seen))
        yield result


def warm_up(build: Callable[[pd.DataFrame, int], Any]) -> None:
    """Fit once on a few made rows: imports and thread pools are not part of a fit."""
    X, y = load("made", n_rows=200)
    build(X, 0).fit(X, y)


def run(
    data: Iterable[str],
    models: Iterable[str],
    *,
    folds: int = 3,
    seed: int = 0,
    n_rows: int | None = None,
    tuned: bool = False,
) -> Iterator[dict[str, Any]]:
    """One record a table, model and fold: names, scores, seconds."""
    models = list(models)
    for name in models:
        if not MODELS[name].slow:
            warm_up(MODELS[name].build)
    for table in data:
        X, y = load(table, n_rows)
        for name in models:
            for result in cross_validate(
                MODELS[name].build, X, y, folds=folds, seed=seed, tuned=tuned
            ):
                print(
                    f"{table} {MODELS[name].label} fold {result['fold']}: "
                    f"AUC {result['auc']:.4f}, fit {result['fit_seconds']:.1f} s",
                    file=sys.stderr,
                )
                yield {"data": table, "model": MODELS[name].label, "n_rows": len(X), **result}


def run_seeds(
    data: Iterable[str], models: Iterable[str], *, n_seeds: int, seed: int, n_rows: int | None
) -> Iterator[dict[str, Any]]:
    """One record a table and model: names, and how its fits differ by their seed."""
    models = list(models)
    for table in data:
        X, y = load(table, n_rows)
        for name in models:
            fits = fits_of_seeds(MODELS[name].build, X, y, seeds=range(n_seeds), split_seed=seed)
            print(f"{table} {MODELS[name].label}: {n_seeds} fits", file=sys.stderr)
            yield {"data": table, "model": MODELS[name].label, "n_rows": len(X), **spread(*fits)}


def ranks(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rank of each model on each table by its mean over folds, 1 the best; ties share."""
    means = _by_table(records, metric).mean().unstack("data")
    return means.rank(ascending=not METRICS[metric][1])


def table(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean and standard deviation over folds, mean over tables, average rank, wins.

    A model without results on some table has no mean and no rank there; best models come first.
    """
    by_table = _by_table(records, metric)
    mean, spread = by_table.mean().unstack("data"), by_table.std(ddof=0).unstack("data")
    digits = 2 if metric.endswith("seconds") else 4
    order = list(dict.fromkeys(records["data"]))
    cells = pd.DataFrame(
        {
            name: [
                "" if np.isnan(m) else f"{m:.{digits}f} ±{s:.{digits}f}"
                for m, s in zip(mean[name], spread[name], strict=True)
            ]
            for name in order
        },
        index=mean.index,
    )
    rank = ranks(records, metric)
    complete = mean.notna().all(axis=1)
    average = mean.mean(axis=1).where(complete)
    cells["mean"] = ["" if np.isnan(m) else f"{m:.{digits}f}" for m in average]
    cells["rank"] = [f"{r:.2f}" for r in rank.mean(axis=1)]
    cells["wins"] = (rank == rank.min()).sum(axis=1)
    return cells.loc[rank.mean(axis=1).sort_values(kind="stable").index].rename_axis(None)


def _by_table(records: pd.DataFrame, metric: str) -> Any:
    return records.groupby(["model", "data"], sort=False)[metric]


def critical_difference(n_models: int, n_tables: int) -> float:
    """Average ranks nearer than this are not told apart (Nemenyi; Demsar 2006, section 3.2.2)."""
    quantile = studentized_range.ppf(1 - SIGNIFICANCE, n_models, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(n_models * (n_models + 1) / (6 * n_tables)))


def plot_ranks(records: pd.DataFrame, path: str) -> None:
    """Average rank by AUC, the rank on each table, and who cannot be told from the best."""
    from matplotlib.figure import Figure

    rank = ranks(records, "auc").dropna()
    rank = rank.loc[rank.mean(axis=1).sort_values(ascending=False).index]
    average = rank.mean(axis=1)
    n_models, n_tables = rank.shape
    heights = np.arange(n_models)
    figure = Figure(figsize=(7, 1.2 + 0.35 * n_models), layout="constrained")
    axes = figure.subplots()
    reach = average.min() + critical_difference(n_models, n_tables)
    axes.axvspan(average.min(), reach, color="0.92", zorder=0)
    for name in rank:
        axes.plot(rank[name], heights, "o", color="0.65", markersize=4)
    axes.plot(average, heights, "D", color="C0", markersize=7)
    axes.set_yticks(heights, rank.index)
    axes.set_xlim(0.5, max(n_models, reach) + 0.5)
    axes.set_xlabel(f"rank by AUC on {n_tables} tables: each (dots) and mean (diamonds)")
    axes.set_title(f"Grey: not told from the best (Nemenyi, {SIGNIFICANCE:.0%})", fontsize="medium")
    figure.savefig(path, dpi=150)


def settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What a reader needs to judge or repeat the run."""
    libraries = ["skann", "scikit-learn", "pandas", "tensorflow", "keras", "lightgbm", "xgboost"]
    libraries += ["catboost", "pytabkit", "torch"]
    return {
        "seed": arguments.seed,
        "folds": arguments.folds,
        "quick": arguments.quick,
        "threads": _threads.N_THREADS,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: found for name in libraries if (found := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def installed(models: Iterable[str]) -> list[str]:
    """Those whose library is there; says which are not."""
    there = []
    for name in models:
        if MODELS[name].is_installed():
            there.append(name)
        else:
            print(f"{MODELS[name].label} skipped: {MODELS[name].library} is not installed")
    return there


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=NAMES, help="tables; default: all there are")
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), help="default: all but slow")
    parser.add_argument("--slow", action="store_true", help="add RealMLP and TabM")
    parser.add_argument("--quick", action="store_true", help="1,000 rows of made and telco")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the folds and of the models")
    parser.add_argument(
        "--tuned-money",
        action="store_true",
        help="cost by a threshold tuned on training rows, too; up to three further fits a fold",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=0,
        metavar="N",
        help="instead of folds: N fits on one split that differ in their seed; default: hr, telco",
    )
    parser.add_argument("--json", metavar="PATH", help="write settings and all records")
    parser.add_argument(
        "--add",
        nargs="+",
        metavar="PATH",
        default=[],
        help="JSON of earlier runs; new results replace theirs",
    )
    parser.add_argument("--plot", metavar="PATH", help="write a plot of ranks (matplotlib)")
    parser.add_argument(
        "--plot-gap", metavar="PATH", help="write a plot of gaps to the best boosted tree"
    )
    parsed = parser.parse_args(arguments)
    if parsed.seeds < 0 or parsed.seeds == 1:
        parser.error(f"--seeds must be 0 (off) or at least 2, got {parsed.seeds}")
    return parsed


def earlier(paths: Iterable[str], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Records of earlier runs on the same folds, such as those of libraries installed elsewhere."""
    records = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        for name in ("seed", "folds", "quick"):
            if content["settings"][name] != getattr(arguments, name):
                raise SystemExit(f"{path} was made with another --{name}: its folds differ")
        records += content["records"]
    return records


def tables_of(arguments: argparse.Namespace) -> list[str]:
    """Those asked for, else those that can be read of the usual ones."""
    if arguments.data:
        return list(arguments.data)
    usual: tuple[str, ...] = NAMES
    if arguments.quick:
        usual = ("made", "telco")
    elif arguments.seeds:
        usual = ("hr", "telco")
    found = [name for name in usual if name in available()]
    if "telco" not in found:
        print("SKANN_DATA is not set: the made table only")
    return found or ["made"]


def write(arguments: argparse.Namespace, **content: Any) -> None:
    """After each result, so that a run that is stopped keeps what it has."""
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"settings": settings(arguments), **content}, file, indent=1)


def compare_seeds(arguments: argparse.Namespace, data: list[str], models: list[str]) -> None:
    """Print how far the fits of each model differ by their seed."""
    seeded = [name for name in models if MODELS[name].seeded]
    records = []
    for record in run_seeds(
        data, seeded, n_seeds=arguments.seeds, seed=arguments.seed, n_rows=rows_of(arguments)
    ):
        records.append(record)
        write(arguments, seeds=records)
    print(f"\nAUC over {arguments.seeds} fits that differ in their seed alone")
    print(table_of_seeds(records).to_string())


def compare_models(arguments: argparse.Namespace, data: list[str], models: list[str]) -> None:
    """Print each metric on each fold and table, and each model against boosted trees."""
    fresh = {(table, MODELS[name].label) for table in data for name in models}
    records = [
        record
        for record in earlier(arguments.add, arguments)
        if (record["data"], record["model"]) not in fresh
    ]
    compared = {record["model"] for record in records} | {MODELS[name].label for name in models}
    if arguments.plot_gap and not compared.intersection(TREES):
        raise SystemExit(f"--plot-gap needs results of one of {', '.join(TREES)}")
    for record in run(
        data,
        models,
        folds=arguments.folds,
        seed=arguments.seed,
        n_rows=rows_of(arguments),
        tuned=arguments.tuned_money,
    ):
        records.append(record)
        write(arguments, records=records)
    frame = pd.DataFrame(records)
    for metric, (label, more) in METRICS.items():
        if metric in frame:
            print(f"\n{label}, {'more' if more else 'less'} is better")
            print(table(frame, metric).to_string())
    if (frame["model"] == PEER).any():
        print(f"\nAgainst {PEER} and the best boosted tree ({', '.join(TREES)})")
        print(summary(frame).to_string())
    if arguments.plot:
        plot_ranks(frame, arguments.plot)
    if arguments.plot_gap:
        plot_gaps(frame, arguments.plot_gap)


def rows_of(arguments: argparse.Namespace) -> int | None:
    return 1000 if arguments.quick else None


def main() -> None:
    arguments = parse()
    fast = [name for name, model in MODELS.items() if arguments.slow or not model.slow]
    models = installed(arguments.models or fast)
    compare = compare_seeds if arguments.seeds else compare_models
    compare(arguments, tables_of(arguments), models)


if __name__ == "__main__":
    main()
