"""Writes the model file that every later version has to load: `python make_kept_model.py`."""

from pathlib import Path

import pandas as pd

import skann
from skann.datasets import make_churn

FOLDER = Path(__file__).parent

if __name__ == "__main__":
    X, y = make_churn(300, random_state=0, return_X_y=True)
    X = X.drop(columns="customer_id")
    network = skann.ChurnANNClassifier(
        hidden_layer_sizes=(4,),
        n_heads=2,
        cv=2,
        epochs=3,
        categorical_encoding="embedding",
        class_weight="balanced",
        random_state=0,
    )
    model = skann.CostThresholdClassifier(
        network, fn_cost=100, fp_cost=20, calibration="sigmoid", random_state=0
    ).fit(X, y)
    skann.save(model, FOLDER / "kept_model.skann")
    X.head(40).to_csv(FOLDER / "kept_rows.csv", index=False)
    rows = pd.read_csv(FOLDER / "kept_rows.csv")
    rows.assign(probability=model.predict_proba(rows)[:, 1]).to_csv(
        FOLDER / "kept_rows.csv", index=False
    )
