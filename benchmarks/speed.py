"""How long fits, searches and predictions take, against the peers, in one process and one run.

    python benchmarks/speed.py [--quick] [--only fit grid ...] [--json PATH]

Every comparison trains the same network on the same rows: units, batch size, epochs, validation
rows and callbacks are equal. Times are medians of repeats, in seconds; the ratios are what to
quote, for they hold on other machines, too. Peers that are not installed are left out with a word.
"""

import argparse
import gc
import json
import os
import platform
import resource
import statistics
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import parallel_backend
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skann import ChurnANNClassifier
from skann.datasets import fetch_telco_churn, make_churn

HIDDEN, DROPOUT, BATCH, LEARNING_RATE = (64, 32), 0.1, 256, 1e-3
NEVER = 10_000  # a patience that callbacks never reach, so that all train the same epochs


def made_rows(n_rows: int, n_features: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised float32 rows and labels that depend on them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)).astype(np.float32)
    score = X @ rng.normal(size=n_features) / 3 + np.tanh(X[:, 0] * X[:, 1])
    return X, (score + rng.normal(size=n_rows) > 1).astype(int)


def skann_network(epochs: int, dropout: float = DROPOUT, **settings: Any) -> ChurnANNClassifier:
    """Return the network of this benchmark as skann builds it."""
    return ChurnANNClassifier(
        HIDDEN,
        dropout=dropout,
        n_heads=1,
        optimizer="adam",
        learning_rate=LEARNING_RATE,
        batch_size=BATCH,
        epochs=epochs,
        patience=NEVER,
        **{"preprocessor": "passthrough", "random_state": 0, **settings},
    )


def scikeras_network(epochs: int, **settings: Any) -> Any:
    """Return the same network as one writes it with SciKeras alone."""
    import keras
    from scikeras.wrappers import KerasClassifier

    def build(meta: dict[str, Any], dropout: float, learning_rate: float) -> Any:
        layers = [keras.Input((meta["n_features_in_"],))]
        for units in HIDDEN:
            layers += [keras.layers.Dense(units, "relu"), keras.layers.Dropout(dropout)]
        model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
        model.compile(
            keras.optimizers.Adam(learning_rate),
            "binary_crossentropy",
            metrics=[keras.metrics.AUC(name="auc")],
        )
        return model

    callbacks = [
        keras.callbacks.EarlyStopping(patience=NEVER, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(patience=NEVER),
    ]
    defaults = {"model__dropout": DROPOUT, "model__learning_rate": LEARNING_RATE}
    return KerasClassifier(
        build,
        batch_size=BATCH,
        epochs=epochs,
        verbose=0,
        callbacks=callbacks,
        **{**defaults, **settings},
    )


def sklearn_network(epochs: int) -> MLPClassifier:
    """Return the same network without dropout, which MLPClassifier lacks."""
    return MLPClassifier(
        HIDDEN,
        batch_size=BATCH,
        max_iter=epochs,
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=NEVER,
        alpha=0.0,
        random_state=0,
    )


def skorch_network(epochs: int, n_features: int) -> Any:
    """Return the same network in skorch."""
    import torch
    from skorch import NeuralNetBinaryClassifier
    from skorch.callbacks import EarlyStopping, EpochScoring
    from skorch.dataset import ValidSplit

    sizes = [n_features, *HIDDEN]
    layers: list[Any] = []
    for before, units in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [torch.nn.Linear(before, units), torch.nn.ReLU(), torch.nn.Dropout(DROPOUT)]
    return NeuralNetBinaryClassifier(
        torch.nn.Sequential(*layers, torch.nn.Linear(HIDDEN[-1], 1)),
        optimizer=torch.optim.Adam,
        lr=LEARNING_RATE,
        batch_size=BATCH,
        max_epochs=epochs,
        train_split=ValidSplit(0.2, stratified=True),
        callbacks=[
            EpochScoring("roc_auc", lower_is_better=False, name="valid_auc"),
            EarlyStopping(patience=NEVER, load_best=True),
        ],
        verbose=0,
    )


def seconds(run: Callable[[], Any], repeats: int) -> float:
    """Return the median duration of ``repeats`` runs."""
    durations = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        run()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def benchmark_fit(quick: bool) -> dict[str, float]:
    """(a) One fit: 6,400 rows for training and 1,600 for validation, 30 features, 30 epochs."""
    n_rows, epochs, repeats = (2_000, 5, 1) if quick else (8_000, 30, 5)
    X, y = made_rows(n_rows)
    n_train = n_rows * 4 // 5
    rows, validation = (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])
    fits: dict[str, Callable[[], Any]] = {
        "skann": lambda: skann_network(epochs).fit(*rows, validation_data=validation),
        "skann without dropout": lambda: skann_network(epochs, 0.0).fit(
            *rows, validation_data=validation
        ),
        "scikeras": lambda: scikeras_network(epochs).fit(*rows, validation_data=validation),
        "MLPClassifier (no dropout)": lambda: sklearn_network(epochs).fit(X, y),
    }
    if installed("skorch", "torch"):
        labels = y.astype(np.float32)
        fits["skorch"] = lambda: skorch_network(epochs, X.shape[1]).fit(X, labels)
    # TensorFlow's import and first operations are nobody's fit.
    scikeras_network(1).fit(X[:64], y[:64])
    result = {"skann, first fit (traces)": seconds(fits["skann"], 1)}
    # Interleaved, so that a machine that slows down slows all of them.
    durations: dict[str, list[float]] = {name: [] for name in fits}
    for _ in range(repeats):
        for name, fit in fits.items():
            durations[name].append(seconds(fit, 1))
    return result | {name: statistics.median(values) for name, values in durations.items()}


