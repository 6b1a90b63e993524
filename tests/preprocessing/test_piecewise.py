import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skann.preprocessing import PiecewiseLinearEncoder


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_bins_before_are_one_bins_after_are_zero_and_the_share_is_between():
    encoder = PiecewiseLinearEncoder(n_bins=4).fit(column(0, 1, 2, 4, 8))
    np.testing.assert_array_equal(encoder.edges_[0], [0, 1, 2, 4, 8])
    expected = [[0, 0, 0, 0], [0.5, 0, 0, 0], [1, 1, 0.5, 0], [1, 1, 1, 0.25], [1, 1, 1, 1]]
    encoded = encoder.transform(column(0, 0.5, 3, 5, 8))
    np.testing.assert_array_equal(encoded, expected)
    assert encoded.dtype == np.float32


def test_first_and_last_bin_go_on_linearly():
    encoder = PiecewiseLinearEncoder(n_bins=2).fit(column(0, 2, 10))
    np.testing.assert_array_equal(encoder.transform(column(-3, 26)), [[-1.5, 0], [1, 3]])


def test_one_bin_is_min_max_scaling_without_clipping():
    encoder = PiecewiseLinearEncoder(n_bins=1).fit(column(2, 3, 6))
    np.testing.assert_array_equal(encoder.transform(column(0, 4, 8)), [[-0.5], [0.5], [1.5]])


def test_edges_are_quantiles():
    X = np.random.default_rng(0).exponential(size=(400, 2))
    encoder = PiecewiseLinearEncoder(n_bins=4).fit(X)
    for j in range(2):
        expected = np.sort(X[:, j])[[0, 99, 199, 299, 399]]
        np.testing.assert_array_equal(encoder.edges_[j], expected)


def test_equal_edges_are_merged():
    encoder = PiecewiseLinearEncoder(n_bins=8).fit(column(0, 0, 0, 0, 0, 1, 2, 3))
    np.testing.assert_array_equal(encoder.edges_[0], [0, 1, 2, 3])


def test_a_frequent_value_takes_one_edge_and_leaves_the_others_to_the_rest():
    zeros, others = np.zeros(900), np.arange(1, 101)
    encoder = PiecewiseLinearEncoder(n_bins=5).fit(column(*zeros, *others))
    np.testing.assert_array_equal(encoder.edges_[0], [0, 1, 25, 50, 75, 100])


@pytest.mark.parametrize("n_bins", [1, 2, 5, 12])
def test_there_are_never_more_bins_than_asked_for(n_bins):
    values = np.random.default_rng(0).poisson(3, size=500)
    encoder = PiecewiseLinearEncoder(n_bins=n_bins).fit(column(*values))
    assert len(encoder.edges_[0]) <= n_bins + 1
    assert encoder.edges_[0][[0, -1]].tolist() == [values.min(), values.max()]


def test_two_values_are_zero_and_one():
    encoder = PiecewiseLinearEncoder().fit(column(3, 7, 7, 3, 3))
    np.testing.assert_array_equal(encoder.transform(column(3, 7)), [[0], [1]])


def test_one_value_is_a_column_of_zeros():
    X = np.array([[5.0, 0.0], [5.0, 2.0]])
    encoder = PiecewiseLinearEncoder(n_bins=1).fit(X)
    np.testing.assert_array_equal(encoder.transform([[5, 1], [9, 2]]), [[0, 0.5], [0, 1]])


def test_names_number_the_bins():
    table = pd.DataFrame({"age": [0.0, 1.0, 2.0], "unit": [1.0, 1.0, 1.0]})
    encoder = PiecewiseLinearEncoder(n_bins=2).fit(table)
    assert encoder.get_feature_names_out().tolist() == ["age_bin1", "age_bin2", "unit_bin1"]


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30),
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=10),
    st.integers(1, 12),
)
@settings(max_examples=200, deadline=None)
def test_every_bin_grows_with_the_value(train, later, n_bins):
    encoder = PiecewiseLinearEncoder(n_bins=n_bins).fit(column(*train))
    encoded = encoder.transform(column(*sorted(later)))
    assert np.isfinite(encoded).all()
    assert (np.diff(encoded, axis=0) >= 0).all()


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30), st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_bins_times_their_widths_add_up_to_the_value(values, n_bins):
    X = column(*values)
    encoder = PiecewiseLinearEncoder(n_bins=n_bins).fit(X)
    edges = encoder.edges_[0]
    if len(edges) > 1:
        again = edges[0] + encoder.transform(X) @ np.diff(edges)
        np.testing.assert_allclose(again, X[:, 0], atol=1e-3)
