"""What "auto" chooses for the size of a network and its penalty, and what it leaves alone."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from skann import ChurnANNClassifier
from skann._churn_ann._capacity import choose, smallest
from skann._churn_ann._html import classifier_html
from skann._churn_ann._member import Capacity

SMALL, LARGE = Capacity((64, 64), 5e-4, "adam"), Capacity((128, 128), 1e-5, "muon")
ENTROPY = np.log(2)  # of equal classes


def chosen(losses, **parameters):
    """Return what is chosen where networks have these losses, and what was trained."""
    trained = []

    def train(capacity):
        trained.append(capacity)
        loss = losses[len(trained) - 1]
        return SimpleNamespace(losses=[1.0, loss, 1.0], prior=np.array([0.5, 0.5]))

    capacity, member = choose(ChurnANNClassifier(**parameters), 1000, train)
    assert member.losses[1] == losses[trained.index(capacity)]
    return capacity, trained


def test_a_noisy_table_keeps_the_small_network_and_tries_no_other():
    assert chosen([0.61 * ENTROPY]) == (SMALL, [SMALL])


@pytest.mark.parametrize(
    ("larger", "expected"), [(0.2, LARGE), (0.305, LARGE), (0.307, SMALL), (0.5, SMALL)]
)
def test_a_sharp_table_takes_the_large_network_if_it_is_hardly_worse(larger, expected):
    assert chosen([0.3, larger]) == (expected, [SMALL, LARGE])


def test_what_is_given_stays():
    all_three = {"hidden_layer_sizes": (8,), "l2": 0.1, "optimizer": "sgd"}
    given = Capacity((8,), 0.1, "sgd")
    assert chosen([0.1], **all_three) == (given, [given])
    for parameters, fields in [
        ({"l2": 0.1}, {"l2": 0.1}),
        ({"hidden_layer_sizes": [9]}, {"hidden_layer_sizes": (9,)}),
        ({"optimizer": "adamw"}, {"optimizer": "adamw"}),
        ({"optimizer": keras.optimizers.Lion}, {"optimizer": "Lion"}),
        ({"optimizer": keras.optimizers.Lion()}, {"optimizer": "Lion"}),
    ]:
        expected = [SMALL._replace(**fields), LARGE._replace(**fields)]
        assert chosen([0.3, 0.2], **parameters)[1] == expected


def test_the_penalty_falls_with_the_number_of_rows():
    model = ChurnANNClassifier()
    assert [smallest(model, n).l2 for n in (1000, 4000, 20_000)] == [5e-4, 5e-4, 1e-4]


@pytest.mark.slow
def test_a_rule_that_no_small_penalised_network_learns_gets_the_large_one():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(3000, 2))
    y = (np.floor(6 * X[:, 0]) + np.floor(6 * X[:, 1])) % 2  # a chessboard
    settings = {"cv": 2, "n_heads": 1, "numeric_encoding": "piecewise_linear", "random_state": 0}
    model = ChurnANNClassifier(**settings).fit(X, y)
    assert (model.hidden_layer_sizes_, model.l2_, model.optimizer_) == LARGE
    layers = model.pipelines_[1]["network"].model_.layers
    assert [layer.units for layer in layers if layer.name.startswith("hidden")] == [128, 128]
    assert "Hidden units: 128, 128. L2 penalty: 1e-05. Optimizer: muon." in classifier_html(model)
    single = ChurnANNClassifier(**{**settings, "cv": None, "epochs": 1}).fit(X, y)
    assert (single.hidden_layer_sizes_, single.optimizer_) == ((64, 64), "adam")
