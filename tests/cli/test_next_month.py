"""`skann monitor` and `skann predict --prior`: the model a month later."""

import pandas as pd

from skann.datasets import make_churn


def test_monitor_names_what_has_changed_and_what_to_do(run, folder, tmp_path):
    new = make_churn(600, random_state=1).frame.drop(columns="churn")
    new.to_csv(tmp_path / "same.csv", index=False)
    status, out, err = run("monitor", folder / "churn.skann", tmp_path / "same.csv")
    assert (status, err) == (0, "")
    assert "Nothing has changed beyond chance" in out

    new["tenure_months"] *= 30  # days
    new.to_csv(tmp_path / "days.csv", index=False)
    status, changed, _ = run("monitor", folder / "churn.skann", tmp_path / "days.csv")
    assert status == 0
    assert "Mend the data first, then compare again: tenure_months (unit changed)" in changed


def test_monitor_says_which_columns_are_missing(error, folder, tmp_path):
    new = make_churn(50, random_state=1).frame.drop(columns="tenure_months")
    new.to_csv(tmp_path / "new.csv", index=False)
    assert "tenure_months" in error("monitor", folder / "churn.skann", tmp_path / "new.csv")


def test_a_lower_churn_rate_lowers_probabilities_and_contacts(run, folder, tmp_path):
    model, data = folder / "churn.skann", folder / "customers.csv"
    lists = []
    for more in ([], ["--prior", "0.02"]):
        assert run("predict", model, data, "--out", tmp_path / "out.csv", *more)[0] == 0
        lists.append(pd.read_csv(tmp_path / "out.csv").set_index("customer_id").sort_index())
    own, moved = lists
    assert (moved["probability"] < own["probability"]).all()
    assert (moved["contact"] == "yes").sum() < (own["contact"] == "yes").sum()


def test_a_prior_that_is_no_share_is_refused(error, folder):
    assert "no share" in error(
        "predict", folder / "churn.skann", folder / "customers.csv", "--prior", "2"
    )
