import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from skann.preprocessing import EncodedRows, TableCleaner, TableEncoder

NUMERIC = ["auto", "standard", "quantile", "robust", "piecewise_linear"]
CATEGORICAL = ["onehot", "embedding", "auto"]


def mixed_table(n, seed, plans="abc"):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "charge": np.exp(3 * rng.normal(size=n)),
            "age": rng.choice([20.5, 30.0, 47.0, np.nan], n),
            "calls": np.where(rng.random(n) < 0.6, 0, rng.poisson(9, n)),
            "plan": rng.choice(list(plans), n),
            "city": rng.choice([f"city {i}" for i in range(15)], n),
            "flag": rng.random(n) < 0.5,
        }
    )
    return table


def numbers_table(n, n_columns=5, seed=0):
    values = np.random.default_rng(seed).normal(size=(n, n_columns))
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(n_columns)])


@pytest.mark.parametrize("categorical", CATEGORICAL)
@pytest.mark.parametrize("numeric", NUMERIC)
def test_rows_are_encoded_to_the_bits_of_transform(numeric, categorical):
    cleaner = TableCleaner()
    encoder = TableEncoder(numeric, categorical)
    clean = cleaner.fit_transform(mixed_table(6000, 0))
    fitted = encoder.fit_rows(clean)
    later = cleaner.transform(mixed_table(5000, 1, plans="abz"))
    rows = encoder.transform_rows(later)
    expected = encoder.transform(later)
    some = np.random.default_rng(2).integers(0, len(rows), 4500)
    np.testing.assert_array_equal(fitted, encoder.transform(clean))
    np.testing.assert_array_equal(rows.take(some), expected[some])
    np.testing.assert_array_equal(rows.take(np.array([7])), expected[[7]])
    assert rows.take(some).dtype == rows.dtype == np.float32
    assert rows.shape == expected.shape
    assert rows.nbytes == expected.nbytes
    assert len(rows) == len(expected)


@pytest.mark.parametrize("categorical", CATEGORICAL)
@pytest.mark.parametrize("numeric", NUMERIC)
def test_rows_are_encoded_as_the_column_transformer_does(numeric, categorical):
    cleaner, encoder = TableCleaner(), TableEncoder(numeric, categorical)
    rows = encoder.fit_rows(cleaner.fit_transform(mixed_table(600, 0)))
    expected = encoder.transformer_.transform(rows._values)
    np.testing.assert_array_equal(rows, expected.astype(np.float32))


def test_no_rows_are_taken_as_none():
    rows = TableEncoder("auto").fit_rows(numbers_table(9))
    assert rows.take(np.array([], dtype=int)).shape == (0, rows.shape[1])


def test_an_array_of_another_type_is_a_cast():
    rows = TableEncoder().fit_rows(numbers_table(9))
    np.testing.assert_array_equal(np.asarray(rows, dtype=np.float64), np.asarray(rows))
    assert np.asarray(rows, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="no array to share"):
        np.array(rows, copy=False)


def test_threads_take_what_one_takes():
    rows = TableEncoder("auto").fit_rows(numbers_table(20_000))
    blocks = np.arange(len(rows)).reshape(40, 500)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(rows.take, blocks))
    np.testing.assert_array_equal(np.vstack(taken), rows)


def test_rows_without_categories_are_not_copied():
    clean = TableCleaner().fit_transform(numbers_table(50))
    rows = TableEncoder().fit(clean).transform_rows(clean)
    assert isinstance(rows, EncodedRows)
    assert np.shares_memory(rows._values, clean.to_numpy())


def peak_bytes(function, *arguments):
    """Return the most memory that a call took, its result included."""
    tracemalloc.start()
    try:
        result = function(*arguments)
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def test_encoding_takes_little_more_than_its_output():
    rows = TableEncoder("auto").fit_rows(numbers_table(200_000))
    peak, encoded = peak_bytes(np.asarray, rows)
    assert peak < encoded.nbytes + 2**23
    peak, some = peak_bytes(rows.take, np.arange(50_000))
    assert peak < some.nbytes + 2**23


def test_a_fit_in_compact_form_takes_little_beside_the_clean_table():
    table = numbers_table(200_000)
    size = 200_000 * 5 * 8
    peak, clean = peak_bytes(TableCleaner().fit_transform, table)
    assert peak < 2 * size
    peak, _ = peak_bytes(TableEncoder("auto").fit_rows, clean)
    assert peak < size + 2**23


def test_rows_stay_as_they_were_when_the_encoder_is_fitted_anew():
    encoder = TableEncoder("auto", "auto")
    first = encoder.fit_rows(numbers_table(600))
    expected = np.asarray(first)
    encoder.fit(numbers_table(300, seed=1))
    np.testing.assert_array_equal(first, expected)
