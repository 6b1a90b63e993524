"""evaluate: figures, decisions, baselines, and the report's four forms."""

import dataclasses
import re
import sys
import warnings
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skann import (
    ChurnANNClassifier,
    CostThresholdClassifier,
    DroppedColumnWarning,
    UnseenLevelsWarning,
    WorkflowWarning,
)
from skann.costs import forecast_cost
from skann.datasets import make_churn
from skann.inspection import evaluate
from skann.inspection._audit._findings import Finding, Findings
from skann.model_selection import train_validation_test_split
from skann.preprocessing import TableCleaner, TableEncoder

matplotlib.use("Agg")

COSTS = {"fn_cost": 100, "fp_cost": 5}


def logistic():
    return make_pipeline(
        TableCleaner(), TableEncoder("standard", "onehot"), LogisticRegression(max_iter=500)
    )


@pytest.fixture(scope="module")
def split():
    X, y = make_churn(800, random_state=0, return_X_y=True)
    X = X.drop(columns=["customer_id", "signup_date"])
    return train_validation_test_split(X, y, random_state=0)


@pytest.fixture(scope="module")
def model(split):
    return CostThresholdClassifier(logistic(), cv=3, **COSTS).fit(split.X_train, split.y_train)


@pytest.fixture(scope="module")
def report(split, model):
    return evaluate(
        model,
        split.X_test,
        split.y_test,
        costs=COSTS,
        train=(split.X_train, split.y_train),
        random_state=0,
    )


def test_figures_are_those_of_the_models_probabilities_and_labels(report, split, model):
    churned = (split.y_test == "Yes").to_numpy()
    probability = model.predict_proba(split.X_test)[:, 1]
    contacted = model.predict(split.X_test) == "Yes"
    assert report.value("roc_auc") == pytest.approx(roc_auc_score(churned, probability))
    assert report.value("recall", "chosen") == pytest.approx(contacted[churned].mean())
    cost = np.where(churned, np.where(contacted, 0, 100), np.where(contacted, 5, 0))
    assert report.value("cost", "chosen") == pytest.approx(cost.mean())
    assert report.value("recall", "half") == pytest.approx((probability > 0.5)[churned].mean())
    assert report.threshold == model.threshold_


def test_baselines_come_under_the_same_costs(report, split):
    churned = (split.y_test == "Yes").mean()
    assert report.value("cost", "none", "nobody") == pytest.approx(100 * churned)
    assert report.value("cost", "none", "everybody") == pytest.approx(5 * (1 - churned))
    for name in ("logistic regression", "gradient boosting"):
        assert report.value("cost", "chosen", name) < report.value("cost", "half", name)
    entropy = -churned * np.log(churned) - (1 - churned) * np.log(1 - churned)
    assert report.value("log_loss", "none", "nobody") == pytest.approx(entropy)


def test_baselines_are_fitted_on_the_training_rows_that_are_given(report, split):
    expected = logistic().fit(split.X_train, split.y_train).predict_proba(split.X_test)[:, 1]
    assert report.probabilities["logistic regression"] == pytest.approx(expected, abs=1e-3)
    assert report.baselines_trained


def test_without_training_rows_baselines_are_cross_validated_and_the_report_says_so(split, model):
    report = evaluate(model, split.X_test, split.y_test, costs=COSTS)
    assert not report.baselines_trained
    assert "cross-validated on the test rows: pass train=(X_train, y_train)" in str(report)


def test_with_training_rows_the_report_says_nothing_of_cross_validation(report):
    assert "cross-validated" not in str(report)


def test_without_baselines_only_the_model_is_shown(split, model):
    report = evaluate(model, split.X_test, split.y_test, costs=COSTS, baselines=False)
    assert report.to_frame()["model"].unique().tolist() == ["LogisticRegression"]
    assert "nobody" not in str(report).replace("“Nobody leaves”", "")


def test_intervals_hold_the_figure_and_depend_on_the_seed_alone(report, split, model):
    frame = report.to_frame().dropna()
    assert ((frame["low"] <= frame["value"]) & (frame["value"] <= frame["high"])).all()
    same = evaluate(
        model,
        split.X_test,
        split.y_test,
        costs=COSTS,
        train=(split.X_train, split.y_train),
        random_state=0,
    )
    pd.testing.assert_frame_equal(same.to_frame(), report.to_frame())
    pd.testing.assert_frame_equal(same.importance, report.importance)


