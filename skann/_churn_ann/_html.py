"""A fitted ChurnANNClassifier in a notebook: its pipeline, its network, how it learned."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import estimator_html_repr

from skann._churn_ann._history import histories
from skann._churn_ann._saved_network import SavedNetwork
from skann._html_style import TEXT_STYLE
from skann.preprocessing._roles import USED


def classifier_html(classifier: Any) -> str:
    """Return scikit-learn's diagram and, once fitted, the inner pipeline and the layers.

    Parameters
    ----------
    classifier : ChurnANNClassifier

    Returns
    -------
    str
        HTML for a notebook.
    """
    diagram = estimator_html_repr(classifier)
    if not hasattr(classifier, "history_"):
        return diagram
    network = classifier.pipelines_[0]["network"]
    roles = classifier.column_roles_
    layers = [
        [layer.name, type(layer).__name__, _shape(layer), f"{layer.count_params():,}"]
        for layer in ([] if isinstance(network, SavedNetwork) else network.model_.layers)
    ]
    layers.append(["all", "", "", f"{network.n_weights:,}"])
    parts = [
        f"<p>{escape(_learning(classifier))}</p>",
        f"<p>{escape(_capacity(classifier))}</p>",
        f"<p>{escape(_columns(roles))}</p>" if roles else "",
        f"<h2>Fitted pipeline</h2>{estimator_html_repr(classifier.pipelines_[0])}",
        _table("Network", ["layer", "class", "output", "weights"], layers),
    ]
    return f'{diagram}<div class="skann-report"><style>{TEXT_STYLE}</style>{"".join(parts)}</div>'


def _learning(classifier: Any) -> str:
    best_epochs = np.atleast_1d(classifier.best_epoch_)
    per_network = histories(classifier.history_)
    kept = pd.DataFrame(
        [history.loc[epoch] for history, epoch in zip(per_network, best_epochs, strict=True)]
    ).mean()
    figures = ", ".join(
        f"{name} {kept[name]:.4f}"
        for name in ("loss", "val_loss", "auc", "val_auc")
        if name in kept
    )
    n_judged = len(classifier.validation_indices_)
    if len(per_network) > 1:
        epochs = ", ".join(map(str, best_epochs))
        judged = f", each row judged by a network that did not see it ({n_judged:,} rows)"
        return (
            f"{len(per_network)} networks, a fold each; kept are their epochs {epochs} "
            f"(mean {figures}){judged if n_judged else ''}."
        )
    watched = f"stopped on {n_judged:,} rows set aside" if n_judged else "fitted"
    return f"Epoch {best_epochs[0]} of {classifier.n_iter_} is kept ({figures}), {watched}."


def _capacity(classifier: Any) -> str:
    layers = ", ".join(map(str, classifier.hidden_layer_sizes_)) or "none"
    return (
        f"Hidden units: {layers}. L2 penalty: {classifier.l2_:g}. "
        f"Optimizer: {classifier.optimizer_}."
    )


def _columns(roles: dict[Any, str]) -> str:
    counts = Counter(role for role in roles.values() if role in USED)
    used = ", ".join(f"{count} {role}" for role, count in counts.items())
    left_out = ", ".join(f"{name} ({role})" for name, role in roles.items() if role not in USED)
    return f"Columns: {used}." + (f" Left out: {left_out}." if left_out else "")


def _shape(layer: Any) -> str:
    return " × ".join(str(size) for size in layer.output.shape[1:])


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = _row("th", header)
    body = "".join(_row("td", row) for row in rows)
    return f"<h2>{title}</h2><table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    filled = "".join(f'<{tag} class="text">{escape(cell)}</{tag}>' for cell in cells)
    return f"<tr>{filled}</tr>"
