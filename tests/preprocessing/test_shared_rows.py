"""Rows that several networks share are encoded to the bits of cleaner and encoder."""

import numpy as np
import pandas as pd
import pytest

import skann
from skann.preprocessing import TableCleaner, TableEncoder
from skann.preprocessing import _shared_rows as module
from skann.preprocessing._shared_rows import Preparation, SharedRows


def fitted(X, y, rows, *encodings):
    cleaner = TableCleaner()
    return cleaner, TableEncoder(*encodings).fit(cleaner.fit_transform(X.iloc[rows]), y[rows])


@pytest.fixture(scope="module")
def table(small_churn):
    X, y = small_churn
    X = X.assign(
        plan=np.resize(["a", "b ", None, "c"], len(X)),
        flag=np.resize([True, False], len(X)),
        charge=np.resize(["10", "2.5", "?"], len(X)),
    )
    return X, (y == "Yes").to_numpy()


@pytest.mark.parametrize("numeric", ["auto", "standard", "quantile"])
@pytest.mark.parametrize("categorical", ["auto", "onehot", "embedding"])
def test_each_encoding_is_the_same_to_the_bit(table, numeric, categorical):
    X, y = table
    cleaner, encoder = fitted(X, y, slice(0, 250), numeric, categorical)
    new = X.iloc[200:].assign(plan=np.resize(["a", "new", None], len(X) - 200), flag="1")
    with pytest.warns(skann.UnseenLevelsWarning):
        expected = encoder.transform(cleaner.transform(new))
    with pytest.warns(skann.UnseenLevelsWarning):
        encoded = SharedRows(new).encoded(Preparation(cleaner, encoder))
    assert encoded.dtype == expected.dtype
    assert np.array_equal(encoded, expected)


@pytest.mark.parametrize("dtype", ["str", object, "category"])
def test_a_row_by_itself_has_the_bits_that_it_has_among_others(table, dtype):
    X, y = table
    X = X.assign(note=np.resize([" x ", None, "true", "", "1.0", "nan"], len(X)))
    texts = X.select_dtypes(["str", object]).columns
    X = X.astype(dict.fromkeys(texts, dtype))
    preparation = Preparation(*fitted(X, y, slice(0, 300), "auto", "auto"))
    together = SharedRows(X).encoded(preparation)
    for i in range(0, len(X), 7):
        assert np.array_equal(SharedRows(X.iloc[[i]]).encoded(preparation), together[[i]])


def test_tables_of_numbers_and_of_categories_alone_are_the_same_to_the_bit(table):
    X, y = table
    for columns in (X.select_dtypes("number"), X[["plan", "flag"]]):
        cleaner, encoder = fitted(columns, y, slice(0, 250))
        expected = encoder.transform(cleaner.transform(columns))
        assert np.array_equal(SharedRows(columns).encoded(Preparation(cleaner, encoder)), expected)


def test_columns_that_folds_take_for_the_same_are_read_once(table, monkeypatch):
    X, y = table
    folds = [fitted(X, y, rows) for rows in (slice(0, 300), slice(50, 350), slice(100, 400))]
    read = []

    def counted(role, form, series):
        read.append(series.name)
        return column_of(role, form, series)

    column_of = module.read_column_as
    monkeypatch.setattr(module, "read_column_as", counted)
    rows = SharedRows(X)
    for cleaner, encoder in folds:
        rows.encoded(Preparation(cleaner, encoder))
    assert sorted(read) == sorted(X.columns)


def test_a_column_that_a_fold_takes_for_something_else_is_read_as_that():
    X = pd.DataFrame({"size": ["1", "2", "3", "4"] * 30, "other": np.arange(120.0)})
    y = np.arange(120) % 2
    chosen = [TableCleaner({"size": role}) for role in ("numeric", "category")]
    rows = SharedRows(X)
    for cleaner in chosen:
        encoder = TableEncoder().fit(cleaner.fit_transform(X), y)
        assert np.array_equal(
            rows.encoded(Preparation(cleaner, encoder)), encoder.transform(cleaner.transform(X))
        )