def test_a_model_without_a_threshold_contacts_by_expected_gain(split):
    model = logistic().fit(split.X_train, split.y_train)
    report = evaluate(model, split.X_test, split.y_test, costs=COSTS, baselines=False)
    expected = model.predict_proba(split.X_test)[:, 1] > 5 / 105
    assert np.array_equal(report.decisions["LogisticRegression", "chosen"], expected)
    assert report.threshold == pytest.approx(5 / 105)


def test_another_threshold_of_scikit_learns_is_taken(split):
    model = FixedThresholdClassifier(logistic(), threshold=0.3, response_method="predict_proba")
    model.fit(split.X_train, split.y_train == "Yes")
    report = evaluate(model, split.X_test, split.y_test == "Yes", costs=COSTS, baselines=False)
    expected = model.predict_proba(split.X_test)[:, 1] >= 0.3
    assert np.array_equal(report.decisions["LogisticRegression", "chosen"], expected)
    assert report.threshold == 0.3


def test_the_difference_to_each_baseline_is_that_of_the_costs_with_an_interval(report):
    for name, rule in (
        ("logistic regression", "chosen"),
        ("nobody", "none"),
        ("everybody", "none"),
    ):
        difference = report.value("cost", "chosen") - report.value("cost", rule, name)
        assert report.value("cost_difference", rule, name) == pytest.approx(difference)
    frame = report.to_frame().set_index(["model", "rule", "metric"]).sort_index()
    paired = frame.loc["logistic regression", "chosen", "cost_difference"]
    own, other = (
        frame.loc[model, "chosen", "cost"] for model in (report.model, "logistic regression")
    )
    # The same customers: the difference is far more certain than either cost.
    assert paired["high"] - paired["low"] < 0.5 * (own["high"] - own["low"])
    assert other["low"] < other["high"]


def test_no_cut_is_cheaper_than_the_best_one(report):
    for model, probability in report.probabilities.items():
        cuts = [probability > cut for cut in np.append(-1, np.unique(probability))]
        costs = [report.costs.of_decisions(report.churned, cut).mean() for cut in cuts]
        assert report.value("cost", "best", model) == pytest.approx(min(costs))


@pytest.mark.filterwarnings("ignore:this test set has now seen")
def test_the_first_lines_say_where_a_simple_model_is_better(split):
    nothing = FunctionTransformer(lambda X: np.zeros((len(X), 1)))
    blind = make_pipeline(nothing, LogisticRegression()).fit(split.X_train, split.y_train)
    report = evaluate(
        blind, split.X_test, split.y_test, costs={"fn_cost": 10, "fp_cost": 3}, random_state=0
    )
    first = " ".join(str(report).split("\n\n")[1].split())
    found = re.match(
        r"(Logistic regression|Gradient boosting) is (better|as good): use (logistic regression|"
        r"gradient boosting), which is simpler.*"
        r" LogisticRegression costs .*Each at its own best cut",
        first,
    )
    assert found, first
    assert first[:40] in report._repr_html_()


@pytest.mark.filterwarnings("ignore:this test set has now seen")
def test_the_first_lines_say_where_a_model_is_better_than_all_baselines(split):
    churned = (split.y_test == "Yes").to_numpy()
    told = split.X_test[["tenure_months"]].assign(leak=np.where(churned, 3.0, -3.0))
    model = LogisticRegression().fit(told, split.y_test)
    rows = split.X_train[["tenure_months"]].assign(leak=0.0)
    report = evaluate(
        model, told, split.y_test, costs=COSTS, train=(rows, split.y_train), random_state=0
    )
    assert "Use LogisticRegression: it is better than any baseline." in str(report)


def test_customers_are_named_by_their_identifier():
    X, y = make_churn(300, random_state=0, return_X_y=True)
    X = X[["customer_id", "tenure_months", "age"]]
    model = logistic().fit(X.drop(columns="customer_id"), y)
    picked = make_pipeline(
        FunctionTransformer(lambda X: X.drop(columns="customer_id")), logistic()
    ).fit(X, y)
    report = evaluate(picked, X, y, costs=COSTS, baselines=False)
    assert report.reasons["customer"].str.fullmatch(r"C\d{7}").all()
    top = X["customer_id"][np.argmax(model.predict_proba(X.drop(columns="customer_id"))[:, 1])]
    assert report.reasons["customer"].iloc[0] == top
    assert f"{top}: 0." in str(report) and f">{top}</th>" in report._repr_html_()


