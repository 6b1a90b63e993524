"""The sentences of a report, read aloud."""

import numpy as np
import pandas as pd
import pytest

from skann.costs._decision import bayes_threshold
from skann.costs._matrix import read_costs
from skann.inspection._report._evaluation import Evaluation
from skann.inspection._report._figures import decide, decide_blindly, measure
from skann.inspection._report._words import comparison, decision, saving, verdict

CHURNED = np.array([True, False, False, False])
PROBABILITIES = {"Model": np.array([0.6, 0.7, 0.2, 0.1])}


def evaluation(baselines=True, **changes):
    """What an evaluation of four customers finds, under some costs."""
    given = {"fn_cost": 20.0, "fp_cost": 5.0, "tp_cost": 0.0, "tn_cost": 0.0, **changes}
    costs = read_costs(list(given.values()), None, 4)
    decisions = decide(PROBABILITIES, costs, CHURNED)
    if baselines:
        decisions |= decide_blindly(4)
    return Evaluation(
        model="Model",
        positive="Yes",
        churned=CHURNED,
        probabilities=PROBABILITIES,
        decisions=decisions,
        costs=costs,
        threshold=bayes_threshold(costs) if costs.constant else None,
        figures=measure(CHURNED, PROBABILITIES, decisions, costs, seed=0),
        importance=pd.DataFrame(),
        reasons=pd.DataFrame(),
        history=None,
        best_epoch=None,
        left_out={},
        pooled_levels={},
        n_models_tested=None,
        baselines_trained=True,
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {},
            "1.25 per customer: 67% less than contacting everybody (3.75), no less than the same "
            "Model at 0.5 (1.25)",
        ),
        (
            {"fn_cost": 0.0},
            "0.00 per customer: no less than contacting nobody (0.00), 100% less "
            "than the same Model at 0.5 (1.25)",
        ),
    ],
)
def test_the_saving_is_told_beside_what_needs_no_model(changes, sentence):
    assert saving(evaluation(**changes).figures, "Model") == sentence


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        (
            {},
            "Contact whoever has a probability above 0.2: 2 of these 4 (50.0%), among them 1 of "
            "the 1 who left. That costs 1.25 per customer: 67% less than contacting everybody "
            "(3.75), no less than the same Model at 0.5 (1.25).",
        ),
        (
            {"fn_cost": np.array([20.0, 0, 0, 0]), "baselines": False},
            "Whom to contact depends on what each customer costs: 1 of these 4 (25.0%), among "
            "them 1 of the 1 who left. That costs 0.00 per customer: 100% less than the same "
            "Model at 0.5 (1.25).",
        ),
        (
            {"fp_cost": -5.0},
            "At these costs it always pays to contact a customer: 4 of these 4 (100.0%), among "
            "them 1 of the 1 who left. That costs -3.75 per customer: no less than contacting "
            "everybody (-3.75), 200% less than the same Model at 0.5 (-1.25).",
        ),
        (
            {"fn_cost": 0.0},
            "At these costs it never pays to contact a customer: 0 of these 4 (0.0%), among them "
            "0 of the 1 who left. That costs 0.00 per customer: no less than contacting nobody "
            "(0.00), 100% less than the same Model at 0.5 (1.25).",
        ),
    ],
)
def test_the_decision_is_told_in_sentences(changes, sentences):
    assert decision(evaluation(**changes)) == sentences


@pytest.mark.parametrize(
    ("bounds", "advice", "compared"),
    [
        (
            (-2.5, -3.0, -2.0),
            "Use Model: it is better than any baseline.",
            "2.50 less than contacting everybody at 3.75 (95% interval of the difference: from "
            "3.00 less to 2.00 less).",
        ),
        (
            (-2.5, -4.0, 1.0),
            "Contacting everybody may be as good: test on more customers before you prefer Model.",
            "from 4.00 less to 1.00 more).",
        ),
        (
            (0.5, -1.0, 2.0),
            "Contacting everybody is as good: contact everybody, which needs no model, or improve "
            "it; see audit.",
            "0.50 more than contacting everybody",
        ),
    ],
)
def test_the_verdict_says_what_to_do_and_the_comparison_why(bounds, advice, compared):
    found = evaluation()
    difference = found.figures["metric"] == "cost_difference"
    everybody = difference & (found.figures["model"] == "everybody")
    found.figures.loc[everybody, ["value", "low", "high"]] = bounds
    found.figures.loc[difference & ~everybody, ["value", "low", "high"]] = -9
    assert verdict(found) == advice
    assert comparison(found).startswith("Model costs 1.25 per customer, ")
    assert compared in comparison(found)


def test_without_baselines_there_is_no_verdict():
    assert verdict(evaluation(baselines=False)) == comparison(evaluation(baselines=False)) == ""
