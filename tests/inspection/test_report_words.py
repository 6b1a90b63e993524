"""The sentences of a report, read aloud."""

import numpy as np
import pandas as pd
import pytest

from skann.costs._decision import bayes_threshold
from skann.costs._matrix import read_costs
from skann.inspection._report._evaluation import Evaluation
from skann.inspection._report._figures import decide, decide_blindly, measure
from skann.inspection._report._words import decision, saving

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
            "Contacting 50.0% of the customers above a probability of 0.2 costs 1.25 per customer, "
            "against 1.25 for the same model at 0.5, 5.00 for contacting nobody and 3.75 for "
            "contacting everybody.",
        ),
        (
            {"fn_cost": np.array([20.0, 0, 0, 0]), "baselines": False},
            "Contacting 25.0% of the customers costs 0.00 per customer, against 1.25 for the same "
            "model at 0.5.",
        ),
        (
            {"fp_cost": -5.0},
            "At these costs it always pays to contact a customer. Contacting 100.0% of the "
            "customers costs -3.75 per customer, against -1.25 for the same model at 0.5, 5.00 for "
            "contacting nobody and -3.75 for contacting everybody.",
        ),
        (
            {"fn_cost": 0.0},
            "At these costs it never pays to contact a customer. Contacting 0.0% of the customers "
            "costs 0.00 per customer, against 1.25 for the same model at 0.5, 0.00 for contacting "
            "nobody and 3.75 for contacting everybody.",
        ),
    ],
)
def test_the_decision_is_told_in_sentences(changes, sentences):
    assert decision(evaluation(**changes)) == sentences
