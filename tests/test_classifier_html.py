"""The HTML of a ChurnANNClassifier shows what is inside."""

import pytest

from skann import ChurnANNClassifier
from skann._churn_ann._html import classifier_html
from skann.datasets import make_churn


def test_unfitted_it_is_scikit_learns_diagram():
    html = classifier_html(ChurnANNClassifier())
    assert "ChurnANNClassifier" in html
    assert "Network" not in html


@pytest.mark.slow
def test_fitted_it_shows_the_inner_pipeline_and_the_layers():
    X, y = make_churn(200, random_state=0, return_X_y=True)
    network = ChurnANNClassifier(
        (7, 5), cv=None, n_heads=1, epochs=1, batch_size=64, random_state=0
    )
    html = classifier_html(network.fit(X[["age", "tenure_months"]], y))
    for shown in ("TableCleaner", "TableEncoder", "hidden_1", "hidden_2", "probability"):
        assert shown in html
    n_weights = network.pipelines_[0]["network"].model_.count_params()
    assert f">{n_weights:,}<" in html
    assert f">{7 * 5 + 5}<" in html
    assert "Epoch 1 of 1 is kept" in html
    assert "2 numeric" in html
