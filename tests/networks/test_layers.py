"""Heads and embeddings compute what their formulas say."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skann.networks._layers import EmbedCodes, HeadsDense, HeadsProbability
from skann.networks._losses import mean_crossentropy


def set_random_weights(layer, seed=0):
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer.get_weights()


@pytest.mark.parametrize("shape", [(6, 4), (6, 3, 4)], ids=["one input", "an input a head"])
def test_each_head_scales_the_shared_kernel_in_its_own_way(shape):
    layer = HeadsDense(5, n_heads=3, activation="relu")
    inputs = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    assert layer(inputs).shape == layer.compute_output_shape(shape) == (6, 3, 5)
    kernel, scale, bias = set_random_weights(layer)
    scale = scale.T if len(shape) == 2 else scale
    outputs = layer(inputs).numpy()
    for head in range(3):
        own = inputs if len(shape) == 2 else inputs[:, head]
        expected = (own * scale[head]) @ kernel + bias[head]
        assert_allclose(outputs[:, head], np.maximum(expected, 0), rtol=1e-4, atol=1e-5)


def test_an_activation_over_units_stays_inside_its_head():
    outputs = HeadsDense(5, n_heads=3, activation="softmax", random_signs=True)(np.ones((2, 4)))
    assert_allclose(outputs.numpy().sum(axis=-1), np.ones((2, 3)), rtol=1e-5)


def test_heads_start_apart_by_random_signs_in_the_first_layer_only():
    inputs = np.ones((1, 64), np.float32)
    first, later = HeadsDense(8, 4, random_signs=True), HeadsDense(8, 4)
    apart, together = first(inputs).numpy()[0], later(inputs).numpy()[0]
    assert set(np.unique(first.get_weights()[1])) == {-1, 1}
    assert len(np.unique(apart.round(5), axis=0)) == 4
    assert len(np.unique(together.round(5), axis=0)) == 1


def test_each_head_has_its_own_output_unit():
    layer = HeadsProbability()
    inputs = np.random.default_rng(1).normal(size=(6, 3, 4)).astype(np.float32)
    assert layer(inputs).shape == layer.compute_output_shape(inputs.shape) == (6, 3)
    kernel, bias = set_random_weights(layer)
    expected = 1 / (1 + np.exp(-((inputs * kernel).sum(axis=-1) + bias)))
    assert_allclose(layer(inputs), expected, rtol=1e-5)


def test_codes_become_vectors_behind_the_numbers():
    layer = EmbedCodes([3, 2], dimension=4)
    inputs = np.array([[0.5, 2, 1], [-1.0, 0, 0]], np.float32)
    assert layer(inputs).shape == layer.compute_output_shape(inputs.shape) == (2, 9)
    (vectors,) = set_random_weights(layer)
    expected = [
        np.concatenate([[0.5], vectors[2], vectors[3 + 1]]),
        np.concatenate([[-1.0], vectors[0], vectors[3 + 0]]),
    ]
    assert_allclose(layer(inputs), expected, rtol=1e-6)


def test_the_loss_trains_each_head_on_the_labels_by_itself():
    y = np.array([[1.0], [0.0]], np.float32)
    heads = np.array([[0.9, 0.6], [0.2, 0.5]], np.float32)
    expected = [-(np.log(0.9) + np.log(0.6)) / 2, -(np.log(0.8) + np.log(0.5)) / 2]
    assert_allclose(mean_crossentropy(y, heads), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (EmbedCodes([3, 2], 4, seed=1), (2, 5)),
        (HeadsDense(5, 3, "tanh", keras.regularizers.L2(0.1), random_signs=True, seed=1), (2, 4)),
        (HeadsProbability(seed=1), (2, 3, 4)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_layer_comes_back_from_its_config(layer, shape):
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    inputs = np.ones(shape, np.float32)
    assert_array_equal(layer(inputs), twin(inputs))
    for one, other in zip(layer.trainable_variables, twin.trainable_variables, strict=True):
        assert_array_equal(one.numpy(), other.numpy())
        assert (one.regularizer is None) == (other.regularizer is None)


def test_several_heads_start_with_several_opinions(make_network, rows):
    opinions = make_network(n_heads=4).predict_array(rows.X)
    assert opinions.std(axis=1).min() > 0


def test_l2_is_on_the_kernels_alone(make_network):
    for n_heads in (1, 3):
        penalised = [
            variable.name
            for variable in make_network(l2=0.1, n_heads=n_heads).trainable_variables
            if variable.regularizer is not None
        ]
        assert penalised == ["kernel", "kernel"]