def test_rows_of_an_array_are_named_by_their_number():
    X, y = make_classification(60, random_state=0)
    model = LogisticRegression().fit(X, y)
    report = evaluate(model, X, y, costs=COSTS, baselines=False)
    likeliest = np.argsort(-model.predict_proba(X)[:, 1], kind="stable")[:8]
    assert report.reasons["customer"].unique().tolist() == likeliest.tolist()


def test_rows_without_an_identifier_are_named_by_whole_numbers(report):
    assert not re.search(r'<th scope="row">\d+\.0</th>', report._repr_html_())


@pytest.mark.filterwarnings("ignore:this test set has now seen")
def test_costs_may_differ_by_customer(split):
    model = CostThresholdClassifier(logistic(), fn_cost="customer_value", fp_cost=5, method="bayes")
    model.fit(split.X_train, split.y_train)
    report = evaluate(
        model, split.X_test, split.y_test, costs={"fn_cost": "customer_value", "fp_cost": 5}
    )
    churned = (split.y_test == "Yes").to_numpy()
    value = split.X_test["customer_value"].to_numpy()
    assert report.value("cost", "none", "nobody") == pytest.approx(np.mean(value * churned))
    by_array = evaluate(
        model, split.X_test, split.y_test, costs={"fn_cost": value, "fp_cost": 5}, baselines=False
    )
    assert by_array.value("cost", "chosen") == report.value("cost", "chosen")
    assert "(mean)" in str(report)


def test_columns_that_matter_come_first(report, model, split):
    assert report.importance["auc_lost"].is_monotonic_decreasing
    assert set(report.importance["column"]) == set(split.X_test.columns)
    assert report.importance["auc_lost"].iloc[0] > 0.01


def test_the_likeliest_churners_are_explained(report):
    top = np.sort(report.probabilities[report.model])[::-1][:8]
    shown = report.reasons.query("rank == 1")["probability"]
    assert shown.to_numpy() == pytest.approx(top)
    assert len(report.reasons) == 24


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"costs": {"fn": 100}}, r"costs has \['fn'\]; it takes"),
        ({"costs": {"fn_cost": -1, "fp_cost": -1}}, "reward mistakes"),
        ({"costs": {"fn_cost": "value"}}, "names a column that X lacks"),
        ({"y_test": ["Yes"] * 160}, "holds one class only, 'Yes'"),
        ({"y_test": ["Yes", "Maybe"] * 80}, r"labels \['Maybe'\] that the model does not know"),
        ({"y_test": ["Yes"] * 3}, "inconsistent numbers of samples"),
        ({"train": ([[1]],)}, r"train must be \(X_train, y_train\), got a tuple of 1"),
    ],
)
def test_what_cannot_be_evaluated_is_told(split, model, change, message):
    arguments = {"y_test": split.y_test, "costs": COSTS, "baselines": False, **change}
    with pytest.raises(ValueError, match=message):
        evaluate(model, split.X_test, **arguments)


def test_the_second_model_on_the_same_test_part_warns(split):
    fresh = train_validation_test_split(
        split.X_train[["tenure_months", "support_calls"]], split.y_train, random_state=0
    )
    models = [LogisticRegression(C=C).fit(fresh.X_train, fresh.y_train) for C in (1.0, 1e-4)]
    arguments = {"costs": COSTS, "baselines": False}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            report = evaluate(models[0], fresh.X_test, fresh.y_test, **arguments)
    assert report.n_models_tested == fresh.n_models_tested == 1
    with pytest.warns(WorkflowWarning, match="now seen 2 models") as caught:
        report = evaluate(models[1], fresh.X_test, fresh.y_test, **arguments)
    assert caught[0].filename == __file__
    assert report.n_models_tested == fresh.n_models_tested == 2
    assert "have seen 2 models" in str(report)


def test_text_tells_the_balance_the_decision_and_every_model(report):
    text = str(report)
    assert text == repr(report)
    assert max(map(len, text.splitlines())) <= 120
    assert "of 160 customers left" in " ".join(text.split())
    for name in ("logistic regression at 0.5", "gradient boosting by cost", "nobody", "everybody"):
        assert name in text