def benchmark_grid(quick: bool) -> dict[str, float]:
    """(b) GridSearchCV of 9 candidates and 3 folds on a raw churn table."""
    epochs = 2 if quick else 20
    X, y = raw_table(1_000 if quick else None)
    grid = {
        "learning_rate": [5e-4, 1e-3, 2e-3],
        "dropout": [0.1] if quick else [0.1, 0.2, 0.3],
    }
    cv = StratifiedKFold(3, shuffle=True, random_state=0)

    def skann_search(n_jobs: int = 1) -> None:
        network = skann_network(
            epochs, preprocessor="auto", numeric_encoding="standard", categorical_encoding="onehot"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            GridSearchCV(network, grid, scoring="roc_auc", cv=cv, n_jobs=n_jobs, refit=False).fit(
                X, y
            )

    def skann_threads() -> None:
        with parallel_backend("threading"):
            skann_search(n_jobs=2)

    def scikeras_search() -> None:
        X_clean = X.drop(columns=["customerID"], errors="ignore").copy()
        if "TotalCharges" in X_clean:
            X_clean["TotalCharges"] = pd.to_numeric(X_clean["TotalCharges"], errors="coerce")
        numbers = list(X_clean.select_dtypes("number"))
        text = [name for name in X_clean if name not in numbers]
        prepare = make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), text),
        )
        network = scikeras_network(epochs, fit__validation_split=0.15, random_state=None)
        search = GridSearchCV(
            make_pipeline(prepare, network),
            {f"kerasclassifier__model__{name}": values for name, values in grid.items()},
            scoring=auc_scorer,
            cv=cv,
            refit=False,
        )
        search.fit(X_clean, (np.asarray(y) == np.unique(y)[1]).astype(int))

    return {
        "skann": seconds(skann_search, 1 if quick else 3),
        "skann, n_jobs=2 threads": seconds(skann_threads, 1 if quick else 3),
        "scikeras": seconds(scikeras_search, 1),
    }


