"""Figures under weights are scikit-learn's, and intervals cover what they should."""

import numpy as np
import pytest
from sklearn import metrics

from skann.inspection._bootstrap import (
    calibration_error,
    decision_figures,
    ranking_figures,
    with_intervals,
)
from skann.metrics import lift_score


@pytest.fixture(params=["distinct", "tied"])
def scored(request):
    rng = np.random.default_rng(0)
    churned = rng.random(300) < 0.3
    probability = np.clip(0.3 * churned + 0.7 * rng.random(300), 0.01, 0.99)
    if request.param == "tied":
        probability = probability.round(1).clip(0.05, 0.95)
    return churned, probability, rng.integers(0, 4, (3, 300)).astype(float)


def test_figures_of_probabilities_are_those_of_scikit_learn(scored):
    churned, probability, weights = scored
    found = ranking_figures(churned, probability)(weights)
    for i, weight in enumerate(weights):
        expected = {
            "roc_auc": metrics.roc_auc_score(churned, probability, sample_weight=weight),
            "average_precision": metrics.average_precision_score(
                churned, probability, sample_weight=weight
            ),
            "log_loss": metrics.log_loss(churned, probability, sample_weight=weight),
            "brier": metrics.brier_score_loss(churned, probability, sample_weight=weight),
            "lift": lift_score(churned, probability, sample_weight=weight),
            "bias": np.average(probability - churned, weights=weight),
        }
        assert {name: values[i] for name, values in found.items()} == pytest.approx(
            expected, rel=1e-9
        )


def test_figures_of_decisions_are_those_of_scikit_learn(scored):
    churned, probability, weights = scored
    contacted = probability > 0.4
    cost = np.where(churned, np.where(contacted, 0, 100), np.where(contacted, 5, 0))
    found = decision_figures(churned, contacted, cost)(weights)
    for i, weight in enumerate(weights):
        expected = {
            "contacted": np.average(contacted, weights=weight),
            "precision": metrics.precision_score(churned, contacted, sample_weight=weight),
            "recall": metrics.recall_score(churned, contacted, sample_weight=weight),
            "f1": metrics.f1_score(churned, contacted, sample_weight=weight),
            "accuracy": metrics.accuracy_score(churned, contacted, sample_weight=weight),
            "cost": np.average(cost, weights=weight),
        }
        assert {name: values[i] for name, values in found.items()} == pytest.approx(
            expected, rel=1e-9
        )


def test_precision_of_nobody_is_missing_and_has_no_interval(scored):
    churned, _, _ = scored
    figures = decision_figures(churned, np.zeros(300, dtype=bool), churned * 1.0)
    found = with_intervals(figures, 300, np.random.default_rng(0))
    assert np.isnan(found["precision"]).all()
    assert found["recall"] == (0.0, 0.0, 0.0)


def test_intervals_of_a_mean_are_those_of_the_normal_distribution():
    churned = np.arange(2000) % 4 == 0
    figures = decision_figures(churned, np.ones(2000, dtype=bool), churned * 1.0)
    value, low, high = with_intervals(figures, 2000, np.random.default_rng(0))["precision"]
    half = 1.96 * np.sqrt(0.25 * 0.75 / 2000)
    assert value == 0.25
    assert low == pytest.approx(0.25 - half, abs=0.1 * half)
    assert high == pytest.approx(0.25 + half, abs=0.1 * half)


def test_the_same_seed_gives_the_same_intervals(scored):
    churned, probability, _ = scored
    figures = ranking_figures(churned, probability)
    first, same, other = (
        with_intervals(figures, 300, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    assert first == same
    assert first["roc_auc"][0] == other["roc_auc"][0]
    assert first["roc_auc"][1:] != other["roc_auc"][1:]


def test_blocks_of_weights_do_not_change_intervals(scored, monkeypatch):
    churned, probability, _ = scored
    figures = ranking_figures(churned, probability)
    whole = with_intervals(figures, 300, np.random.default_rng(0))
    monkeypatch.setattr("skann.inspection._bootstrap._MAX_WEIGHTS", 300 * 7)
    in_blocks = with_intervals(figures, 300, np.random.default_rng(0))
    assert in_blocks.keys() == whole.keys()
    for name, bounds in whole.items():
        assert in_blocks[name] == pytest.approx(bounds, rel=1e-12)


def test_calibration_error_is_the_gap_of_bins_of_equal_size():
    churned = np.array([True, False] * 10)
    probability = np.linspace(0.4, 0.6, 20)
    by_hand = np.abs((probability - churned).reshape(10, 2).sum(axis=1)).sum() / 20
    assert calibration_error(churned, probability) == pytest.approx(by_hand, rel=1e-12)
    assert calibration_error(churned, np.full(20, 0.5)) == 0.0
