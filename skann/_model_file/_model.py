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

    A pickle (what ``pickle``, ``joblib`` and ``cloudpickle`` write) is a program: loading one runs
    whatever its author put into it, with all the rights of the one who loads it. A file of ``save``
    is not. It holds numbers, strings and the names of classes that ``load`` knows, under a
    checksum, so that a damaged file is refused rather than read as another model. Networks are kept
    as their weights.

    The file is written beside ``path`` and takes its place at the end, so an interruption leaves
    the previous file.

    Parameters
    ----------
    model : fitted estimator
        A ``ChurnANNClassifier``, a ``CostThresholdClassifier``, another classifier of scikit-learn,
        or a pipeline of scikit-learn or imbalanced-learn. Transformers of your own go along if they
        are classes of an importable module; ``load`` must be given their names.
    path : path
        By convention it ends in ``.skann``.

    Raises
    ------
    TypeError
        If a part cannot be saved, such as a lambda or a Keras callback; the message names it.

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
    """Return a model that ``save`` wrote, ready to score without TensorFlow.

    ``pickle.load`` and ``joblib.load`` run what is in a file before they know what it is. ``load``
    first reads which classes are in the file, refuses it if there is one that it does not know, and
    runs nothing of it.

    Probabilities are computed by NumPy and are those of TensorFlow to within 1e-6. Training on, by
    ``partial_fit`` or ``warm_start``, loads TensorFlow and goes on from the weights and the state
    of the optimizer.

    Parameters
    ----------
    path : path
    trusted : iterable of str, default=()
        Names of further classes and functions that the file may hold, such as
        ``"mymodule.MyTransformer"``; their code runs. Scikit-learn's decision trees are among them
        (the error names them): scikit-learn does not check them, so a forged tree can crash the
        process.

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        If the file is damaged, was not written by ``save``, was written by a later version of
        skann, or holds parts that are not trusted, which the message names.

    Warns
    -----
    ModelVersionWarning
        If the file was written with another version of scikit-learn or skann.
    """
    return read_model(path, trusted)[0]


def write_model(
    path: str | os.PathLike[str], model: BaseEstimator, about: Mapping[str, Any] | None = None
) -> None:
    """Write a fitted model, as ``save`` does, and further information about it.

    Parameters
    ----------
    path : path
    model : fitted estimator
    about : mapping, optional
        Numbers, strings, arrays, and lists and dicts of these.
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
    """Return the model, as ``load`` does, and the information that ``write_model`` was given."""
    if isinstance(trusted, str):
        raise TypeError(f"trusted must be a list of names, as in trusted=[{trusted!r}]")
    name, content = os.fspath(path), Path(path).read_bytes()
    archive = unpack(content, str(name))
    trusted = {*KNOWN_PARTS, *PLAIN_PARTS, *trusted}
    try:
        written_by = versions_in(archive)
        skops = lean_skops()
        found = set(skops.get_untrusted_types(data=archive))
        if not found <= trusted:  # the others may be known to skops
            skops = whole_skops()
            found = set(skops.get_untrusted_types(data=archive))
    except Exception as error:  # a hostile file fails in as many ways as there are files
        raise _unreadable(name, error) from error
    allowed = found & trusted
    if found != allowed:
        names = sorted(found - allowed)
        raise ValueError(
            f"{name} holds parts that are not trusted: {', '.join(names)}. Nothing of it was run. "
            f"If you know them and trust the file: skann.load(path, trusted={names})."
        )
    warn_of_other_versions(written_by, str(name))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)  # skann warned already
            held = skops.loads(archive, trusted=sorted(allowed))
        return held["model"], held["about"]
    except Exception as error:
        raise _unreadable(name, error) from error


def _unreadable(name: object, error: Exception) -> ValueError:
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return ValueError(f"{name} cannot be read as a model: {said}")