def auc_scorer(estimator: Any, X: Any, y: Any) -> float:
    """Return the AUC; scikit-learn's scorer takes SciKeras for no classifier and refuses it."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, estimator.predict_proba(X)[:, 1]))


def benchmark_predict(quick: bool) -> dict[str, float]:
    """(c) predict_proba on 1,000 and on 1,000,000 rows of 30 float32 features."""
    X, y = made_rows(3_000)
    many, _ = made_rows(20_000 if quick else 1_000_000, seed=1)
    skann = skann_network(3).fit(X, y)
    network = skann.pipeline_["network"].model_
    mlp = sklearn_network(3).fit(X, y)
    result = {}
    for rows, repeats in ((many[:1_000], 10), (many, 1 if quick else 3)):
        label = f"{len(rows):,} rows"
        skann.predict_proba(rows)
        result[f"skann, {label}"] = seconds(lambda rows=rows: skann.predict_proba(rows), repeats)
        result[f"model.predict, {label}"] = seconds(
            lambda rows=rows: network.predict(rows, batch_size=1024, verbose=0), repeats
        )
        result[f"MLPClassifier, {label}"] = seconds(
            lambda rows=rows: mlp.predict_proba(rows), repeats
        )
    peak = peak_memory_rise(lambda: skann.predict_proba(many))
    result["skann, peak memory over input"] = peak / (many.nbytes / 2**20)
    return result


def benchmark_memory(quick: bool) -> dict[str, float]:
    """(d) Resident memory, in MB, that fits leave behind after the first ten."""
    n_fits = 15 if quick else 200
    X, y = made_rows(1_000)
    for fit in range(n_fits):
        skann_network(2, random_state=fit).fit(X, y)
        if fit == 9:
            before = resident_memory()
    return {f"MB more after {n_fits} fits": resident_memory() - before}


def benchmark_rows(quick: bool) -> dict[str, float]:
    """(e) How the time of a fit grows with the rows."""
    n_rows, epochs = (1_000, 2) if quick else (8_000, 20)
    result = {}
    for factor in (1, 2, 4, 8):
        X, y = made_rows(n_rows * factor)
        skann_network(1).fit(X, y)
        result[f"{n_rows * factor:,} rows"] = seconds(
            lambda X=X, y=y: skann_network(epochs).fit(X, y), 1 if quick else 3
        )
    return result


def raw_table(n_rows: int | None) -> tuple[pd.DataFrame, pd.Series]:
    """Return Telco where the data folder has it, else made data of the same size."""
    if os.environ.get("SKANN_DATA"):
        churn = fetch_telco_churn()
    else:
        churn = make_churn(7_043, random_state=0)
    return churn.data.iloc[:n_rows], churn.target.iloc[:n_rows]


def installed(*modules: str) -> bool:
    """Tell whether modules can be imported, and say which cannot."""
    import importlib.util

    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        print(f"left out, for {', '.join(missing)} is not installed")
    return not missing


def resident_memory() -> float:
    """Return this process' resident memory in MB."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def peak_memory_rise(run: Callable[[], Any]) -> float:
    """Return by how many MB resident memory rises while ``run`` works, sampled."""
    before = peak = resident_memory()
    done = threading.Event()

    def sample() -> None:
        nonlocal peak
        statm = Path("/proc/self/statm")
        while not done.wait(0.002):
            pages = int(statm.read_text().split()[1])
            peak = max(peak, pages * resource.getpagesize() / 2**20)

    sampler = threading.Thread(target=sample)
    sampler.start()
    run()
    done.set()
    sampler.join()
    return peak - before


RATIOS = {
    "fit": [
        ("scikeras", "skann", "times faster than plain SciKeras, warm", ">= 12"),
        ("scikeras", "skann, first fit (traces)", "times faster, first trace in", ">= 6"),
        ("MLPClassifier (no dropout)", "skann", "times faster than MLPClassifier", ">= 1"),
        ("MLPClassifier (no dropout)", "skann without dropout", "the same, no dropout", ">= 1.3"),
        ("skorch", "skann", "times faster than skorch", ""),
    ],
    "grid": [
        ("scikeras", "skann", "times faster than SciKeras", ">= 10"),
        ("skann", "skann, n_jobs=2 threads", "times faster with two threads", ">= 1.4"),
    ],
    "predict": [
        ("model.predict, 1,000,000 rows", "skann, 1,000,000 rows", "times faster", ">= 10"),
        ("model.predict, 1,000 rows", "skann, 1,000 rows", "times faster, 1,000 rows", ""),
    ],
    "rows": [("64,000 rows", "8,000 rows", "times the time for 8 x the rows", "<= 9")],
}
BENCHMARKS = {
    "fit": benchmark_fit,
    "grid": benchmark_grid,
    "predict": benchmark_predict,
    "memory": benchmark_memory,
    "rows": benchmark_rows,
}


def main() -> None:
    """Run the benchmarks and print a table each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    results: dict[str, Any] = {"machine": f"{platform.processor()} {os.cpu_count()} cores"}
    for name in arguments.only:
        benchmark = BENCHMARKS[name]
        print(f"\n{benchmark.__doc__.splitlines()[0]}")
        results[name] = figures = benchmark(arguments.quick)
        for label, value in figures.items():
            print(f"  {label:<34} {value:10.4f}")
        for above, below, label, target in RATIOS.get(name, []):
            if above in figures and below in figures:
                ratio = figures[above] / figures[below]
                print(f"  -> {ratio:6.2f} {label}" + (f" (target {target})" if target else ""))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
