"""How time and memory of the default grow with rows, columns and folds, and over many fits.

Each size has a process of its own, which has fitted a small table before, so that neither
TensorFlow's own memory nor its start counts.
"""

import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _measure import in_fresh_process, peak_memory_rise, resident_memory, seconds
from _speed_networks import made_rows, skann_network
from sklearn.model_selection import cross_val_score

from skann import ChurnANNClassifier

N_EPOCHS, N_ROWS, N_COLUMNS = 5, 5_000, 20
SIZES = {
    "rows": (1_000, 10_000, 100_000, 1_000_000),
    "columns": (10, 100, 500, 2_000),
    "folds": (2, 5, 10),
}
QUICK_SIZES = {"rows": (1_000,), "columns": (10,), "folds": (2,)}
TIME, EPOCH, PEAK = "seconds", "seconds an epoch", "peak above the input, x"


def benchmark_growth(quick: bool) -> dict[str, float]:
    """Five epochs of the default on more rows (x 20), columns (x 5,000 rows), and folds."""
    measure = measure_growth if quick else partial(in_fresh_process, measure_growth)
    result = {}
    for kind, sizes in (QUICK_SIZES if quick else SIZES).items():
        for size in sizes:
            n_rows = size if kind == "rows" else 500 if quick else N_ROWS
            found = measure(
                n_rows=n_rows,
                n_columns=size if kind == "columns" else N_COLUMNS,
                n_folds=size if kind == "folds" else None,
            )
            result |= {label(kind, size, what): value for what, value in found.items()}
    return result


def label(kind: str, size: int, what: str) -> str:
    """Return the name of a figure."""
    return f"{size:,} {kind}: {what}"


def measure_growth(n_rows: int, n_columns: int, n_folds: int | None) -> dict[str, float]:
    """Train the default on made float64 rows in this process, once or in each of the folds."""
    network(1).fit(*_table(500, N_COLUMNS))
    X, y = _table(n_rows, n_columns)
    clock = _epoch_clock()
    model = network(N_EPOCHS).set_params(callbacks=[clock])

    def train() -> None:
        if n_folds is None:
            model.fit(X, y)
        else:
            cross_val_score(model, X, y, cv=n_folds, scoring="roc_auc")

    def timed() -> None:
        result[TIME] = seconds(train)

    result: dict[str, float] = {}
    result[PEAK] = peak_memory_rise(timed) / (X.nbytes / 2**20)
    if n_folds is None:
        result[EPOCH] = statistics.median(np.diff(clock.ends))
    return result


def network(epochs: int) -> ChurnANNClassifier:
    """Return one default network, for a number of epochs that nothing cuts short."""
    return ChurnANNClassifier(cv=None, epochs=epochs, early_stopping=False, random_state=0)


def _table(n_rows: int, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 64-bit floats, as tables have them, without keeping another copy."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns))
    return X, (X[:, 0] + rng.normal(size=n_rows) > 1).astype(int)


def _epoch_clock() -> Any:
    """Return a callback class that notes when epochs end."""
    import keras

    class EpochClock(keras.callbacks.Callback):
        leaves_weights_alone = True
        ends: list[float] = []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.ends.append(time.perf_counter())

    return EpochClock


def benchmark_memory(quick: bool) -> dict[str, float]:
    """Resident memory that fits leave behind, in MB, in a process of their own."""
    if quick:
        return measure_memory(n_fits=12, n_before=6)
    return in_fresh_process(measure_memory, n_fits=500, n_before=50)


def measure_memory(n_fits: int, n_before: int) -> dict[str, float]:
    """Return the growth of this process over fits, after the first ones."""
    X, y = made_rows(1_000)
    for fit in range(n_fits):
        skann_network(2, random_state=fit).fit(X, y)
        if fit == n_before - 1:
            before = resident_memory()
    return {"MB more after many fits": resident_memory() - before}


def plot_growth(figures: dict[str, float], path: Path) -> None:
    """Draw time and memory over rows, columns and folds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    panels = figure.subplots(1, 2)
    names = {
        "rows": f"rows (x {N_COLUMNS} columns)",
        "columns": f"columns (x {N_ROWS:,} rows)",
        "folds": f"folds (of {N_ROWS:,} x {N_COLUMNS})",
    }
    titles = {
        TIME: f"Time of {N_EPOCHS} epochs, in seconds",
        PEAK: "Peak memory above the input, in multiples of it",
    }
    for axes, (what, title) in zip(panels, titles.items(), strict=True):
        for kind, sizes in SIZES.items():
            points = {size: figures.get(label(kind, size, what)) for size in sizes}
            known = {size: value for size, value in points.items() if value is not None}
            axes.plot(list(known), list(known.values()), "o-", markersize=4, label=names[kind])
        axes.set(xscale="log", yscale="log", title=title, xlabel="number of rows, columns or folds")
        axes.title.set_fontsize(10)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False)
    figure.savefig(path, dpi=150)
