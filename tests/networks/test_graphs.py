"""Compiled graphs are shared between networks, and hold nobody's network or data."""

import gc
import weakref
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from skann._warnings import SkannWarning
from skann.networks import _data, _graphs
from skann.networks._data import LabelledRows, batches_per_block
from skann.networks._flat_state import EVALUATION_ROWS
from skann.networks._graphs import Graphs, shared_graphs


@pytest.fixture
def empty_cache(monkeypatch):
    """A cache that no other test fills."""
    monkeypatch.setattr(_graphs, "_cache", OrderedDict())


@pytest.fixture
def traced(monkeypatch, empty_cache):
    """A list that grows whenever a forward pass is traced."""
    calls = []
    forward = Graphs._forward

    def note(self, *args, **kwargs):
        calls.append(self)
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(Graphs, "_forward", note)
    return calls


@pytest.mark.parametrize("batch_size", [7, 64], ids=["XLA", "plain graph"])
def test_one_trace_serves_every_fit_of_an_architecture(make_network, rows, traced, batch_size):
    def fit(network, n_rows=90, **settings):
        network.fit(rows.X[:n_rows], rows.y[:n_rows], batch_size=batch_size, **settings)

    first = make_network()
    fit(first, validation_data=rows.validation)
    first.predict_array(rows.X)
    n_traced = len(traced)
    assert n_traced > 0

    for network in (
        make_network(learning_rate=0.1),
        make_network(dropout=0.5),
        make_network(l2=0.1),
        make_network(seed=5),
        make_network(metrics=()),
        make_network(keras.optimizers.Adam(0.1, beta_1=0.5, epsilon=1e-3)),
        make_network(keras.optimizers.AdamW(0.1, weight_decay=0.2)),
    ):
        fit(network, epochs=2)
        fit(network, 50, sample_weight=rows.weight[:50])
        fit(network, 60, epochs=2, validation_data=rows.weighted_validation, shuffle=False)
        network.predict_array(rows.X[:3])
    assert len(traced) == n_traced


def test_blocks_have_one_shape_whatever_the_number_of_rows():
    """XLA compiles for each shape that it meets."""
    tables = [
        LabelledRows(np.ones((n_rows, 5)), np.ones(n_rows)) for n_rows in (1, 33, 500, 10_000)
    ]
    blocks = [list(table.blocks(32)) for table in tables]
    assert len(blocks[-1]) > 1
    assert len({block.X.shape for parts in blocks for block in parts}) == 1
    for table, parts in zip(tables, blocks, strict=True):
        assert sum(int(block.n_rows) for block in parts) == table.n_rows
        assert sum(float(tf.reduce_sum(block.sample_weight)) for block in parts) == table.n_rows


@pytest.mark.parametrize("settings", [{"dropout": 0.4}, {"n_heads": 3, "l2": 0.01}])
def test_results_do_not_depend_on_the_size_of_a_block(make_network, rows, monkeypatch, settings):
    expected = train(make_network(**settings), rows)
    monkeypatch.setattr(_data, "MAX_BATCHES", 2)
    for one, other in zip(expected, train(make_network(**settings), rows), strict=True):
        assert_array_equal(one, other)


def test_where_xla_fails_the_plain_graph_takes_over_with_one_warning(
    make_network, rows, empty_cache, monkeypatch
):
    expected = train(make_network(dropout=0.3), rows)
    _graphs._cache.clear()
    monkeypatch.setattr(Graphs, "xla_works", True)
    plain = tf.function

    def without_xla(function, jit_compile=False, **settings):
        if jit_compile:
            raise tf.errors.UnimplementedError(None, None, "no compiler here")
        return plain(function, **settings)

    monkeypatch.setattr(tf, "function", without_xla)
    with pytest.warns(SkannWarning, match="XLA failed.*no compiler here") as caught:
        found = train(make_network(dropout=0.3), rows)
        train(make_network(n_heads=2), rows)
    assert len([w for w in caught if "XLA" in str(w.message)]) == 1
    for one, other in zip(expected, found, strict=True):
        assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_trace_made_without_dropout_serves_dropout(make_network, rows, traced):
    """Keras' Dropout(0) has no seed generator, so the two networks differ in their variables."""
    make_network(dropout=0.0).fit(rows.X, rows.y)
    n_traced = len(traced)
    after_plain = make_network(dropout=0.5)
    after_plain.fit(rows.X, rows.y, epochs=2)
    assert len(traced) == n_traced
    _graphs._cache.clear()
    from_scratch = make_network(dropout=0.5)
    from_scratch.fit(rows.X, rows.y, epochs=2)
    for one, other in zip(after_plain.get_weights(), from_scratch.get_weights(), strict=True):
        assert_array_equal(one, other)
    without = make_network(dropout=0.0)
    without.fit(rows.X, rows.y, epochs=2)
    assert not np.array_equal(without.get_weights()[0], after_plain.get_weights()[0])


