"""How fast and how cheap skann's threshold is next to scikit-learn's.

    python benchmarks/threshold.py                            # all tables
    python benchmarks/threshold.py --data telco hr --repeats 1 --json run.json
    python benchmarks/threshold.py --quick                    # a minute: for CI

Four parts:

- speed: choosing the threshold on 200,000 given probabilities, against TunedThresholdClassifierCV
  with a confusion-matrix scorer; and 1,000,000 rows with costs a customer;
- held-out cost: every rule gets the same probabilities, tunes on out-of-fold ones of the training
  rows, and decides on test rows. Costs are 1 for a wasted offer and the ratio for a missed churner;
- costs a customer: the TV table has its own, against the best of all single thresholds;
- profit: EMPC and MPC of 1,000,000 scores.

A cost of 1 in the tables is that of the cheaper of contacting nobody and everybody on the same test
rows. Tables come from the folder named by SKANN_DATA; without it there is the made one only.
"""

import argparse
import json
from collections.abc import Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from _data import NAMES, available, load
from _models import MODELS, Given
from sklearn.metrics import confusion_matrix, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from threadpoolctl import threadpool_limits

from skann import CostThresholdClassifier, datasets
from skann.metrics import emp_churn_score, expected_cost, max_profit_score

RATIOS = (1, 2, 5, 10, 20, 50, 100)
CLASSIFIERS = ("logistic", "hgb")
INNER_FOLDS = 5


def confusion_cost(y_true: np.ndarray, y_pred: np.ndarray, fn_cost: float, fp_cost: float) -> float:
    (_, fp), (fn, _) = confusion_matrix(y_true, y_pred, labels=[0, 1])
    return (fn_cost * fn + fp_cost * fp) / len(y_true)


def counted_cost(y_true: np.ndarray, y_pred: np.ndarray, fn_cost: float, fp_cost: float) -> float:
    """The same without a confusion matrix, to keep 1,000 cuts bearable."""
    missed, wasted = np.sum(y_true > y_pred), np.sum(y_true < y_pred)
    return (fn_cost * missed + fp_cost * wasted) / len(y_true)


def rules(fn_cost: float, fp_cost: float, cv: Any) -> dict[str, Any]:
    """Every way to cut, by its label in the tables."""
    costs = {"fn_cost": fn_cost, "fp_cost": fp_cost}
    scorer = make_scorer(counted_cost, greater_is_better=False, **costs)
    return {
        "skann empirical": CostThresholdClassifier(Given(), **costs, cv=cv),
        "skann bayes": CostThresholdClassifier(Given(), **costs, cv=cv, method="bayes"),
        "skann bayes, calibrated": CostThresholdClassifier(
            Given(), **costs, cv=cv, method="bayes", calibration="sigmoid"
        ),
        "tuned, 100 cuts": TunedThresholdClassifierCV(Given(), scoring=scorer, cv=cv),
        "tuned, 1,000 cuts": TunedThresholdClassifierCV(
            Given(), scoring=scorer, cv=cv, thresholds=1000
        ),
        "fixed at p*": FixedThresholdClassifier(Given(), threshold=fp_cost / (fp_cost + fn_cost)),
        "0.5": FixedThresholdClassifier(Given(), threshold=0.5),
    }


def simple_cost(y: np.ndarray, fn_cost: Any, fp_cost: Any, tp_cost: Any = 0.0) -> float:
    """Cost of the cheaper of contacting nobody and everybody."""
    costs = {"fn_cost": fn_cost, "fp_cost": fp_cost, "tp_cost": tp_cost}
    return min(expected_cost(y, np.full_like(y, label), **costs) for label in (0, 1))


class Scored(NamedTuple):
    """One split of a table, with one classifier's probabilities of its rows."""

    classifier: str
    split: int
    train: np.ndarray
    test: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]  # of the training rows
    unseen: np.ndarray  # out-of-fold, of the training rows
    new: np.ndarray  # of the test rows


