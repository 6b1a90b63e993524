"""Metrics over an epoch have the values that Keras gives."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skann.networks._metrics import bucketed_auc, fresh_metrics, metric_value

RNG = np.random.default_rng(0)
SCORES = {
    "random": RNG.uniform(size=500),
    "few distinct values": RNG.integers(0, 4, size=500) / 4,
    "on the thresholds": RNG.integers(0, 200, size=500) / 199,
    "near the thresholds": RNG.integers(0, 200, size=500) / 199 + RNG.normal(0, 1e-7, size=500),
    "all equal": np.full(500, 0.3),
    "zeros and ones": RNG.integers(0, 2, size=500).astype(float),
    "close to zero": RNG.uniform(0, 1e-6, size=500),
    "close to one": 1 - RNG.uniform(0, 1e-6, size=500),
    "informed": np.clip(np.arange(500) / 500 + RNG.normal(0, 0.3, size=500), 0, 1),
}


def keras_value(metric, y, score):
    metric.update_state(y[:, None], score[:, None])
    return float(metric.result())


@pytest.mark.parametrize("n_thresholds", [200, 7])
@pytest.mark.parametrize("name", SCORES)
def test_bucketed_auc_equals_keras_auc(name, n_thresholds):
    score = np.clip(SCORES[name], 0, 1).astype(np.float32)
    y = (np.arange(500) > 300).astype(np.float32)
    expected = keras_value(keras.metrics.AUC(num_thresholds=n_thresholds), y, score)
    assert_allclose(bucketed_auc(y, score, n_thresholds), expected, atol=2e-6)


@pytest.mark.parametrize("label", [0, 1])
def test_the_auc_of_one_class_is_zero_as_in_keras(label):
    y, score = np.full(20, label, np.float32), np.linspace(0, 1, 20, dtype=np.float32)
    assert bucketed_auc(y, score, 200) == keras_value(keras.metrics.AUC(), y, score) == 0


def test_a_perfect_ranking_has_auc_one_and_its_reverse_zero():
    y, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9], np.float32)
    assert bucketed_auc(y, score, 200) == 1
    assert bucketed_auc(1 - y, score, 200) == 0


@pytest.mark.parametrize(
    "make_metric",
    [
        keras.metrics.AUC,
        lambda: keras.metrics.AUC(curve="PR"),
        lambda: keras.metrics.AUC(summation_method="minoring"),
        lambda: keras.metrics.AUC(thresholds=[0.2, 0.3, 0.8]),
        keras.metrics.Recall,
        lambda: keras.metrics.PrecisionAtRecall(0.6),
        keras.metrics.BinaryAccuracy,
        keras.metrics.MeanSquaredError,
    ],
)
def test_any_metric_has_its_value_over_the_rows_at_hand_alone(make_metric):
    y = (np.arange(500) > 300).astype(np.float32)
    score = SCORES["informed"].astype(np.float32)
    metric = make_metric()
    metric.update_state(1 - y[:, None], score[:, None])  # what an earlier epoch left behind
    assert_allclose(metric_value(metric, y, score), keras_value(make_metric(), y, score), atol=2e-6)


# Names, and metrics that make no sense


def names_of(*metrics):
    return [metric.name for metric in fresh_metrics(metrics)]


def test_names_of_metrics_depend_on_the_metrics_alone():
    for _ in range(2):
        named = ("auc", "precision", keras.metrics.Precision(), keras.metrics.Recall(name="found"))
        assert names_of(*named) == ["auc", "precision", "precision_1", "found"]
        assert names_of(keras.metrics.AUC, keras.metrics.TruePositives()) == [
            "auc",
            "true_positives",
        ]
        assert names_of("acc", "accuracy") == ["acc", "accuracy"]


def test_metrics_are_copied_and_count_in_single_precision():
    recall = keras.metrics.Recall(0.3, dtype="float16")
    (fresh,) = fresh_metrics([recall])
    assert fresh is not recall
    assert (fresh.thresholds, fresh.dtype) == ([0.3], "float32")


def test_an_f1_score_needs_a_threshold():
    for metric in ("f1_score", keras.metrics.F1Score(), keras.metrics.F1Score):
        with pytest.raises(ValueError, match=r"give keras.metrics.F1Score\(threshold=0.5\)"):
            fresh_metrics([metric])
    (fresh,) = fresh_metrics([keras.metrics.F1Score(threshold=0.5)])
    y, score = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.9, 0.2, 0.6, 0.1])
    assert metric_value(fresh, y, score) == pytest.approx(0.5)


def test_what_is_no_metric_is_refused_by_name():
    with pytest.raises(ValueError, match="metrics holds 'gain'"):
        fresh_metrics(["gain"])
