"""`skann train --out-of-core`: from random parts of a table, as well as from all of it."""

import re
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from skann import ChurnANNClassifier
from skann.cli import _csv, _parts, _tables
from skann.cli._model_file import load_model
from skann.cli._parts import count_labels, deal_out
from skann.datasets import make_churn


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 512 rows."""
    for module in (_tables, _parts):
        monkeypatch.setattr(module, "BLOCK_ROWS", 512)
    monkeypatch.setattr(_csv, "BLOCK_BYTES", 20_000)


@pytest.fixture(scope="module")
def by_label():
    """3,000 customers, those who stayed first, some of unknown fate among them."""
    frame = make_churn(3_000, random_state=3).frame.sort_values("churn", kind="stable")
    frame.loc[frame.index[::100], "churn"] = None
    return frame.reset_index(drop=True)


@pytest.fixture
def dealt(by_label, small_blocks, tmp_path):
    """The parts of the customers."""
    by_label.to_parquet(tmp_path / "customers.parquet")
    table = _tables.open_table(str(tmp_path / "customers.parquet"))
    labels = count_labels(table, "churn")
    more = {"dropped": ["region"], "test_size": 0.2, "folder": str(tmp_path), "seed": 0}
    return deal_out(table, labels, **more)


def ids(part):
    return part.read()[0]["customer_id"].tolist()


def test_each_labelled_row_is_in_one_part(by_label, dealt):
    parts = [dealt.test, dealt.validation, *dealt.training]
    found = [ids(part) for part in parts]
    assert [part.n_rows for part in parts] == [len(names) for names in found]
    labelled = by_label.loc[by_label["churn"].notna(), "customer_id"]
    assert sorted(chain(*found)) == sorted(labelled)
    assert dealt.test.labels.n_unlabelled == 30


def test_parts_are_no_larger_than_a_block_and_hold_each_label_in_its_share(by_label, dealt):
    parts = [dealt.test, dealt.validation, *dealt.training]
    share = (by_label["churn"] == "Yes").sum() / by_label["churn"].notna().sum()
    assert len(parts) == 7
    for part in parts:
        features, labels = part.read()
        assert len(labels) <= 513  # shares of two labels are rounded
        assert abs((labels == "Yes").sum() - share * len(labels)) <= 1
        assert "region" not in features


def test_rows_of_a_part_come_from_all_over_the_table(by_label, dealt):
    position = pd.Series(np.arange(len(by_label)), index=by_label["customer_id"])
    for part in dealt.training:
        where = position[ids(part)].to_numpy()
        assert np.abs(np.quantile(where, [0.25, 0.5, 0.75]) - [750, 1500, 2250]).max() < 300


def test_other_seeds_deal_other_rows(by_label, dealt, tmp_path):
    table = _tables.open_table(str(tmp_path / "customers.parquet"))
    first = ids(dealt.test)
    for seed, same in ((0, True), (1, False)):
        more = {"dropped": [], "test_size": 0.2, "folder": str(tmp_path), "seed": seed}
        again = deal_out(table, dealt.test.labels, **more)
        assert (ids(again.test) == first) == same


def test_files_are_no_more_than_can_be_open(by_label, small_blocks, monkeypatch, tmp_path):
    monkeypatch.setattr(_parts, "MOST_PARTS", 3)
    by_label.to_csv(tmp_path / "customers.csv", index=False)
    table = _tables.open_table(str(tmp_path / "customers.csv"))
    labels = count_labels(table, "churn")
    parts = deal_out(table, labels, dropped=[], test_size=0.2, folder=str(tmp_path), seed=0)
    assert len(parts.training) == 3
    assert parts.n_training_rows == 2970 - 512 - 369


def test_categories_may_be_numbered_differently_in_each_file(small_blocks, tmp_path):
    for number, levels in enumerate((["a", "b"], ["c", "b"])):
        plan = pd.Categorical(levels * 300, levels)
        frame = pd.DataFrame({"plan": plan, "copy": plan.astype(str), "churn": plan == "b"})
        frame.to_parquet(tmp_path / f"{number}.parquet", index=False)
    table = _tables.open_table(str(tmp_path))
    assert pa.types.is_dictionary(next(iter(table)).schema.field("plan").type)
    labels = count_labels(table, "churn")
    parts = deal_out(table, labels, dropped=[], test_size=0.2, folder=str(tmp_path), seed=0)
    features, _ = parts.training[0].read()
    assert set(features["plan"]) == {"a", "b", "c"}
    assert features["plan"].tolist() == features["copy"].tolist()


@pytest.mark.slow
def test_a_model_from_parts_of_a_table_in_order_is_as_good_as_one_from_all_of_it(
    by_label, small_blocks, run, train_on, tmp_path, monkeypatch
):
    seen = []
    partial_fit = ChurnANNClassifier.partial_fit

    def spy(self, X, y, **more):
        seen.append(set(X["customer_id"]))
        return partial_fit(self, X, y, **more)

    monkeypatch.setattr(ChurnANNClassifier, "partial_fit", spy)
    data, model = tmp_path / "customers.csv", tmp_path / "parts.skann"
    by_label.to_csv(data, index=False)
    status, out, _ = run(*train_on(data, model, "--out-of-core", "--epochs", "4"))
    assert status == 0
    said = " ".join(out.split())
    assert "3,000 rows and 15 columns left out 30 rows: no churn" in said
    assert "512 customers set aside, 2,089 to learn from" in said
    assert re.search(r"1 network, \d passes over 5 parts .* judged on 369 other rows", said)
    assert len(set().union(*seen)) == 2089
    history = load_model(str(model)).model.estimator_.history_
    assert 1 <= len(history) <= 4
    assert history.columns.tolist() == ["loss", "val_loss", "learning_rate"]
    assert run(*train_on(data, tmp_path / "whole.skann", "--epochs", "4"))[0] == 0
    new = make_churn(4_000, random_state=4)
    auc = {
        name: roc_auc_score(
            new.target == "Yes",
            load_model(str(tmp_path / f"{name}.skann")).probability(
                new.data.astype({"signup_date": str})
            ),
        )
        for name in ("parts", "whole")
    }
    # One network against the mean of four; from seed to seed their AUC differs by some .005.
    assert auc["parts"] > auc["whole"] - 0.02, auc


def test_what_is_wrong_with_a_table_is_said_before_training(error, train_on, tmp_path):
    data, more = tmp_path / "customers.csv", ("--out-of-core",)
    make_churn(60, random_state=0).frame.to_csv(data, index=False)
    line = error(*train_on(data, tmp_path / "m", *more, target="Chrun"))
    assert "has no column 'Chrun'. Did you mean churn?" in line
    assert re.search(
        r"holds \d+ values", error(*train_on(data, tmp_path / "m", *more, target="region"))
    )
    line = error(*train_on(data, tmp_path / "m", *more, "--positive", "1"))
    assert "--positive 1 is not among the labels No, Yes" in line
    line = error(*train_on(data, tmp_path / "m", *more, "--time", "signup_date"))
    assert "leave out --time" in line
    assert "not allowed with" in error(*train_on(data, tmp_path / "m", *more, "--sample", "9"))
    line = error(*train_on(data, tmp_path / "m", *more, "--drop", "[!c]*", "c[!h]*"))
    assert "no column is left" in line
    few = pd.read_csv(data).groupby("churn").head(3)
    few.to_csv(tmp_path / "few.csv", index=False)
    line = error(*train_on(tmp_path / "few.csv", tmp_path / "m", *more))
    assert "too few rows to train and test" in line
    few.assign(churn=None).to_csv(tmp_path / "none.csv", index=False)
    assert "is empty" in error(*train_on(tmp_path / "none.csv", tmp_path / "m", *more))