@pytest.mark.parametrize(
    "other",
    [
        {"hidden_layer_sizes": (8, 5)},
        {"hidden_layer_sizes": (8, 4, 4)},
        {"n_features": 6},
        {"n_heads": 2},
        {"embedding_cardinalities": (3,)},
    ],
)
def test_another_architecture_gets_graphs_of_its_own(make_network, empty_cache, other):
    graphs = shared_graphs(make_network(), "adam")
    assert shared_graphs(make_network(), "adam") is graphs
    assert shared_graphs(make_network(), "sgd") is not graphs
    assert shared_graphs(make_network(**other), "adam") is not graphs


def test_the_cache_forgets_the_architecture_that_was_used_longest_ago(
    make_network, rows, empty_cache, monkeypatch
):
    monkeypatch.setattr(_graphs, "MAX_ARCHITECTURES", 2)
    networks = [make_network(hidden_layer_sizes=(units,)) for units in (2, 3, 4)]
    graphs = [shared_graphs(network, "adam") for network in networks[:2]]
    assert shared_graphs(networks[0], "adam") is graphs[0]
    shared_graphs(networks[2], "adam")
    assert len(_graphs._cache) == 2
    assert shared_graphs(networks[0], "adam") is graphs[0]
    assert shared_graphs(networks[1], "adam") is not graphs[1]
    assert_allclose(
        networks[1].predict_array(rows.X), networks[1].predict(rows.X, verbose=0), rtol=1e-5
    )


def test_the_cache_keeps_no_network_and_no_data_alive(make_network, empty_cache):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 5)).astype(np.float32), rng.integers(0, 2, size=50)
    network = make_network(dropout=0.1)
    network.fit(X, y, validation_data=(X, y))
    network.predict_array(X)
    references = [weakref.ref(thing) for thing in (network, X, network.layers[1].kernel)]
    del network, X
    gc.collect()
    assert [reference() for reference in references] == [None, None, None]


def train(network, rows):
    network.fit(rows.X, rows.y, batch_size=8, epochs=10, validation_data=rows.validation)
    return [*network.get_weights(), network.predict_array(rows.X)]


def test_fits_in_threads_equal_fits_one_after_another(make_network, rows, empty_cache):
    def networks():
        return [
            make_network(dropout=dropout, n_heads=n_heads, seed=seed)
            for seed, (dropout, n_heads) in enumerate([(0.0, 1), (0.5, 1), (0.5, 1), (0.3, 2)])
        ]

    expected = [train(network, rows) for network in networks()]
    _graphs._cache.clear()  # so that the threads trace at the same time, too
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(train, networks(), [rows] * 4))
    for one, other in zip(expected, found, strict=True):
        for first, second in zip(one, other, strict=True):
            assert_array_equal(first, second)


def test_training_survives_a_cleared_keras_session(make_network, rows):
    expected = train(make_network(dropout=0.2), rows)
    keras.utils.clear_session()
    for first, second in zip(expected, train(make_network(dropout=0.2), rows), strict=True):
        assert_array_equal(first, second)


@pytest.fixture(scope="module")
def many_rows():
    return np.random.default_rng(0).normal(size=(5000, 5)).astype(np.float32)


@pytest.mark.parametrize("settings", [{}, {"n_heads": 3}, {"hidden_layer_sizes": ()}])
def test_predict_array_equals_keras_predict_over_more_than_one_block(
    make_network, many_rows, settings
):
    network = make_network(**settings, dropout=0.5)
    block = EVALUATION_ROWS * batches_per_block(EVALUATION_ROWS, 5)
    many_rows = np.tile(many_rows, (-(-2 * block // len(many_rows)), 1))
    expected = network.predict(many_rows, verbose=0)
    for n_rows in (1, EVALUATION_ROWS + 1, block, block + 1, len(many_rows)):
        found = network.predict_array(many_rows[:n_rows])
        assert found.dtype == np.float32
        assert_allclose(found, expected[:n_rows], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_heads", [1, 3])
def test_what_a_row_gets_does_not_depend_on_its_company(make_network, many_rows, n_heads):
    network = make_network(n_heads=n_heads, hidden_layer_sizes=(32, 16))
    together = network.predict_array(many_rows)
    for rows in ([0], [7], [3, 4999], list(range(1000, 4000)), [4999, 1, 1, 0]):
        assert_array_equal(network.predict_array(many_rows[rows]), together[rows])


def test_predict_array_of_no_rows_is_empty(make_network):
    assert make_network(n_heads=2).predict_array(np.empty((0, 5), np.float32)).shape == (0, 2)
