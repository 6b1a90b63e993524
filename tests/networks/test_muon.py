"""Steps of Muon: orthogonal for kernels of hidden layers, those of Adam elsewhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose

from skann.networks._muon import MuonAdam, muon_step


@pytest.mark.parametrize("shape", [(40, 16), (16, 40)])
def test_a_step_moves_a_kernel_by_about_as_much_in_each_direction(shape):
    gradient = np.random.default_rng(0).normal(size=shape)
    gradient[:, 0] *= 100  # what a plain step would follow alone
    step, _ = muon_step(tf.constant(gradient, tf.float32), tf.zeros(shape), 4e-3)
    size = 0.02 * max(1.0, shape[0] / shape[1]) ** 0.5
    singular_values = np.linalg.svd(step, compute_uv=False)
    assert 0.5 * size < singular_values.min()
    assert singular_values.max() < 1.3 * size


def test_a_step_looks_ahead_along_its_momentum():
    first, second = (tf.random.stateless_normal((6, 4), (0, seed)) for seed in (1, 2))
    _, momentum = muon_step(first, tf.zeros((6, 4)), 1.0)
    step, momentum = muon_step(second, momentum, 1.0)
    assert_allclose(momentum, 0.95 * first + second, rtol=1e-6)
    left, values, right = np.linalg.svd(second + 0.95 * momentum, full_matrices=False)
    rotated = left.T @ step @ right.T  # the same directions, of about one length
    assert_allclose(rotated, np.diag(np.diag(rotated)), atol=1e-2 * np.abs(rotated).max())
    assert np.all(np.diag(rotated) > 0)
    assert values[0] / values[-1] > 2


def test_other_weights_take_the_steps_of_adam():
    start = np.ones((3, 2), np.float32)
    moved = []
    for optimizer in (MuonAdam(0.1), keras.optimizers.Adam(0.1)):
        scale = keras.Variable(start, name="scale")
        optimizer.apply([tf.constant(start)], [scale])
        moved.append(scale.numpy())
    assert_allclose(*moved)
