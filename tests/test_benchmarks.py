"""What the benchmarks measure is what they say, and the scripts run."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

ROOT = Path(__file__).parents[1]


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch):
    """Import a module of the benchmarks folder by name."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module


@pytest.fixture
def accuracy(modules) -> ModuleType:
    return modules("accuracy")


@pytest.fixture
def models(modules) -> ModuleType:
    return modules("_models")


def run_script(name: str, *arguments: str) -> str:
    """Output of a benchmark script; skips where it asks for a library that is not there."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / name), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        timeout=600,
    )
    missing = re.search(r"ModuleNotFoundError: No module named '(\w+)", done.stderr)
    if missing and missing[1] in ("lightgbm", "matplotlib", "skorch", "torch", "xgboost"):
        pytest.skip(f"{name} needs {missing[1]}")
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_runs_on_the_same_folds_are_read_together_and_others_refused(tmp_path: Path) -> None:
    first, both, plot = (str(tmp_path / name) for name in ("a.json", "b.json", "ranks.png"))
    pytest.importorskip("matplotlib")
    quick = ("--quick", "--data", "made", "--folds", "2")
    run_script("accuracy.py", *quick, "--models", "logistic", "--json", first)
    shown = run_script(
        "accuracy.py", *quick, "--models", "hgb", "--add", first, "--json", both, "--plot", plot
    )
    # New results replace those of the same model on the same table.
    run_script("accuracy.py", *quick, "--models", "logistic", "--add", both, "--json", both)
    assert "logistic regression" in shown and "HistGradientBoosting" in shown
    records = pd.DataFrame(json.loads(Path(both).read_text())["records"])
    assert records.groupby("model").size().to_dict() == {
        "logistic regression": 2,
        "HistGradientBoosting": 2,
    }
    assert Path(plot).stat().st_size > 0
    with pytest.raises(AssertionError, match="another --seed"):
        run_script("accuracy.py", *quick, "--models", "hgb", "--seed", "1", "--add", first)


@pytest.mark.slow
def test_options_of_the_accuracy_benchmark_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    quick = ("accuracy.py", "--quick", "--data", "made")
    plot, path = tmp_path / "gap.png", tmp_path / "a.json"
    run_script(
        *(*quick, "--folds", "2", "--models", "logistic", "hgb"),
        *("--tuned-money", "--plot-gap", str(plot), "--json", str(path)),
    )
    assert plot.stat().st_size > 0
    records = json.loads(path.read_text())["records"]
    assert all(0 < record["tuned_money"] < 1.5 for record in records) and len(records) == 4

    # Logistic regression takes no seed.
    shown = run_script(*quick, "--models", "logistic", "mlp", "--seeds", "2", "--json", str(path))
    assert "MLPClassifier" in shown and "logistic" not in shown
    assert len(json.loads(path.read_text())["seeds"]) == 1


@pytest.mark.slow
def test_growth_is_measured_and_drawn_and_ratios_are_those_of_the_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figures, plot = tmp_path / "figures.json", tmp_path / "growth.png"
    only = ("--quick", "--only", "growth", "memory")
    shown = run_script("speed.py", *only, "--json", str(figures), "--plot", str(plot))
    found = json.loads(figures.read_text())
    assert plot.stat().st_size > 0
    assert {name.rpartition(": ")[0] for name in found["growth"]} == {
        "1,000 rows",
        "10 columns",
        "2 folds",
    }
    assert all(value > 0 for value in found["growth"].values())
    left = found["memory"]["MB more after many fits"]
    assert f"-> {left:8.4g} MB more after many fits (target <= 40)" in shown


def test_ratios_divide_figures_and_leave_out_what_was_not_measured(modules) -> None:
    ratio = modules("speed").Ratio("peer", "skann", "times faster")
    assert ratio.value({"peer": 6.0, "skann": 2.0}) == 3.0
    assert ratio.value({"skann": 2.0}) is None and ratio.value({"peer": 6.0}) is None
    assert ratio._replace(below=None).value({"peer": 6.0}) == 6.0


def test_peak_memory_is_what_a_call_held_at_once(modules) -> None:
    measure = modules("_measure")
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("no high-water mark that can start anew")
    size = 64 * 2**20

    def twice() -> None:
        for _ in range(2):  # one after the other
            np.ones(size, dtype=np.uint8)

    twice()
    assert 60 < measure.peak_memory_rise(twice) < 80


def test_a_function_runs_in_a_process_of_its_own(modules) -> None:
    measure, growth = modules("_measure"), modules("_speed_growth")
    label = measure.in_fresh_process(growth.label, kind="rows", size=1_000, what="seconds")
    assert label == "1,000 rows: seconds"
    with pytest.raises(RuntimeError, match="unexpected keyword"):
        measure.in_fresh_process(growth.label, colour="red")


def test_money_is_a_share_of_the_cheaper_simple_policy(modules) -> None:
    money = modules("_money")
    y = np.array([1, 0, 0, 0])
    # A missed churner costs 100, 50, 20, 10, so thresholds are 5/105, 5/55, 5/25, 5/15 (.048, .091,
    # .2, .333). Nobody costs as much as the churner, everybody 3 * 5: the cheaper is 15 or 10.
    simple = [15, 15, 15, 10]
    costs_of = {
        0.04: [100 + 5, 50 + 5, 20, 10],  # the churner always missed, the next one contacted twice
        0.1: [5, 5, 20, 10],
        0.5: [5, 5, 0, 0],
    }
    for churner, costs in costs_of.items():
        probability = np.array([churner, 0.1, 0.0, 0.0])
        found = money.money(y, probability, money.right_thresholds())
        assert found == pytest.approx(np.mean(np.divide(costs, simple))), churner


def test_tuned_thresholds_are_the_cheapest_on_the_rows_they_get(modules) -> None:
    money = modules("_money")
    y, unseen = np.array([0, 0, 1, 0, 0, 1]), np.array([0.1, 0.2, 0.3, 0.5, 0.6, 0.9])
    # A churner missed at 0.3 costs more than the two loyal customers above it, or as much (10).
    found = money.tuned_thresholds(y, unseen)
    assert found[:3] == pytest.approx([0.25] * 3)
    assert money.money(y, unseen, [0.25] * 4) == money.money(y, unseen, found)


def test_scores_that_the_model_kept_are_used_and_cost_no_fit(modules) -> None:
    money, fits = modules("_money"), []

    class Counted(LogisticRegression):
        def fit(self, X, y):
            fits.append(len(y))
            return super().fit(X, y)

    X, y = pd.DataFrame({"a": np.arange(12.0)}), np.tile([0, 1], 6)
    labels, unseen = money.unseen_scores(Counted().fit(X, y), Counted(), X, y, 0)
    assert fits == [12, 8, 8, 8] and (labels == y).all() and unseen.shape == (12,)

    kept = Counted().fit(X, y)
    kept.validation_indices_, kept.validation_proba_ = np.array([3, 2]), np.array([0.7, 0.2])
    labels, unseen = money.unseen_scores(kept, Counted(), X, y, 0)
    assert labels.tolist() == [1, 0] and unseen.tolist() == [0.7, 0.2]
    kept.validation_proba_ = np.array([[0.3, 0.7], [0.8, 0.2]])
    assert money.unseen_scores(kept, Counted(), X, y, 0)[1].tolist() == [0.7, 0.2]
    assert len(fits) == 5


def test_fits_agree_by_the_share_of_their_top_tenths_in_common(modules) -> None:
    seeds = modules("_seeds")
    first = np.linspace(1, 0, 20)  # a top tenth of two customers: 0 and 1
    second, third = first.copy(), first[::-1]
    second[[1, 5]] = second[[5, 1]]  # 0 and 5, and 18 and 19 in the third
    assert seeds.top_tenth_agreement(np.array([first, first])) == 1.0
    assert seeds.top_tenth_agreement(np.array([first, second, third])) == pytest.approx(0.5 / 3)
    found = seeds.spread(np.repeat([1, 0], 10), np.array([first, third]))
    assert (found["mean"], found["least"], found["most"]) == (0.5, 0.0, 1.0)
    assert found["sd"] == pytest.approx(np.sqrt(0.5))


def test_fits_of_seeds_differ_in_the_seed_alone(modules) -> None:
    seen = []

    def build(X: pd.DataFrame, seed: int) -> LogisticRegression:
        class Watched(LogisticRegression):
            def fit(self, X, y):
                seen.append((seed, X.index.to_list()))
                return super().fit(X, y)

        return Watched()

    X, y = pd.DataFrame({"a": np.arange(40.0)}), np.tile([0, 1], 20)
    y_test, found = modules("_seeds").fits_of_seeds(build, X, y, seeds=range(3), split_seed=7)
    assert [seed for seed, _ in seen] == [0, 1, 2]
    assert seen[0][1] == seen[1][1] == seen[2][1] and len(seen[0][1]) == 28
    assert y_test.sum() == 6 and found.shape == (3, 12)


def test_summary_compares_with_catboost_and_the_best_boosted_tree(modules) -> None:
    records = pd.DataFrame(
        [
            ("x", "ours", 0.90, 0.4),
            ("x", "CatBoost", 0.88, 0.5),
            ("x", "LightGBM", 0.91, 0.6),
            ("y", "ours", 0.70, 0.6),
            ("y", "CatBoost", 0.74, 0.5),
            ("y", "LightGBM", 0.73, 0.5),
            ("z", "ours", 0.60, 0.9),  # nothing to compare with
        ],
        columns=["data", "model", "auc", "money"],
    )
    shown = modules("_summary").summary(records)
    assert shown.index.to_list() == ["LightGBM", "CatBoost", "ours"]
    assert shown.loc["ours"].to_list() == [
        *("2.50", "-0.0100", "-0.0100", "1 of 2"),
        *("-0.0250", "-0.0250", "-0.0400", "y"),
        *("1.000", "1.200"),
    ]
    assert shown.loc["CatBoost", ("AUC - best boosted tree", "worst")] == "-0.0300"


def test_one_fit_has_no_spread(accuracy: ModuleType, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        accuracy.parse(["--seeds", "1"])
    assert "--seeds must be 0 (off) or at least 2" in capsys.readouterr().err


def test_every_model_sees_the_same_folds(accuracy: ModuleType) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=60)})
    y = (X["a"] + rng.normal(size=60) > 0).to_numpy().astype(int)
    seen = []

    class Watched(LogisticRegression):
        def fit(self, X, y):
            seen.append(X.index.to_list())
            return super().fit(X, y)

    found = list(accuracy.cross_validate(lambda X, seed: Watched(), X, y, folds=3, seed=4))
    expected = StratifiedKFold(3, shuffle=True, random_state=4).split(X, y)
    assert seen == [train.tolist() for train, _ in expected]
    assert [result["fold"] for result in found] == [0, 1, 2]


def test_ranks_average_ties_and_put_the_better_first(accuracy: ModuleType) -> None:
    records = pd.DataFrame(
        [
            {"data": data, "model": model, "fold": fold, "auc": auc, "log_loss": 1 - auc}
            for data, model, auc in [
                ("x", "good", 0.9), ("x", "poor", 0.6), ("x", "even", 0.9),
                ("y", "good", 0.8), ("y", "poor", 0.7), ("y", "even", 0.6),
            ]
            for fold in range(2)
        ]
    )  # fmt: skip
    for metric in ("auc", "log_loss"):
        shown = accuracy.table(records, metric)
        assert shown.index.to_list() == ["good", "even", "poor"]
        assert shown["rank"].to_list() == ["1.25", "2.25", "2.50"]
        assert shown["wins"].to_list() == [2, 1, 0]
    assert accuracy.table(records, "auc").loc["good", "mean"] == "0.8500"


def test_model_without_results_on_a_table_gets_no_mean(accuracy: ModuleType) -> None:
    records = pd.DataFrame(
        {
            "data": ["x", "x", "y"],
            "model": ["all", "some", "all"],
            "auc": [0.7, 0.8, 0.9],
        }
    )
    shown = accuracy.table(records, "auc")
    assert shown.loc["some", "y"] == "" and shown.loc["some", "mean"] == ""
    assert shown.loc["all", "mean"] == "0.8000"


def test_critical_difference_is_that_of_the_published_table(accuracy: ModuleType) -> None:
    # Demsar (2006), section 3.2.2: four classifiers on 14 data sets, q = 2.569, 5 %.
    assert accuracy.critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)


def test_numbers_written_as_text_are_numbers_for_the_peers(models: ModuleType) -> None:
    X = pd.DataFrame(
        {
            "total": ["1.5", " ", "3"],
            "plan": [" basic", None, "2"],
            "paid": [True, False, True],
            "since": pd.to_datetime(["1970-01-03", None, "1969-12-31"]),
        }
    )
    assert models.text_columns(X) == ["plan"]
    plain = models.plain_table(X, ["plan"])
    assert plain["plan"].to_list() == ["basic", "missing", "2"]
    np.testing.assert_array_equal(plain["total"], [1.5, np.nan, 3.0])
    np.testing.assert_array_equal(plain["paid"], [1.0, 0.0, 1.0])
    np.testing.assert_array_equal(plain["since"], [2.0, np.nan, -1.0])


@pytest.mark.parametrize("name", ["hgb", "logistic"])
def test_text_of_many_levels_takes_a_bounded_number_of_columns(
    models: ModuleType, name: str
) -> None:
    X = pd.DataFrame(
        {
            "town": [f"town {i % 300}" for i in range(600)],
            "since": pd.date_range("2020-01-01", periods=600),
        }
    )
    preparation = models.MODELS[name].build(X, 0)[:-1].fit(X)
    assert preparation.transform(X).shape == (600, models.MAX_LEVELS + 1)
    assert np.isfinite(preparation.transform(X.assign(town="elsewhere"))).all()


def test_levels_not_seen_in_training_become_missing(models: ModuleType) -> None:
    train = pd.DataFrame({"plan": ["b", "a", "b"], "n": [1.0, 2.0, 3.0]})
    found = (
        models.TextToCategory(["plan"])
        .fit(train)
        .transform(pd.DataFrame({"plan": ["a", "c"], "n": [4.0, 5.0]}))
    )
    assert found["plan"].cat.categories.to_list() == ["a", "b"]
    assert found["plan"].isna().to_list() == [False, True]


def test_tables_come_without_ids_and_costs_and_with_churners_as_ones(modules) -> None:
    if not os.environ.get("SKANN_DATA"):
        pytest.skip("SKANN_DATA is not set")
    data = modules("_data")
    shape_and_share = {
        "telco": ((7043, 19), 1869),
        "bank": ((10000, 10), 2037),
        "telecom_mlc": ((5000, 19), 707),
        "hr": ((1470, 30), 237),
        "tv": ((9379, 46), 449),
        "bank_marketing": ((45211, 15), 5289),
        "adult": ((48842, 14), 11687),
        "turnover": ((11991, 9), 1991),
        "hmeq": ((5960, 12), 1189),
        "sba": ((2101, 26), 686),
        "jobchange": ((19158, 12), 4777),
        "credit": ((30000, 23), 6636),
        "fintech": ((27000, 29), 11174),
        "caravan": ((5220, 85), 340),
        "retail": ((30801, 10), 6329),
    }
    for name, (shape, churners) in shape_and_share.items():
        X, y = data.load(name)
        assert (X.shape, int(y.sum())) == (shape, churners), name
    assert set(data.available()) == {*shape_and_share, "made"}


def test_what_is_known_after_the_outcome_is_left_out(modules) -> None:
    if not os.environ.get("SKANN_DATA"):
        pytest.skip("SKANN_DATA is not set")
    load = modules("_data").load
    leaks = {
        "sba": {"MIS_Status", "ChgOffPrinGr", "ChgOffDate", "Selected", "LoanNr_ChkDgt", "Default"},
        "retail": {"custid", "esent", "eopenrate", "eclickrate", "retained"},
        "fintech": {"user", "churn"},
        "credit": {"ID", "default.payment.next.month"},
        "bank_marketing": {"duration", "y"},
    }
    for name, columns in leaks.items():
        X, _ = load(name)
        assert not columns.intersection(X), name
        numbers = X.select_dtypes("number")
        assert (numbers.nunique() > 1).all(), name
    created = load("retail")[0]["created"]
    assert pd.api.types.is_datetime64_any_dtype(created) and created.isna().mean() < 0.01


def test_missing_folder_is_named(modules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKANN_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="SKANN_DATA is not set"):
        modules("_data").load("hmeq")


def test_drawn_rows_keep_the_share_of_churners(modules) -> None:
    data = modules("_data")
    X, y = data.load("made", n_rows=500)
    assert X.shape[0] == 500 and y.sum() == 100
    pd.testing.assert_frame_equal(X, data.load("made", n_rows=500)[0])


def test_long_tables_are_written_as_they_are_made_and_can_be_learned(modules, tmp_path) -> None:
    long_tables = modules("_long_tables")
    path = long_tables.write_table(tmp_path / "rows.parquet", 70_000)
    written = pd.read_parquet(path)
    made = pd.concat(list(long_tables.made_rows(70_000)), ignore_index=True)
    pd.testing.assert_frame_equal(written, made, check_dtype=False)
    assert written.shape == (70_000, 21)
    assert 0.1 < written["left"].mean() < 0.4
    signal = written["number_0"] * written["number_1"] + written["number_2"]
    assert signal[written["left"] == 1].mean() > signal[written["left"] == 0].mean() + 0.5


def test_a_command_that_fails_ends_the_benchmark_of_scale(modules, tmp_path) -> None:
    scale = modules("scale")
    with pytest.raises(RuntimeError, match="there is no file"):
        scale.run("train", tmp_path / "none.csv", "--target", "x", "--fn-cost", 1, "--fp-cost", 1)
    assert scale.run("--version").peak_mb > 10
