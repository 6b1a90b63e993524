"""The forward pass in NumPy gives what Keras gives."""

import keras
import numpy as np
import pytest

from skann._forward import ACTIVATIONS, Architecture, ForwardPass
from skann.networks import build_network

CARDINALITIES = (4, 7)


@pytest.fixture(scope="module")
def X():
    """Rows of five numbers and two codes."""
    rng = np.random.default_rng(0)
    codes = np.column_stack([rng.integers(0, size, 75) for size in CARDINALITIES])
    return np.hstack([rng.normal(size=(75, 5)), codes]).astype(np.float32)


@pytest.mark.parametrize("embedded", [(), CARDINALITIES])
@pytest.mark.parametrize("sizes", [(), (6,), (9, 4, 5)])
@pytest.mark.parametrize("n_heads", [1, 3])
@pytest.mark.parametrize("activation", ["relu", "softmax"])
def test_each_architecture_gives_the_probabilities_of_keras(
    embedded, sizes, n_heads, activation, X
):
    network = build_network(
        meta={"n_features_in_": X.shape[1]},
        compile_kwargs={"optimizer": "adam", "metrics": []},
        hidden_layer_sizes=sizes,
        activation=activation,
        dropout=0.1,
        l2=0.01,
        n_heads=n_heads,
        embedding_cardinalities=embedded,
        seed=0,
    )
    rng = np.random.default_rng(1)
    network.set_weights([rng.normal(size=weight.shape) for weight in network.get_weights()])
    architecture = Architecture(sizes, activation, n_heads, embedded)
    forward = ForwardPass(architecture, network.get_weights())
    heads = forward(X)
    assert heads.dtype == np.float32
    assert heads == pytest.approx(np.asarray(network(X)), abs=1e-6)
    assert forward(X[:0]).shape == (
        0,
        heads.shape[1],
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_activation_is_that_of_keras(name):
    values = np.linspace(-20, 20, 4000, dtype=np.float32).reshape(-1, 8)
    expected = keras.ops.convert_to_numpy(keras.activations.get(name)(values))
    computed = ACTIVATIONS[name](values)
    assert computed.dtype == np.float32
    assert computed == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_only_activations_without_a_form_here_are_left_out():
    known = set(vars(keras.activations)) - set(ACTIVATIONS)
    assert {name for name in known if name[0].islower()} <= {
        *("deserialize", "get", "serialize", "glu", "sparsemax", "threshold")
    }


@pytest.fixture(params=[1, 4])
def forward(request):
    """A network of 40 features, with one head and with several."""
    n_heads, rng = request.param, np.random.default_rng(0)
    if n_heads == 1:
        shapes = [(40, 24), (24,), (24, 16), (16,), (16, 1), (1,)]
    else:
        shapes = [(40, 24), (40, 4), (4, 24), (24, 16), (4, 24), (4, 16), (4, 16), (4,)]
    weights = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    return ForwardPass(Architecture((24, 16), "gelu", n_heads, ()), weights)


def test_columns_of_zeros_in_front_may_be_missing(forward):
    X = np.random.default_rng(0).normal(size=(11, 40)).astype(np.float32)
    X[:, :5] = 0
    assert forward(X[:, 5:]) == pytest.approx(forward(X), abs=1e-6)


def test_a_row_gets_the_same_bits_wherever_it_stands(forward):
    X = np.random.default_rng(0).normal(size=(1100, 40)).astype(np.float32)
    together = forward(X)
    for size in (1, 3, 8, 250):
        rows = slice(501, 501 + size)
        assert (forward(X[rows]) == together[rows]).all()


def test_an_activation_of_keras_alone_is_named():
    with pytest.raises(ValueError, match="'sparsemax' needs TensorFlow"):
        ForwardPass(Architecture((), "sparsemax", 1, ()), [])
