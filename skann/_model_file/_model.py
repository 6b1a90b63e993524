"""Save a model, and load it again."""

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted

from skann._files import written_whole
from skann._model_file._container import pack, unpack, versions_in
from skann._model_file._parts import KNOWN_PARTS, PLAIN_PARTS, check_portable
from skann._model_file._skops import lean_skops, whole_skops
from skann._model_file._versions import versions, warn_of_other_versions
from skann._travel import travelling, without_fitted_samplers


def save(model: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a file that is safe to load, and that scores without TensorFlow.

    A pickle (what `pickle`, `joblib` and `cloudpickle` write) is a program: loading one runs
    whatever its author put into it, with all the rights of the one who loads it. A file of `save`
    is none. It holds numbers, texts and the names of classes that `load` knows, under a check sum,
    so that a damaged file is refused rather than read as another model. Networks are kept as their
    weights.

    The file is written beside ``path`` and takes its place at the end: an interruption leaves what
    was there.

    Parameters
    ----------
    model : fitted estimator
        A `ChurnANNClassifier`, a `CostThresholdClassifier`, another classifier of scikit-learn, or
        a pipeline of scikit-learn or imbalanced-learn. Transformers of your own go along if they
        are classes of an importable module; `load` has to be told their names.
    path : path
        By custom it ends in ``.skann``.

    Raises
    ------
    TypeError
        If a part cannot travel, such as a lambda or a Keras callback; the message names it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import skann
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = make_classification(random_state=0)
    >>> model = skann.CostThresholdClassifier(LogisticRegression(), fn_cost=100, fp_cost=5)
    >>> path = pathlib.Path(tempfile.mkdtemp(), "model.skann")
    >>> skann.save(model.fit(X, y), path)
    >>> bool((skann.load(path).predict(X) == model.predict(X)).all())
    True
    """
    write_model(path, model)


def load(path: str | os.PathLike[str], *, trusted: Iterable[str] = ()) -> Any:
    """Return a model that `save` wrote, ready to score without TensorFlow.

    `pickle.load` and `joblib.load` have run what is in a file before they can say what it is.
    `load` reads which classes are in the file first, refuses it if there is one that it does not
    know, and runs nothing of it.

    Probabilities are computed by NumPy and are those of TensorFlow to within 1e-6. Training on, by
    `partial_fit` or ``warm_start``, loads TensorFlow and goes on from the weights and the state of
    the optimizer.

    Parameters
    ----------
    path : path
    trusted : iterable of str, default=()
        Names of further classes and functions that the file may hold, such as
        ``"mymodule.MyTransformer"``; their code runs. Decision trees of scikit-learn are among
        them (the error names them): scikit-learn does not check them, so that a tree made up by
        an attacker can crash the process.

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        If the file is damaged, is none of `save`, was written by a later version of skann, or
        holds what is not trusted, which the message names.

    Warns
    -----
    ModelVersionWarning
        If the file was written with another version of scikit-learn or skann.
    """
    return read_model(path, trusted)[0]


def write_model(
    path: str | os.PathLike[str], model: BaseEstimator, about: Mapping[str, Any] | None = None
) -> None:
    """Write a fitted model, as `save` does, and what else is to be known of it.

    Parameters
    ----------
    path : path
    model : fitted estimator
    about : mapping, optional
        Numbers, texts, arrays, and lists and dicts of these.
    """
    if isinstance(model, type) or not hasattr(model, "fit"):
        raise TypeError(f"only a fitted estimator can be saved, got {model!r}")
    check_is_fitted(model)
    about = dict(about or {})
    with travelling():
        model = without_fitted_samplers(model)
        check_portable(model, "model")
        check_portable(about, "about")
        dumped = whole_skops().dumps({"model": model, "about": about})
    content = pack(dumped, versions())
    with written_whole(path) as part:
        part.write_bytes(content)


def read_model(
    path: str | os.PathLike[str], trusted: Iterable[str] = ()
) -> tuple[Any, dict[str, Any]]:
    """Return the model, as `load` does, and what `write_model` was told of it."""
    if isinstance(trusted, str):
        raise TypeError(f"trusted has to be a list of names, as in trusted=[{trusted!r}]")
    name, content = os.fspath(path), Path(path).read_bytes()
    archive = unpack(content, str(name))
    trusted = {*KNOWN_PARTS, *PLAIN_PARTS, *trusted}
    try:
        written_by = versions_in(archive)
        skops = lean_skops()
        found = set(skops.get_untrusted_types(data=archive))
        if not found <= trusted:  # the others may be what skops knows of scikit-learn
            skops = whole_skops()
            found = set(skops.get_untrusted_types(data=archive))
    except Exception as error:  # a hostile file fails in as many ways as there are files
        raise _unreadable(name, error) from error
    allowed = found & trusted
    if found != allowed:
        names = sorted(found - allowed)
        raise ValueError(
            f"{name} holds parts that are not trusted: {', '.join(names)}. Nothing of it was run. "
            f"If you know them and where the file is from: skann.load(path, trusted={names})"
        )
    warn_of_other_versions(written_by, str(name))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)  # we said so
            held = skops.loads(archive, trusted=sorted(allowed))
        return held["model"], held["about"]
    except Exception as error:
        raise _unreadable(name, error) from error


def _unreadable(name: object, error: Exception) -> ValueError:
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return ValueError(f"{name} cannot be read as a model: {said}")
