"""How long fits, searches and predictions take, against the peers, and how that grows.

    python benchmarks/speed.py [--quick] [--only fit grid ...] [--json PATH] [--plot PATH]

- fit: the same network in every library, warm, and the first fit of a process;
- grid: a grid of equal epochs on a raw table;
- search: nine candidates with early stopping as people run it, and in stages;
- default: the default on every churn table, against CatBoost's;
- throughput: several fits at a time, in threads and in processes;
- growth: time and memory with rows, columns and folds; --plot draws it;
- memory: what many fits leave behind;
- predict: a thousand and a million rows.

Times are medians, in seconds; the ratios are what to quote, for they hold on other machines, too.
Everybody has two threads. Tables come from the folder named by SKANN_DATA; without it there is the
made one only. Peers that are not installed are left out with a word.
"""

import argparse
import json
import logging
import os
import platform
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import _threads
from _speed_default import TABLES, benchmark_default, benchmark_throughput
from _speed_fits import benchmark_fit, benchmark_grid, benchmark_predict
from _speed_growth import benchmark_growth, benchmark_memory, plot_growth
from _speed_search import benchmark_search

BENCHMARKS = {
    "fit": benchmark_fit,
    "grid": benchmark_grid,
    "search": benchmark_search,
    "default": benchmark_default,
    "throughput": benchmark_throughput,
    "growth": benchmark_growth,
    "memory": benchmark_memory,
    "predict": benchmark_predict,
}


class Ratio(NamedTuple):
    """A figure, over another one if there is one, and what it should be."""

    above: str
    below: str | None
    label: str
    target: str = ""

    def value(self, figures: dict[str, float]) -> float | None:
        """Return the ratio, or None where a figure is missing."""
        if self.above not in figures or (self.below and self.below not in figures):
            return None
        return figures[self.above] / (figures[self.below] if self.below else 1.0)


RATIOS = {
    "fit": [
        Ratio("scikeras", "skann", "times faster than plain SciKeras, warm", ">= 25"),
        Ratio("scikeras", "skann, first fit of a network", "times, with the compilation", ">= 5"),
        Ratio("scikeras", "skann, first fit of a process", "times, first fit of a process"),
        Ratio("MLPClassifier (no dropout)", "skann", "times faster than MLPClassifier"),
        Ratio("MLPClassifier (no dropout)", "skann without dropout", "times, no dropout", ">= 2.5"),
        Ratio("skorch", "skann", "times faster than skorch"),
    ],
    "grid": [
        Ratio("scikeras", "skann", "times faster than SciKeras", ">= 10"),
        Ratio("skann", "skann, n_jobs=2 threads", "times faster with two threads"),
    ],
    "search": [
        Ratio("MLPClassifier", "skann, textbook", "MLPClassifier / textbook", ">= 1.5"),
        Ratio(
            "MLPClassifier, 2 processes",
            "skann, textbook, 2 threads",
            "MLPClassifier / textbook, two fits at a time",
        ),
        Ratio("scikeras, textbook", "skann, textbook", "SciKeras / textbook"),
        Ratio("skann, default", "LightGBM", "default / LightGBM", "<= 6"),
        Ratio("skann, default, 2 threads", "LightGBM", "default, 2 threads / LightGBM", "<= 6"),
        Ratio("CatBoost", "skann, default", "CatBoost / default"),
        Ratio("skann, default, in stages", "skann, default", "time of stages / of the grid"),
        Ratio(
            "skann, default, in stages: epochs",
            "skann, default: epochs",
            "epochs of stages / of the grid",
            "<= 0.25",
        ),
        Ratio("AUC that stages lose", None, "AUC that stages lose", "<= 0.0005"),
    ],
    "default": [
        Ratio(f"CatBoost, {table}", f"skann, {table}", f"CatBoost / skann, {table}", ">= 2")
        for table in (*TABLES, "made")
    ],
    "throughput": [
        Ratio("one after another", "two threads", "times the fits in two threads", ">= 1.7"),
        Ratio("one after another", "two processes", "times the fits in two processes", ">= 1.7"),
    ],
    "growth": [
        Ratio(f"{size}: peak above the input, x", None, f"x the input, {size}", "<= 6")
        for size in ("1,000,000 rows", "2,000 columns")
    ],
    "memory": [Ratio("MB more after many fits", None, "MB more after many fits", "<= 40")],
    "predict": [
        Ratio("model.predict, 1,000,000 rows", "skann, 1,000,000 rows", "times faster", ">= 10"),
        Ratio("model.predict, 1,000 rows", "skann, 1,000 rows", "times faster, 1,000 rows"),
    ],
}


def main() -> None:
    """Run the benchmarks and print a table each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--plot", type=Path, help="picture of the growth")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # in worker processes
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    results: dict[str, Any] = {
        "machine": f"{platform.processor()} {os.cpu_count()} cores, {_threads.N_THREADS} threads"
    }
    for name in arguments.only:
        benchmark = BENCHMARKS[name]
        print(f"\n{name}: {benchmark.__doc__.splitlines()[0]}", flush=True)
        start = time.perf_counter()
        results[name] = figures = benchmark(arguments.quick)
        for label, value in figures.items():
            print(f"  {label:<44} {value:10.4f}")
        for ratio in RATIOS[name]:
            value = ratio.value(figures)
            if value is not None:
                target = ratio.target and f" (target {ratio.target})"
                print(f"  -> {value:8.4g} {ratio.label}{target}")
        print(f"  (in {time.perf_counter() - start:.0f} s)")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    if arguments.plot and "growth" in results:
        plot_growth(results["growth"], arguments.plot)


if __name__ == "__main__":
    main()
