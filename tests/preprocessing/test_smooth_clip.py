import numpy as np
import pytest

from skann.preprocessing import SmoothClipScaler


def column(*values):
    return np.array(values, dtype=float)[:, None]


def bend(x):
    return x / np.sqrt(1 + (x / 3) ** 2)


def test_median_and_quartiles_set_the_scale():
    scaler = SmoothClipScaler().fit(column(0, 2, 4, 8, 1000))  # quartiles 2, 4, 8
    assert scaler.center_.tolist() == [4]
    assert scaler.scale_.tolist() == [6]
    np.testing.assert_allclose(
        scaler.transform(column(4, 10, -14))[:, 0], [0, bend(1), -bend(3)], rtol=1e-15
    )


def test_equal_quartiles_fall_back_on_half_the_range():
    scaler = SmoothClipScaler().fit(column(0, 0, 0, 0, 8))
    np.testing.assert_allclose(scaler.transform(column(0, 8)), [[0], [bend(2)]], rtol=1e-15)


def test_one_value_becomes_zeros():
    scaler = SmoothClipScaler().fit(column(5, 5))
    np.testing.assert_array_equal(scaler.transform(column(5, -1e9)), [[0], [0]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("unit", [1e-310, 1.0, 1e300])
def test_no_value_leaves_the_bounds(unit):
    scaler = SmoothClipScaler().fit(column(0, 1, 2, 3) * unit)
    scaled = scaler.transform(column(-1e307, -unit, 1.5 * unit, 1e307))
    assert np.isfinite(scaled).all()
    assert np.abs(scaled).max() <= 3
    assert scaled[0] <= scaled[1] < scaled[2] < scaled[3]


def test_single_precision_stays_single():
    X = column(1, 2, 3).astype(np.float32)
    assert SmoothClipScaler().fit_transform(X).dtype == np.float32
