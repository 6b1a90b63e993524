"""What a row becomes depends on the row alone: not on its company, nor on its dtypes."""

import io
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skann import (
    ChurnANNClassifier,
    DroppedColumnWarning,
    ReadingWarning,
    SkannWarning,
    UnseenLevelsWarning,
)
from skann.preprocessing import TableCleaner

N_ROWS = 24
TEXTS = ["a", " b", "NA", "None", "", "007", "1_2", "1E5", "1.0", "true", "é, ü", "?", "x\ny"]


def some(*cells):
    return st.lists(st.sampled_from(cells), min_size=N_ROWS, max_size=N_ROWS)


def column(cells, dtype=None):
    return cells.map(lambda values: pd.Series(values, dtype=dtype))


COLUMNS = {
    "float": column(some(0.5, 1.5, -3.0, 1e-7, 2.0, 1e20, None), "float64"),
    "whole": column(some(1, 2, 3, 40), "int64"),
    "long": column(some(10**17 + 1, 10**17 + 3, 5), "int64"),
    "nullable": column(some(1, 2, None), "Int64"),
    "single": column(some(0.1, 0.2, 7.0), "float32"),
    "bool": column(some(True, False)),
    "nullable bool": column(some(True, False, None), "boolean"),
    "object bool": column(some(True, False, None), object),
    "text": column(some(*TEXTS, None), object),
    "codes": column(some("01", "02", "A9", "3"), "str"),
    "flags": column(some("1", "0", "True", None), object),
    "mixed": column(some(1, True, "x", 2.5, None), object),
    "category": column(some("a", "b", None), "category"),
    "whole category": column(some(1, 2, 10), "category"),
    "money": column(some("$1,234.50", "$7", "$12.25", "-$3", ""), object),
    "decimal commas": column(some("1.234,5", "7,25", "-3", "0,5"), object),
    "percent": column(some("45.1%", "7%", "3 %"), object),
    "date": column(some(*pd.to_datetime(["2020-01-31 00:00", "2021-05-06 07:08", None]))),
    "end": column(some(*np.array(["2020-01-31", "9999-12-31"], dtype="datetime64[s]"))),
    "date text": column(some("31/01/2020", "01/02/2020", "05/06/2021 10:30", None), object),
    "duration": column(some(*pd.to_timedelta(["1h", "3 days", None]))),
}


def by_csv(table, **options):
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), **options)


def by_parquet(table):
    file = io.BytesIO()
    table.to_parquet(file)
    return pd.read_parquet(file)


OTHER_FORMS = {
    "objects": lambda table: table.astype(object),
    "text, as the command reads it": lambda table: by_csv(table, dtype=str, keep_default_na=False),
    "a CSV file": by_csv,
    "a Parquet file": by_parquet,
    "nullable dtypes": lambda table: table.convert_dtypes(),
    # Of a copy: pandas 3.0.0 writes into the dates of the original.
    "Arrow": lambda table: table.copy().convert_dtypes(dtype_backend="pyarrow"),
    "polars": lambda table: pl.from_pandas(table),
    "the other order": lambda table: table[::-1],
}


def cannot_hold(form, table):
    """Whether a form has no place for a column: of several types, or of zeros before numbers."""
    mixed = "mixed" in table or "flags" in table or "object bool" in table
    if form == "a CSV file":
        return "codes" in table or "text" in table
    return mixed and form in ("a Parquet file", "polars", "Arrow")


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from([*COLUMNS]), min_size=1, max_size=4, unique=True))
    return pd.DataFrame({name: draw(COLUMNS[name]) for name in names})


@given(tables())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_row_is_read_the_same_in_any_company_and_form(table):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cleaner = TableCleaner().fit(table[:16])
        except ValueError as error:
            assert "No column is left" in str(error)
            return
        expected = cleaner.transform(table)
        for form, change in OTHER_FORMS.items():
            if not cannot_hold(form, table):
                clean = cleaner.transform(change(table))
                clean = clean[::-1] if form == "the other order" else clean
                pd.testing.assert_frame_equal(clean.reset_index(drop=True), expected, obj=form)
        alone = [cleaner.transform(table[i : i + 1]) for i in range(len(table))]
    pd.testing.assert_frame_equal(pd.concat(alone), expected)


@given(tables())
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_customer_has_the_same_score_in_any_company_and_form(table):
    table = table.assign(age=np.arange(N_ROWS) % 7)
    model = ChurnANNClassifier((4,), n_heads=1, cv=2, epochs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table, np.arange(N_ROWS) % 3 == 0)
        expected = model.predict_proba(table)
        for form, change in OTHER_FORMS.items():
            if not cannot_hold(form, table):
                scores = model.predict_proba(change(table))
                scores = scores[::-1] if form == "the other order" else scores
                np.testing.assert_allclose(scores, expected, atol=1e-6, err_msg=form)
        alone = np.vstack([model.predict_proba(table[i : i + 1]) for i in range(4)])
    np.testing.assert_allclose(alone, expected[:4], atol=1e-6)


def test_a_level_that_no_network_has_seen_is_told_once():
    table = pd.DataFrame({"plan": ["a", "b", "c", "d"] * 30, "age": np.arange(120) % 7})
    model = ChurnANNClassifier((4,), n_heads=1, cv=2, epochs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SkannWarning)
        model.fit(table, np.arange(120) % 3 == 0)
        model.predict_proba(table)
    later = table.assign(plan=["a", "b", "c", "new"] * 30)
    with pytest.warns(UnseenLevelsWarning) as caught:
        model.predict_proba(later)
    assert len(caught) == 1
    assert "'plan' in 30 of 120 rows, such as 'new'" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_a_warning_of_a_fit_is_given_once_for_all_networks():
    n = 200
    table = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "charge": [str(i % 50 + 0.5) if i % 20 else f"odd {i}" for i in range(n)],
        }
    )
    model = ChurnANNClassifier((4,), n_heads=1, cv=2, epochs=1, random_state=0, n_jobs=2)
    with pytest.warns(SkannWarning) as caught:
        model.fit(table, np.arange(n) % 3 == 0)
    own = [note for note in caught if issubclass(note.category, SkannWarning)]
    assert [note.category for note in own] == [ReadingWarning, DroppedColumnWarning]
    assert {note.filename for note in own} == {__file__}


def test_chosen_roles_reach_every_network():
    table = pd.DataFrame({"region": [1, 2, 3, 4] * 30, "age": np.arange(120) % 7})
    model = ChurnANNClassifier(
        (4,), n_heads=1, cv=2, epochs=1, random_state=0, column_roles={"region": "category"}
    ).fit(table, np.arange(120) % 3 == 0)
    assert model.column_roles_ == {"region": "category", "age": "numeric"}
    assert all("region" in pipeline["preprocess"].levels_ for pipeline in model.pipelines_)
    with pytest.raises(ValueError, match="column_roles names 'city'"):
        model.set_params(column_roles={"city": "drop"}).fit(table, np.arange(120) % 3 == 0)