def scored(X: pd.DataFrame, y: np.ndarray, repeats: int) -> Iterator[Scored]:
    """Fit and score every classifier on every split."""
    for repeat in range(repeats):
        outer = StratifiedKFold(3, shuffle=True, random_state=repeat)
        for fold, (train, test) in enumerate(outer.split(X, y)):
            seen = X.iloc[train]
            inner = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=repeat)
            folds = list(inner.split(seen, y[train]))
            for label in CLASSIFIERS:
                model = MODELS[label].build(X, repeat)
                unseen = cross_val_predict(model, seen, y[train], cv=folds, method="predict_proba")[
                    :, 1
                ]
                new = model.fit(seen, y[train]).predict_proba(X.iloc[test])[:, 1]
                yield Scored(label, 3 * repeat + fold, train, test, folds, unseen, new)


def held_out(name: str, n_rows: int | None, repeats: int) -> Iterator[dict[str, Any]]:
    """Cost of every rule on test rows, a record a rule, ratio, split and classifier."""
    X, y = load(name, n_rows)
    for label, split, train, test, folds, unseen, new in scored(X, y, repeats):
        for ratio in RATIOS:
            for rule, model in rules(float(ratio), 1.0, folds).items():
                decided = model.fit(unseen[:, None], y[train]).predict(new[:, None])
                cost = expected_cost(y[test], decided, fn_cost=ratio, fp_cost=1.0)
                yield {
                    "table": name,
                    "classifier": label,
                    "split": split,
                    "ratio": ratio,
                    "rule": rule,
                    "cost": cost / simple_cost(y[test], ratio, 1.0),
                }


def customer_costs(repeats: int) -> Iterator[dict[str, Any]]:
    """The TV table's own costs: skann against single thresholds."""
    X, y = load("tv")
    costs = datasets.fetch_tv_churn().costs
    for label, split, train, test, folds, unseen, new in scored(X, y, repeats):
        seen = {name: costs[name].to_numpy()[train] for name in costs}
        then = {name: costs[name].to_numpy()[test] for name in costs}
        unit = simple_cost(y[test], then["fn_cost"], then["fp_cost"], then["tp_cost"])
        cuts = np.unique(np.concatenate([[-1.0], np.quantile(unseen, np.linspace(0, 1, 2000))]))
        on_training = [expected_cost(y[train], unseen > t, **seen) for t in cuts]
        on_test = [expected_cost(y[test], new > t, **then) for t in cuts]
        found = {
            "single threshold, tuned": on_test[int(np.argmin(on_training))],
            "single threshold, best in hindsight": min(on_test),
            "0.5": expected_cost(y[test], new > 0.5, **then),
        }
        for rule, options in {
            "skann empirical": {},
            "skann bayes": {"method": "bayes"},
            "skann bayes, calibrated": {"method": "bayes", "calibration": "sigmoid"},
        }.items():
            model = CostThresholdClassifier(Given(), cv=folds, **options)
            model.fit(unseen[:, None], y[train], **seen)
            found[rule] = expected_cost(y[test], model.predict(new[:, None], **then), **then)
        for rule, cost in found.items():
            yield {"classifier": label, "split": split, "rule": rule, "cost": cost / unit}


