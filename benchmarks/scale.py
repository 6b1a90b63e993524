"""What models and the command make of tables of any size: one row, long lists, samples and parts.

    python benchmarks/scale.py [--quick] [--only serve learn train predict] [--json PATH]

- serve: milliseconds of one customer by a model out of a file, and seconds and MB of `skann
  predict` for 1,000 customers, beside those of importing pandas and scikit-learn alone;
- learn: AUC of `skann train` on all rows, on samples, and `--out-of-core`, on real tables of 40,000
  rows and more, where a block is a tenth of the rows;
- train: time and peak memory of one pass of `skann train --out-of-core`, and how they grow;
- predict: rows per second and peak memory of `skann predict --sort no`, and rows per second of a
  fitted model, which scores by TensorFlow, and of the same out of a file, which scores by NumPy.

Rows of the last two are synthetic, and each command has a process of its own. `serve` takes Telco.
"""

import argparse
import json
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from timeit import timeit
from typing import Any, NamedTuple

import _threads
import pandas as pd
from _data import available, load
from _long_tables import BLOCK_ROWS, by_both_paths, write_table
from _measure import in_fresh_process, run_python
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

import skann
from skann.cli._model_file import load_model

LARGE = 40_000
SHARES = (0.1, 0.5, 1.0)

_COMMAND = """
import sys
from skann.cli import _parts, main
_parts.BLOCK_ROWS = int(sys.argv.pop(1))
sys.exit(main())
"""
# The system would count the memory of this process, from which the other one is forked.
_TELLS_PEAK = """
import atexit, pathlib
from _measure import peak_memory
atexit.register(lambda: pathlib.Path({file!r}).write_text(str(peak_memory())))
"""


class Sizes(NamedTuple):
    """How much to do."""

    folds: int = 3
    shares: tuple[float, ...] = SHARES
    epochs: int | None = None  # for the command's own
    rows_to_train: tuple[int, ...] = (1_000_000, 4_000_000)
    rows_to_score: int = 10_000_000
    rows_by_both: int = 500_000
    rows_to_serve: int = 300


QUICK = Sizes(
    folds=1,
    shares=(),
    epochs=2,
    rows_to_train=(5_000,),
    rows_to_score=20_000,
    rows_by_both=5_000,
    rows_to_serve=1,
)


class Run(NamedTuple):
    """What a command took."""

    seconds: float
    peak_mb: float


def run(*arguments: Any, block_rows: int = BLOCK_ROWS) -> Run:
    """Run the `skann` command in a process of its own."""
    return measured(_COMMAND, str(block_rows), *map(str, arguments))


