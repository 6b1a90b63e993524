"""Values of Keras metrics over a whole epoch."""

import keras
import numpy as np


def metric_value(metric: keras.metrics.Metric, y: np.ndarray, score: np.ndarray) -> float:
    """Return what a Keras metric gives for labels and probabilities.

    Parameters
    ----------
    metric : keras.metrics.Metric
        A metric with `update_state` and `result`. Plain `keras.metrics.AUC` is computed in NumPy,
        to the same value, since Keras' update costs more than a small training epoch.
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
    return float(np.asarray(metric.result()))


def bucketed_auc(y: np.ndarray, score: np.ndarray, n_thresholds: int) -> float:
    """Return the area under the ROC curve as `keras.metrics.AUC` approximates it.

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
