"""Seeds, copies and files of a network: what it is made of, and that it can go on."""

import copy
import pickle
import random

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_array_equal

from skann.networks._trainer import ChurnNetwork


def assert_same_weights(one, other):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        assert_array_equal(first, second)


def test_the_seed_decides_initial_weights_shuffling_and_dropout(make_network, rows):
    def trained(seed):
        network = make_network(dropout=0.5, seed=seed, metrics=())
        network.fit(rows.X, rows.y, epochs=3)
        return network

    one, same, other = trained(1), trained(1), trained(2)
    assert_same_weights(one, same)
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        assert not np.array_equal(first, second)


def test_the_order_of_the_rows_is_another_in_each_epoch_and_for_each_seed(make_network):
    network, other = make_network(seed=1), make_network(seed=2)
    orders = [network._epoch_order(epoch, 100, True) for epoch in range(3)]
    orders.append(other._epoch_order(0, 100, True))
    for order in orders:
        assert_array_equal(np.sort(order), np.arange(100))
    assert len({tuple(order) for order in orders}) == 4
    assert_array_equal(network._epoch_order(0, 5, False), np.arange(5))


def global_draws():
    """Numbers from every global generator that somebody may have seeded."""
    return [
        random.random(),
        np.random.uniform(),
        float(tf.random.uniform(())),
        float(keras.random.uniform(())),
    ]


def seed_all(seed):
    """Seed every global generator, that of Keras too, which 3.11 keeps otherwise."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)


@pytest.mark.parametrize("n_heads", [1, 2])
def test_a_fit_leaves_every_global_generator_where_it_was(make_network, rows, n_heads):
    seed_all(5)
    expected = [global_draws() for _ in range(2)]
    seed_all(5)
    found = [global_draws()]
    state = tf.random.get_global_generator().state.numpy()
    network = make_network(dropout=0.5, n_heads=n_heads, embedding_cardinalities=(6,))
    X = np.abs(rows.X)  # codes are not negative
    network.fit(X, rows.y, epochs=2, validation_data=(X, rows.y))
    network.predict_array(X)
    copy.deepcopy(network)
    found.append(global_draws())
    assert found == expected
    assert_array_equal(tf.random.get_global_generator().state.numpy(), state)


def test_a_fit_does_not_depend_on_global_seeds(make_network, rows):
    def trained():
        network = make_network(dropout=0.5, n_heads=2)
        network.fit(rows.X, rows.y, epochs=2)
        return network

    keras.utils.set_random_seed(1)
    one = trained()
    keras.utils.set_random_seed(2)
    assert_same_weights(one, trained())


COPIES = {
    "pickle": lambda network, folder: pickle.loads(pickle.dumps(network)),
    "deepcopy": lambda network, folder: copy.deepcopy(network),
    "joblib": lambda network, folder: _through_joblib(network, folder / "network.joblib"),
    "keras": lambda network, folder: _through_keras(network, folder / "network.keras"),
}


def _through_joblib(network, path):
    joblib.dump(network, path)
    return joblib.load(path)


def _through_keras(network, path):
    network.save(path)
    loaded = keras.models.load_model(path)
    loaded.seed = network.seed  # a file of Keras' own does not hold it
    return loaded


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        ("adam", {"l2": 0.01}),
        ("adamw", {"n_heads": 3, "embedding_cardinalities": (6, 6)}),
        ("muon", {"n_heads": 2}),
        ("sgd", {}),
    ],
)
def test_a_copy_predicts_equally_and_goes_on_equally(
    make_network, rows, tmp_path, how, optimizer, settings
):
    X = np.abs(rows.X)  # codes are not negative
    network = make_network(optimizer, dropout=0.4, seed=3, **settings)
    network.fit(X, rows.y, epochs=2)
    twin = COPIES[how](network, tmp_path)

    assert type(twin) is ChurnNetwork
    assert_same_weights(network, twin)
    assert_array_equal(network.predict_array(X), twin.predict_array(X))
    assert float(twin.optimizer.learning_rate) == float(network.optimizer.learning_rate)
    pairs = zip(network.optimizer.variables, twin.optimizer.variables, strict=True)
    for variable, other in pairs:
        assert_array_equal(variable.numpy(), other.numpy())

    before = network.get_weights()
    for one in (network, twin):
        one.fit(X, rows.y, epochs=4, initial_epoch=2, validation_data=(X, rows.y))
    assert_same_weights(network, twin)
    assert network.history.history == twin.history.history
    assert not np.array_equal(before[0], network.get_weights()[0])


def test_a_copy_shares_no_weights(make_network, rows):
    network = make_network()
    twin = copy.deepcopy(network)
    twin.fit(rows.X, rows.y, epochs=2)
    assert not np.array_equal(network.get_weights()[0], twin.get_weights()[0])


def test_an_untrained_network_can_be_copied_and_trained(make_network, rows):
    network = make_network(dropout=0.4)
    twin = pickle.loads(pickle.dumps(network))
    for one in (network, twin):
        one.fit(rows.X, rows.y, epochs=2)
    assert_same_weights(network, twin)