def measured(program: str, *arguments: str) -> Run:
    """Run Python in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder, "peak")
        start = time.perf_counter()
        run_python(_TELLS_PEAK.format(file=str(peak)) + program, *arguments)
        return Run(time.perf_counter() - start, float(peak.read_text()))


def train(
    data: Path, model: Path, *more: Any, epochs: int | None, block_rows: int = BLOCK_ROWS
) -> Run:
    """Run `skann train`."""
    arguments = ["train", data, "--target", "left", "--fn-cost", 100, "--fp-cost", 5, *more]
    if epochs is not None:
        arguments += ["--epochs", epochs]
    return run(*arguments, "--model", model, block_rows=block_rows)


def serve(sizes: Sizes, folder: Path) -> dict[str, float]:
    """Milliseconds of one customer, and seconds and MB of `skann predict` for 1,000."""
    X, y = load("telco" if "telco" in available() else "made", 2_000 if sizes is QUICK else None)
    data, customers, model = (folder / name for name in ("train.csv", "new.csv", "model.skann"))
    X.assign(left=y).to_csv(data, index=False)
    X[:1_000].to_csv(customers, index=False)
    train(data, model, epochs=sizes.epochs)
    score = skann.load(model).predict_proba
    rows = [X[i : i + 1] for i in range(sizes.rows_to_serve)]
    score(rows[0])
    durations = [timeit(partial(score, row), number=1) for row in rows]
    figures = {"one row: milliseconds": 1e3 * statistics.median(durations)}
    runs: dict[str, list[Run]] = {"skann predict": [], "imports alone": []}
    for _ in rows[:5]:  # in turn, for the machine may slow down
        scored = folder / "scored.csv"
        runs["skann predict"].append(run("predict", model, customers, "--out", scored))
        runs["imports alone"].append(measured("import pandas, sklearn.pipeline"))
    for name, each in runs.items():
        figures[f"{name}: seconds"] = statistics.median(took.seconds for took in each)
        figures[f"{name}: peak MB"] = statistics.median(took.peak_mb for took in each)
    return figures


def learn(sizes: Sizes, folder: Path) -> dict[str, float]:
    """AUC and seconds of `skann train` on shares of the rows, and on one part after another."""
    tables = {} if sizes is QUICK else {name: load(name) for name in available()}
    tables = {name: table for name, table in tables.items() if len(table[1]) >= LARGE}
    records = []
    for name, (X, y) in (tables or {"made": load("made", 3_000)}).items():
        folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)
        for _, (rows, test) in zip(range(sizes.folds), folds, strict=False):
            data, model = folder / "train.parquet", folder / "model.skann"
            X.iloc[rows].assign(left=y[rows]).to_parquet(data, index=False)
            ways = {
                f"{share:.0%}": ("--sample", round(share * len(rows))) for share in sizes.shares
            }
            for way, more in {**ways, "out of core": ("--out-of-core",)}.items():
                tenth = len(rows) // 10
                took = train(data, model, *more, epochs=sizes.epochs, block_rows=tenth)
                saved = load_model(str(model))
                auc = roc_auc_score(y[test], saved.probability(X.iloc[test]))
                records.append((f"{name}, {way}: AUC", auc))
                records.append((f"{name}, {way}: seconds", took.seconds))
    return pd.DataFrame(records).groupby(0, sort=False)[1].mean().to_dict()


def memory(sizes: Sizes, folder: Path) -> dict[str, float]:
    """Seconds and MB of one pass of `skann train --out-of-core`."""
    figures = {}
    for n_rows in sizes.rows_to_train:
        data = write_table(folder / "train.parquet", n_rows)
        took = train(data, folder / "model.skann", "--out-of-core", epochs=1)
        figures[f"{n_rows:,} rows: seconds"] = took.seconds
        figures[f"{n_rows:,} rows: peak MB"] = took.peak_mb
    return figures


def predict(sizes: Sizes, folder: Path) -> dict[str, float]:
    """Rows per second and MB of `skann predict --sort no`, and rows per second of either path."""
    model, n_rows = folder / "model.skann", sizes.rows_to_score
    figures: dict[str, float] = in_fresh_process(
        by_both_paths, path=str(model), n_rows=sizes.rows_by_both, epochs=sizes.epochs
    )
    data = write_table(folder / "score.parquet", n_rows)
    took = run("predict", model, data, "--sort", "no", "--out", folder / "scored.parquet")
    return {
        **{f"predict_proba, {path}: rows per second": each for path, each in figures.items()},
        f"predict, {n_rows:,} rows: rows per second": n_rows / took.seconds,
        f"predict, {n_rows:,} rows: peak MB": took.peak_mb,
    }


BENCHMARKS = {"serve": serve, "learn": learn, "train": memory, "predict": predict}


def main() -> None:
    """Run the benchmarks and print their figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    results: dict[str, Any] = {"threads": _threads.N_THREADS}
    for name in arguments.only:
        print(f"\n{name}: {BENCHMARKS[name].__doc__}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            results[name] = BENCHMARKS[name](QUICK if arguments.quick else Sizes(), Path(folder))
        for label, value in results[name].items():
            print(f"  {label:<48} {value:12,.{4 if 'AUC' in label else 1}f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
