"""Rows that are encoded when they are taken have the bits of those that are encoded at once."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skann.datasets import make_churn
from skann.preprocessing import TableCleaner, TableEncoder


@pytest.fixture(scope="module")
def clean():
    churn = make_churn(1_200, random_state=0).data.drop(columns="customer_id")
    churn["city"] = [f"city {i % 17}" for i in range(len(churn))]
    return TableCleaner().fit_transform(churn)


@pytest.mark.parametrize("numeric", ["auto", "standard", "quantile", "robust", "piecewise_linear"])
@pytest.mark.parametrize("categorical", ["auto", "onehot", "embedding"])
def test_taken_rows_equal_those_of_transform(clean, numeric, categorical):
    encoder = TableEncoder(numeric, categorical)
    rows = encoder.fit_rows(clean[:1_000])
    encoded = encoder.transform(clean[:1_000])
    assert (rows.shape, rows.nbytes, rows.dtype) == (encoded.shape, encoded.nbytes, np.float32)
    assert_array_equal(np.asarray(rows), encoded)
    for some in (np.array([7]), np.array([999, 0, 0]), np.random.default_rng(0).permutation(1_000)):
        assert_array_equal(rows.take(some), encoded[some])
    others = encoder.transform_rows(clean[1_000:])
    assert_array_equal(others.take(np.arange(200)), encoder.transform(clean[1_000:]))


def test_levels_that_training_did_not_see_are_encoded_alike():
    table = pd.DataFrame({"plan": pd.Categorical(["a", "b", "a"]), "age": [1.0, 2.0, 3.0]})
    encoder = TableEncoder().fit(table)
    new = pd.DataFrame({"plan": pd.Categorical(["c", "b"]), "age": [9.0, 2.0]})
    encoded = encoder.transform(new)
    assert encoded.shape == (2, 3)
    assert_array_equal(encoder.transform_rows(new).take(np.array([1, 0])), encoded[::-1])
