"""Files that are damaged, made up or of another kind are refused, and run nothing."""

import io
import json
import os
import pickle
import random
import zipfile

import joblib
import pytest
import skops.io

import skann
from skann._model_file import _versions
from skann._model_file._container import _FIRST_LINE, _checksum, unpack


def framed(archive, first_line=_FIRST_LINE):
    """The bytes of a file whose checksum is right."""
    return first_line + _checksum(first_line, archive) + archive


def archive_of(schema, **files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("versions.json", json.dumps(_versions.versions()))
        archive.writestr("schema.json", json.dumps({"protocol": 2, **schema}))
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_flipped_bit_anywhere_is_damage(content, path):
    rng = random.Random(0)
    header = range(len(_FIRST_LINE) + 65)
    for position in (*header, *(rng.randrange(len(content)) for _ in range(300))):
        damaged = bytearray(content)
        damaged[position] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged"):
            skann.load(path)


def test_a_truncated_or_lengthened_file_is_damage(content, path):
    lengths = [len(content) * place // 100 for place in range(100)]
    for damaged in (*(content[:length] for length in lengths), content + b"\0"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged"):
            skann.load(path)


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_pickle_is_refused_and_does_not_run(path, tmp_path):
    for dump in (pickle.dump, joblib.dump):
        with open(path, "wb") as file:
            dump(Bomb(str(tmp_path / "ran")), file)
        with pytest.raises(ValueError, match="pickle"):
            skann.load(path)
        assert not (tmp_path / "ran").exists()


def node(loader, module, name, **more):
    return {"__loader__": loader, "__module__": module, "__class__": name, **more}


def plain(value):
    return {"__loader__": "JsonNode", "__module__": "builtins", "__class__": "str"} | {
        "content": json.dumps(value)
    }


def arguments(*values):
    return node("TupleNode", "builtins", "tuple", content=[plain(value) for value in values])


def foreign_parts(folder):
    command = node("FunctionNode", "os", "system")
    empty = node("DictNode", "builtins", "dict", content={}, key_types=arguments())
    yield "os.mkdir", node("ConstructorFromReduceNode", "os", "mkdir", content=arguments(folder))
    yield "os.system", command
    yield "subprocess.Popen", node("TypeNode", "subprocess", "Popen")
    yield "builtins.eval", node("TypeNode", "builtins", "eval")
    yield "pathlib.Path", node("ObjectNode", "pathlib", "Path", content=empty)
    yield (
        "os.system",
        node(
            *("PartialNode", "functools", "partial"),
            content={"func": command, "args": arguments(), "kwds": empty, "namespace": empty},
        ),
    )
    yield (
        "operator.methodcaller",
        node("OperatorFuncNode", "operator", "methodcaller", attrs=arguments("mkdir")),
    )
    logistic = node(
        "ObjectNode", "sklearn.linear_model._logistic", "LogisticRegression", content=empty
    )
    yield (
        "LogisticRegression.fit",
        node(
            *("MethodNode", "sklearn.linear_model._logistic", "LogisticRegression"),
            content={"func": "fit", "obj": logistic},
        ),
    )


@pytest.mark.parametrize("position", range(8))
def test_a_foreign_part_is_named_and_does_not_run(position, path, tmp_path):
    folder = tmp_path / "ran"
    name, part = list(foreign_parts(str(folder)))[position]
    held = {"model": part, "about": plain(1)}
    kinds = node("ListNode", "builtins", "list", content=[node("TypeNode", "builtins", "str")] * 2)
    for schema in (part, node("DictNode", "builtins", "dict", content=held, key_types=kinds)):
        path.write_bytes(framed(archive_of(schema)))
        with pytest.raises(ValueError, match=f"not trusted: .*{name}"):
            skann.load(path)
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../../../../etc/hostname", "/etc/hostname"])
def test_paths_that_climb_reach_nothing(name, path, tmp_path):
    schema = node("NdArrayNode", "numpy", "ndarray", type="numpy", file=name)
    path.write_bytes(framed(archive_of(schema)))
    with pytest.raises(ValueError, match="cannot be read as a model"):
        skann.load(path)
    path.write_bytes(framed(archive_of(schema, **{name: b"\x93NUMPY"})))
    with pytest.raises(ValueError, match="cannot be read as a model"):
        skann.load(path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_an_array_that_hides_a_pickle_does_not_run(path, tmp_path):
    import numpy as np

    buffer = io.BytesIO()
    bombs = np.array([Bomb(str(tmp_path / "ran"))], dtype=object)
    np.save(buffer, bombs, allow_pickle=True)
    schema = node("NdArrayNode", "numpy", "ndarray", type="numpy", file="1.npy")
    path.write_bytes(framed(archive_of(schema, **{"1.npy": buffer.getvalue()})))
    with pytest.raises(ValueError, match="cannot be read as a model"):
        skann.load(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"no archive",
        archive_of({}),
        archive_of(node("NoSuchNode", "a", "b")),
        archive_of(plain([1, 2])),
        archive_of(node("ObjectNode", "skann._churn_ann._classifier", "ChurnANNClassifier")),
    ],
)
def test_what_is_no_model_is_a_value_error(archive, path):
    path.write_bytes(framed(archive))
    with pytest.raises(ValueError, match="cannot be read as a model"):
        skann.load(path)


def test_a_missing_file_is_a_file_not_found_error(path):
    with pytest.raises(FileNotFoundError):
        skann.load(path)


def test_a_file_of_a_later_version_is_refused(content, path):
    archive = unpack(content, "model")
    path.write_bytes(framed(archive, b"skann model 2\n"))
    with pytest.raises(ValueError, match="later version of skann"):
        skann.load(path)


@pytest.mark.parametrize(("package", "other"), [("scikit-learn", "1.2.3"), ("skann", "9.0.0")])
def test_another_version_is_told_where_it_matters(logistic, path, monkeypatch, package, other):
    here = _versions.versions()
    monkeypatch.setattr(
        "skann._model_file._model.versions", lambda: {**here, "numpy": "1.0.0", package: other}
    )
    skann.save(logistic, path)
    with pytest.warns(skann.ModelVersionWarning, match=rf"{package} {other} \(now") as warned:
        skann.load(path)
    assert len(warned) == 1
    assert warned[0].filename == __file__


def test_an_archive_of_skops_alone_is_refused(logistic, path):
    skops.io.dump(logistic.estimator_, path)
    with pytest.raises(ValueError, match="not a file of skann.save"):
        skann.load(path)