class Page(HTMLParser):
    """Collects tags that are left open, links to elsewhere, and text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.links, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        self.links += [
            value
            for name, value in attrs
            if name in ("src", "href", "xlink:href") and not value.startswith("#")
        ]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(report, tmp_path):
    report.to_html(tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert page.open == [] and page.links == []
    assert "@import" not in html and "url(http" not in html and "<script" not in html
    assert html.count("<svg") == 3
    assert "prefers-color-scheme: dark" in html
    assert not re.search(r"(?<![\w&])#000000", html)
    for value in (report.value("roc_auc"), report.value("brier")):
        assert f"{value:.3f}" in "".join(page.text)


def test_notebooks_get_a_fragment(report):
    fragment = report._repr_html_()
    assert fragment.startswith('<div class="skann-report">')
    assert "<html" not in fragment and "<body" not in fragment
    assert Page(fragment).open == []


def test_names_and_values_are_escaped(split):
    nasty = "<img src=x>&"
    X_train, X_test = (part[["tenure_months"]].assign(**{nasty: "<b>"}) for part in split[:3:2])
    X_test.index = [f"<i>{i}" for i in range(len(X_test))]
    model = logistic().fit(X_train.assign(**{nasty: ["<b>", "c"] * 260}), split.y_train)
    html = evaluate(model, X_test, np.asarray(split.y_test), costs=COSTS)._repr_html_()
    assert "&lt;img src=x&gt;&amp;" in html
    assert "<img" not in html and "<i>" not in html


def test_plots_are_one_figure(report):
    figure = report.plot()
    assert [axis.get_title() for axis in figure.axes] == ["Calibration", "Churners found", "Cost"]
    matplotlib.pyplot.close(figure)


def test_without_matplotlib_the_page_says_what_is_missing(report, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.delattr(matplotlib, "pyplot", raising=False)
    report.to_html(tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<svg" not in html and "skann[plot]" in html


def test_an_unknown_figure_is_a_key_error(report):
    with pytest.raises(KeyError, match="no figure"):
        report.value("recall")


@pytest.mark.slow
def test_a_network_shows_how_it_learned(split):
    network = ChurnANNClassifier((8,), epochs=3, random_state=0)
    network.fit(split.X_train, split.y_train)
    report = evaluate(network, split.X_test.copy(), list(split.y_test), costs=COSTS)
    assert report.model == "ChurnANNClassifier"
    assert report.history is network.history_
    assert report._repr_html_().count("<svg") == 4


def test_a_network_says_what_it_leaves_out_and_pools_and_unseen_levels_once():
    X, y = make_churn(600, random_state=0, return_X_y=True)
    shop = ["often"] * 298 + ["seldom"] * 2 + ["new"] * 300
    X = X[["customer_id", "age", "tenure_months"]].assign(unit="EUR", shop=shop)
    network = ChurnANNClassifier((4,), n_heads=1, cv=None, epochs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DroppedColumnWarning)
        network.fit(X[:300], y[:300])
    with pytest.warns(UnseenLevelsWarning) as caught:
        report = evaluate(network, X[300:], y[300:], costs=COSTS, baselines=False, random_state=0)
    assert sum(issubclass(note.category, UnseenLevelsWarning) for note in caught) == 1
    text = " ".join(str(report).split())
    assert "The network leaves out customer_id (id), unit (constant)." in text
    assert "Levels too rare to learn from count as one: 1 of shop (such as seldom)." in text


def test_the_forecast_of_the_cost_stands_beside_the_cost(report):
    probability = report.probabilities[report.model]
    contacted = report.decisions[report.model, "chosen"]
    forecast = forecast_cost(probability, contacted, **COSTS)
    for form in (str(report), report._repr_html_()):
        said = " ".join(form.split())
        assert f"were expected to cost {forecast.cost:.2f} per customer" in said
        assert f"they cost {report.value('cost', 'chosen'):.2f}, " in said


def test_what_an_audit_found_stands_in_every_form_of_a_report(report):
    assert "Audit" not in str(report) and "Audit" not in report._repr_html_()
    finding = Finding("no validation rows", "warning", "seen <here>", "set cv")
    audited = dataclasses.replace(report, findings=Findings([finding]))
    assert "-> set cv" in str(audited) and "seen &lt;here&gt;" in audited._repr_html_()
