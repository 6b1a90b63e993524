"""Dropout masks from random bytes: the right share, the right scale, new ones each step."""

import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from skann.networks._dropout import Dropout, DropoutMasks, dropout_masks


def random_bytes(seed, n_rows, n_units):
    return np.random.default_rng(seed).integers(0, 256, (n_rows, n_units), dtype=np.uint8)


def drop(rate, seed=0, shape=(400, 50)):
    masks = DropoutMasks(tf.constant([rate], tf.float32), tf.constant(random_bytes(seed, *shape)))
    return masks(tf.ones(shape)).numpy()


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9, 0.999])
def test_the_share_of_dropped_units_is_the_rate(rate):
    dropped = (drop(rate) == 0).mean()
    spread = np.sqrt(rate * (1 - rate) / 20_000)
    # Rates are rounded to 1/256, and some units are always kept.
    assert abs(dropped - min(round(256 * rate), 255) / 256) < 4 * spread


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_kept_units_are_scaled_up_so_that_the_expectation_stays(rate):
    outputs = drop(rate)
    kept = outputs[outputs > 0]
    share_kept = 1 - round(256 * rate) / 256
    assert_allclose(kept, 1 / share_kept, rtol=1e-6)
    assert abs(outputs.mean() - 1) < 4 * np.sqrt((1 / share_kept - 1) / outputs.size)


def test_without_dropout_nothing_changes():
    assert_array_equal(drop(0.0), 1)


def test_a_seed_gives_its_mask_and_another_seed_another():
    assert_array_equal(drop(0.5, seed=3), drop(0.5, seed=3))
    assert 0.4 < (drop(0.5, seed=3) != drop(0.5, seed=4)).mean() < 0.6


def test_the_layers_of_a_network_get_masks_of_their_own():
    masks = DropoutMasks(tf.constant([0.5, 0.5, 0.25]), tf.constant(random_bytes(1, 200, 150)))
    first, second, third = (masks(tf.ones((200, 50))).numpy() for _ in range(3))
    assert 0.4 < (first != second).mean() < 0.6
    assert 0.2 < (third == 0).mean() < 0.3


def test_units_and_rows_are_dropped_independently():
    dropped = drop(0.5, shape=(4000, 6)) == 0
    between_units = np.corrcoef(dropped.T)[np.triu_indices(6, 1)]
    assert abs(between_units).max() < 4 / np.sqrt(4000)


def test_a_layer_takes_a_mask_only_in_training_and_only_where_one_is_provided():
    layer, inputs = Dropout(0.5, seed=0), tf.ones((100, 20))
    masks = DropoutMasks(tf.constant([0.5]), tf.constant(random_bytes(1, 100, 20)))
    with dropout_masks(masks):
        assert_array_equal(layer(inputs, training=False).numpy(), 1)
        provided = layer(inputs, training=True).numpy()
    again = DropoutMasks(tf.constant([0.5]), tf.constant(random_bytes(1, 100, 20)))(inputs).numpy()
    assert_array_equal(provided, again)
    own = layer(inputs, training=True).numpy()
    assert 0.3 < (own == 0).mean() < 0.7
    assert not np.array_equal(own, provided)


@pytest.mark.parametrize("provided", [True, False], ids=["compiled epoch", "Keras"])
def test_the_heads_of_a_row_drop_the_same_units(provided):
    layer, inputs = Dropout(0.5, (None, 1, 30), seed=0), tf.ones((100, 4, 30))
    source = tf.constant(random_bytes(1, 100, 30))
    masks = DropoutMasks(tf.constant([0.5]), source) if provided else None
    with dropout_masks(masks):
        outputs = layer(inputs, training=True).numpy()
    assert set(np.unique(outputs)) == {0, 2}
    assert_array_equal(outputs, np.repeat(outputs[:, :1], 4, axis=1))
    assert 0.4 < (outputs[1:, 0] != outputs[:-1, 0]).mean() < 0.6


def test_each_step_of_a_fit_draws_a_new_mask(make_network, rows):
    # Nothing is learned, so that two epochs have the same loss only if masks repeat.
    network = make_network("sgd", learning_rate=1e-30, dropout=0.5, metrics=())
    losses = network.fit(rows.X, rows.y, epochs=4, batch_size=32, shuffle=False).history["loss"]
    assert len(set(losses)) == 4
    plain = make_network("sgd", learning_rate=1e-30, dropout=0.0, metrics=())
    losses = plain.fit(rows.X, rows.y, epochs=2, batch_size=32, shuffle=False).history["loss"]
    assert losses[0] == losses[1]


def test_dropout_is_off_in_validation_and_in_inference(make_network, rows):
    network = make_network(dropout=0.9, metrics=())
    history = network.fit(rows.X, rows.y, validation_data=rows.validation).history
    X, y = rows.validation
    score = network.predict_array(X)
    assert_array_equal(score, network.predict_array(X))
    expected = -np.log(np.where(y[:, None] == 1, score, 1 - score)).mean()
    assert_allclose(history["val_loss"][-1], expected, rtol=1e-5)


def test_the_mean_gradient_over_masks_is_that_of_keras_dropout(make_network, rows):
    n_masks = 60
    network = make_network("sgd", learning_rate=1.0, dropout=0.5, metrics=())
    start = network.get_weights()
    ours, theirs = [], []
    for seed in range(n_masks):
        with tf.GradientTape() as tape:
            output = network(rows.X, training=True)
            loss = tf.reduce_mean(network.loss(rows.y[:, None], output))
        theirs.append(tape.gradient(loss, network.trainable_variables[0]).numpy())
        network.seed = seed
        network.fit(rows.X, rows.y, batch_size=90)
        ours.append(start[0] - network.get_weights()[0])
        network.set_weights(start)
    spread = np.sqrt((np.var(ours, axis=0) + np.var(theirs, axis=0)) / n_masks)
    distance = (np.mean(ours, axis=0) - np.mean(theirs, axis=0)) / spread
    assert np.sqrt(np.mean(distance**2)) < 1.5
