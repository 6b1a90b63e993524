"""Keras metrics: fresh ones for each fit, and their values over a whole epoch."""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

# A name, a metric, its class, or a function of labels and probabilities.
Metric: TypeAlias = str | keras.metrics.Metric | type | Callable[..., tf.Tensor]


def fresh_metrics(metrics: Sequence[Metric]) -> list[Metric]:
    """Return metrics for one fit, whose names depend on nothing but the metrics themselves.

    Keras numbers its default names within a process: "precision", then "precision_1". Here numbers
    only tell the metrics of one fit apart.

    Parameters
    ----------
    metrics : sequence of str, keras.metrics.Metric or class
        Instances are copied.

    Returns
    -------
    list of keras.metrics.Metric, or of functions where these were given

    Raises
    ------
    ValueError
        If Keras does not know a metric, or it makes no sense for a probability.
    """
    built, names = [], []
    for metric in metrics:
        fresh = _fresh(metric)
        built.append(fresh)
        if not isinstance(fresh, keras.metrics.Metric):
            continue
        name, number = _plain_name(metric, fresh), 0
        fresh.name = name
        while fresh.name in names:
            number += 1
            fresh.name = f"{name}_{number}"
        names.append(fresh.name)
    return built


def _fresh(metric: Metric) -> Metric:
    if isinstance(metric, str) and metric.lower() in ("accuracy", "acc"):
        metric = keras.metrics.BinaryAccuracy()
    try:
        found = keras.metrics.get(metric)
    except (TypeError, ValueError) as error:
        raise ValueError(f"metrics holds {metric!r}, which is not a Keras metric") from error
    if not isinstance(found, keras.metrics.Metric):
        return found
    config = found.get_config()
    if "dtype" in config:
        config["dtype"] = "float32"  # counts end at 2,048 in half precision
    if isinstance(found, keras.metrics.FBetaScore):
        if found.threshold is None:
            name = type(found).__name__
            raise ValueError(
                f"metrics holds {name} without a threshold, so that every customer counts as a "
                f"churner: give keras.metrics.{name}(threshold=0.5)"
            )
        config["average"] = config["average"] or "macro"  # one number, not one per class
    return type(found).from_config(config)


def _plain_name(metric: Metric, fresh: keras.metrics.Metric) -> str:
    """Return a metric's name without the number that Keras gave it."""
    if isinstance(metric, str):
        return metric
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", type(fresh).__name__)
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()  # as Keras writes them
    return words if re.fullmatch(rf"{words}_\d+", fresh.name) else fresh.name


def metric_value(metric: keras.metrics.Metric, y: np.ndarray, score: np.ndarray) -> float:
    """Return what a Keras metric gives for labels and probabilities.

    Parameters
    ----------
    metric : keras.metrics.Metric
        A metric with ``update_state`` and ``result``. Plain ``keras.metrics.AUC`` is computed in
        NumPy, to the same value, since Keras' update costs more than a small training epoch.
    y : ndarray of shape (n_samples,)
        Labels, 0 or 1.
    score : ndarray of shape (n_samples,)
        Probability of label 1.

    Returns
    -------
    float
    """
    if _is_plain_auc(metric):
        return bucketed_auc(y, score, metric.num_thresholds)
    metric.reset_state()
    metric.update_state(y[:, None], score[:, None])
    result = keras.ops.cast(metric.result(), "float32")  # of some metrics in Keras' own precision
    return float(keras.ops.convert_to_numpy(result))


def bucketed_auc(y: np.ndarray, score: np.ndarray, n_thresholds: int) -> float:
    """Return the area under the ROC curve as ``keras.metrics.AUC`` approximates it.

    The curve has a point for each of ``n_thresholds`` evenly spaced thresholds, joined by straight
    lines. With one class alone it is 0, as in Keras.
    """
    # Bucket k holds the scores in (k / (n - 1), (k + 1) / (n - 1)], as in Keras.
    last = n_thresholds - 1
    bucket = np.ceil(score * np.float32(last)) - 1
    np.nan_to_num(bucket, copy=False)
    bucket = np.clip(bucket, 0, last).astype(np.int64)
    counts = np.bincount(bucket + n_thresholds * (y > 0), minlength=2 * n_thresholds)
    above = np.cumsum(counts.reshape(2, n_thresholds)[:, ::-1], axis=1)[:, ::-1]
    curves = np.hstack([above / np.maximum(above[:, :1], 1), np.zeros((2, 1))])
    false_positives, true_positives = curves
    heights = (true_positives[:-1] + true_positives[1:]) / 2
    return float(np.sum((false_positives[:-1] - false_positives[1:]) * heights))


def _is_plain_auc(metric: keras.metrics.Metric) -> bool:
    if type(metric) is not keras.metrics.AUC:
        return False
    config = metric.get_config()
    return (config["curve"], config["summation_method"]) == ("ROC", "interpolation") and not any(
        config.get(name) for name in ("multi_label", "label_weights", "thresholds", "from_logits")
    )