def seconds(function: Any, repeats: int = 3) -> float:
    """The best of a few runs."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return min(times)


def speed(n_rows: int) -> dict[str, float]:
    """Times of choosing the threshold on given probabilities, and what it costs there."""
    rng = np.random.default_rng(0)
    p = 1.0 / (1.0 + np.exp(rng.normal(2.0, 1.5, n_rows)))
    y = (rng.random(n_rows) < p).astype(int)
    X, given = p[:, None], Given().fit(p[:, None], y)
    scorer = make_scorer(confusion_cost, greater_is_better=False, fn_cost=100.0, fp_cost=5.0)
    ours = CostThresholdClassifier(given, fn_cost=100, fp_cost=5, cv="prefit", random_state=0)
    found = {"skann": seconds(lambda: ours.fit(X, y)), "skann, cost": ours.expected_cost_}
    for cuts in (100, 1000):
        tuned = TunedThresholdClassifierCV(
            given, scoring=scorer, cv="prefit", refit=False, thresholds=cuts
        )
        found[f"tuned, {cuts:,} cuts"] = seconds(lambda tuned=tuned: tuned.fit(X, y), 1)
        found[f"tuned, {cuts:,} cuts, cost"] = -tuned.best_score_
    return found


def large(n_rows: int) -> dict[str, float]:
    """Times of what is promised for a million rows."""
    rng = np.random.default_rng(0)
    p = 1.0 / (1.0 + np.exp(rng.normal(2.0, 1.5, n_rows)))
    y = (rng.random(n_rows) < p).astype(int)
    fn_cost, weight = rng.uniform(1, 200, n_rows), rng.uniform(0.5, 2, n_rows)
    given = Given().fit(p[:, None], y)
    model = CostThresholdClassifier(given, fp_cost=5, cv="prefit", random_state=0)
    return {
        "threshold, one cost for all": seconds(lambda: model.fit(p[:, None], y)),
        "threshold, costs a customer and weights": seconds(
            lambda: model.fit(p[:, None], y, weight, fn_cost=fn_cost)
        ),
        "max_profit_score": seconds(lambda: max_profit_score(y, p)),
        "emp_churn_score": seconds(lambda: emp_churn_score(y, p)),
    }


def print_held_out(records: pd.DataFrame) -> None:
    by_ratio = records.pivot_table(index="rule", columns="ratio", values="cost", sort=False)
    by_ratio["mean"] = by_ratio.mean(axis=1)
    print("\nHeld-out cost by ratio (1: the cheaper of nobody and everybody)")
    print(by_ratio.round(4).to_string())
    print_differences(records)
    by_table = records.pivot_table(
        index="rule", columns=["classifier", "table"], values="cost", sort=False
    )
    print("\nHeld-out cost by table")
    print(by_table.round(4).T.to_string())


def print_differences(records: pd.DataFrame) -> None:
    """How far each rule is from the first one, with the standard error over splits and tables."""
    by_split = records.pivot_table(
        index=["table", "classifier", "split"], columns="rule", values="cost", sort=False
    )
    for rule in by_split.columns[1:]:
        gap = by_split[rule] - by_split.iloc[:, 0]
        error = gap.std() / np.sqrt(len(gap))
        print(f"  {rule:24} above {by_split.columns[0]}: {gap.mean():+.4f} +- {error:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=NAMES, help="tables; default: all there are")
    parser.add_argument("--repeats", type=int, default=2, help="times three splits")
    parser.add_argument("--quick", action="store_true", help="one repeat, small made and telco")
    parser.add_argument("--json", metavar="PATH", help="write all records")
    arguments = parser.parse_args()
    names = arguments.data or available()
    n_rows, repeats, n_scores = None, arguments.repeats, 200_000
    if arguments.quick:
        names = [name for name in names if name in ("made", "telco")]
        n_rows, repeats, n_scores = 2000, 1, 20_000

    with threadpool_limits(1):  # busy cores make threads wait for each other
        run(names, n_rows, repeats, n_scores, arguments.json)


def run(
    names: list[str], n_rows: int | None, repeats: int, n_scores: int, path: str | None
) -> None:
    result: dict[str, Any] = {"speed": speed(n_scores), "large": large(5 * n_scores)}
    fast = result["speed"]
    print(f"Choosing a threshold on {n_scores:,} probabilities")
    for rule in [rule for rule in fast if not rule.endswith("cost")]:
        print(
            f"  {rule:20} {fast[rule]:8.3f} s  {fast[rule] / fast['skann']:8.1f} times  "
            f"cost {fast[f'{rule}, cost']:.6f}"
        )
    print(f"On {5 * n_scores:,} rows")
    for task, time in result["large"].items():
        print(f"  {task:40} {time:6.3f} s")

    records = [record for name in names for record in held_out(name, n_rows, repeats)]
    result["held_out"] = records
    print_held_out(pd.DataFrame(records))
    if "tv" in names:
        result["customer_costs"] = list(customer_costs(repeats))
        costs = pd.DataFrame(result["customer_costs"])
        print("\nHeld-out cost with the TV table's costs a customer")
        table = costs.pivot_table(index="rule", columns="classifier", values="cost", sort=False)
        print(table.assign(mean=table.mean(axis=1)).round(4).to_string())
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
