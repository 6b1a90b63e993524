"""Searches and scoring on a cluster: the README's recipes, results as without one, refusals."""

import re
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict

import skann
from skann import ChurnANNClassifier, CostThresholdClassifier
from skann.model_selection import StagedSearchCV

dd = pytest.importorskip("dask.dataframe", reason="dask is not installed")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::skann.ModelVersionWarning")

TESTS = Path(__file__).parent
RECIPES = re.findall(
    r"```python\n(.*?)```",
    (TESTS.parent / "README.md").read_text().partition("## Beyond one machine\n")[2],
    flags=re.DOTALL,
)


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process with one thread."""
    size = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with (
        distributed.LocalCluster(**size, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def scorer():
    """A model out of a file."""
    return skann.load(TESTS / "data" / "kept_model.skann")


@pytest.fixture(scope="module")
def rows():
    """Rows to score."""
    return pd.read_csv(TESTS / "data" / "kept_rows.csv").drop(columns="probability")


@pytest.fixture
def single():
    """One small network."""
    plain = {"numeric_encoding": "standard", "n_heads": 1, "cv": None, "epochs": 2}
    return ChurnANNClassifier((8,), **plain, random_state=0)


@pytest.fixture(scope="module")
def numbers(small_churn):
    """Columns that any part of the rows encodes alike, so that a process compiles but once."""
    X, y = small_churn
    return X.select_dtypes("number").fillna(0.0), y


def with_tensorflow(client):
    """Tell of each worker whether it loaded TensorFlow."""
    # A lambda travels by value: the workers cannot import the tests.
    return client.run(lambda: "tensorflow" in sys.modules).values()


@pytest.fixture
def names(scorer, rows, tmp_path, monkeypatch):
    """What the recipes may use, in a folder that holds the rows to score in four files."""
    monkeypatch.chdir(tmp_path)
    Path("customers").mkdir()
    for part in range(4):
        rows[part::4].to_parquet(f"customers/{part}.parquet", index=False)
    return {"scorer": scorer}


@pytest.mark.slow
def test_the_recipe_scores_the_partitions_of_a_table_without_tensorflow(
    client, scorer, rows, names
):
    exec(RECIPES[1], names)
    assert names["customers"].npartitions == 4
    expected = np.sort(scorer.predict_proba(rows)[:, 1])[::-1]
    assert_array_equal(names["best"]["probability"], expected)
    top = names["customers"].nlargest(5, "probability").compute()
    assert_array_equal(top["probability"], expected[:5])
    assert_array_equal(scorer.predict_proba(top[rows.columns])[:, 1], expected[:5])
    assert not any(with_tensorflow(client))


@pytest.mark.slow
def test_the_recipe_for_spark_scores_as_that_for_dask(client, names, monkeypatch):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    exec(RECIPES[1], names)
    expected = names["best"]
    local = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", False)
    with local.getOrCreate() as names["spark"]:
        exec(RECIPES[2], names)
        best = names["best"].toPandas()
    assert_allclose(best["probability"], expected["probability"], rtol=1e-12)
    assert best["region"].tolist() == expected["region"].tolist()


@pytest.mark.slow
def test_the_recipe_searches_on_the_workers_as_without_them(client, single, numbers, monkeypatch):
    monkeypatch.setattr("dask.distributed.Client", lambda: client)
    X, y = numbers
    search = GridSearchCV(single, {"learning_rate": [1e-3, 1e-2]}, scoring="roc_auc", cv=2)
    exec(RECIPES[0], {"search": search, "X_train": X, "y_train": y})
    assert all(with_tensorflow(client))
    scores, proba = search.cv_results_["mean_test_score"], search.predict_proba(X)
    search.fit(X, y)
    assert_array_equal(search.cv_results_["mean_test_score"], scores)
    assert_array_equal(search.predict_proba(X), proba)


@pytest.mark.slow
def test_folds_and_races_on_the_workers_give_what_they_give_without_them(client, single, numbers):
    def race(X, y):
        stages = {"rate": {"learning_rate": [1e-3, 1e-2]}, "noise": {"l2": [0.0, 0.2]}}
        search = StagedSearchCV(clone(single).set_params(epochs=6), stages, cv=2).fit(X, y)
        return search.cv_results_["mean_test_score"], search.predict_proba(X)

    def threshold(X, y):
        model = CostThresholdClassifier(single, fn_cost=100, fp_cost=5, cv=2, random_state=0)
        return [model.fit(X, y).threshold_]

    def networks(X, y):
        return [clone(single).set_params(cv=2).fit(X, y).validation_proba_]

    def cross_validated(X, y):
        return [cross_val_predict(single, X, y, cv=2, method="predict_proba")]

    for fits in (race, threshold, networks, cross_validated):
        here = fits(*numbers)
        with joblib.parallel_config(backend="dask"):
            there = fits(*numbers)
        for one, other in zip(here, there, strict=True):
            assert_array_equal(one, other)


def test_a_search_takes_its_rows_to_no_worker_twice(single, small_churn):
    search = StagedSearchCV(single)
    search._rows = small_churn
    assert "_rows" not in search.__getstate__()


def test_collections_of_dask_are_refused_with_what_to_do(scorer, rows):
    X, y = dd.from_pandas(rows, npartitions=2), np.arange(len(rows)) % 2
    network, threshold = ChurnANNClassifier(), CostThresholdClassifier(ChurnANNClassifier())
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # looking at its columns would warn
        for use in (
            lambda: network.fit(X, y),
            lambda: network.partial_fit(X, y),
            lambda: threshold.fit(X, y),
            lambda: scorer.predict_proba(X),
            lambda: scorer.estimator_.predict_proba(X),
            lambda: scorer.predict(X),
            lambda: network.fit(X.to_dask_array(lengths=True), y),
        ):
            with pytest.raises(ValueError, match=r"X is a dask \w+, .*: pass X\.compute\(\)"):
                use()
        labels = dd.from_pandas(pd.Series(y), npartitions=2)
        for model in (network, threshold):
            for lazy in (labels, labels.to_dask_array(lengths=True)):
                with pytest.raises(ValueError, match=r"y is a dask \w+, .*: pass y\.compute\(\)"):
                    model.fit(rows, lazy)
