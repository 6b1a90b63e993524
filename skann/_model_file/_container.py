"""The bytes of a model file: a first line, a checksum, and an archive of numbers and strings."""

import hashlib
import io
import json
import os
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_MAGIC = b"skann model "
_FORMAT = 1
_FIRST_LINE = b"%s%d\n" % (_MAGIC, _FORMAT)
_VERSIONS, _SCHEMA = "versions.json", "schema.json"  # the second one is of skops
# Plain values, whose numbers in skops are random, as Python shares equal ones.
_UNNUMBERED = ("JsonNode", "TypeNode", "FunctionNode", "TupleNode")


def pack(dumped: bytes, versions: dict[str, str]) -> bytes:
    """Return the content of a model file.

    Parameters
    ----------
    dumped : bytes
        Archive of ``skops.io.dumps``.
    versions : dict
        Versions that the model was made with.
    """
    archive = _archive(dumped, versions)
    return _FIRST_LINE + _checksum(_FIRST_LINE, archive) + archive


def is_model_file(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file begins as those of ``skann.save`` do."""
    with open(path, "rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def unpack(content: bytes, name: str) -> bytes:
    """Return the archive in a model file.

    Raises
    ------
    ValueError
        If the file is damaged, not one of skann, or of a later version.
    """
    first_line = content[: content.find(b"\n") + 1]
    if not first_line.startswith(_MAGIC):
        raise ValueError(
            f"{name} is not a file of skann.save, or it is damaged. If it is a pickle, as joblib "
            "writes them, loading it would run whatever is in it: joblib.load does, at your risk."
        )
    size = len(_checksum(b"", b""))
    rest = memoryview(content)[len(first_line) :]
    checksum, archive = bytes(rest[:size]), bytes(rest[size:])
    if checksum != _checksum(first_line, archive):
        raise ValueError(f"{name} is damaged: its content does not match its checksum")
    if first_line != _FIRST_LINE:
        raise ValueError(f"{name} was written by a later version of skann: upgrade skann")
    return archive


def versions_in(archive: bytes) -> dict[str, str]:
    """Return the versions that the model in an archive was made with."""
    with ZipFile(io.BytesIO(archive)) as parts:
        return {
            str(name): str(version) for name, version in json.loads(parts.read(_VERSIONS)).items()
        }


def _checksum(first_line: bytes, archive: bytes) -> bytes:
    digest = hashlib.sha256(first_line)
    digest.update(archive)
    return digest.hexdigest().encode() + b"\n"


def _archive(dumped: bytes, versions: dict[str, str]) -> bytes:
    """Return what skops dumped, compressed, with equal bytes for equal models.

    skops names objects and files by their addresses in memory.
    """
    buffer = io.BytesIO()
    with ZipFile(io.BytesIO(dumped)) as source, ZipFile(buffer, "w") as target:
        schema = json.loads(source.read(_SCHEMA))
        ids: dict[int, int] = {}
        files: dict[str, str] = {}
        _number(schema, ids, files)
        _write(target, _VERSIONS, json.dumps(versions, sort_keys=True).encode())
        _write(target, _SCHEMA, json.dumps(schema, separators=(",", ":")).encode())
        for name, number in files.items():
            _write(target, number, source.read(name))
    return buffer.getvalue()


def _number(part: Any, ids: dict[int, int], files: dict[str, str]) -> None:
    """Give the objects and files of a schema numbers in the order in which they come."""
    if isinstance(part, list):
        for entry in part:
            _number(entry, ids, files)
    elif isinstance(part, dict):
        if part.get("__loader__") in _UNNUMBERED:
            del part["__id__"]
        elif isinstance(part.get("__id__"), int):
            part["__id__"] = ids.setdefault(part["__id__"], len(ids) + 1)
        if isinstance(name := part.get("file"), str):
            part["file"] = files.setdefault(name, f"{len(files) + 1}{name[name.rindex('.') :]}")
        for entry in part.values():
            _number(entry, ids, files)


def _write(archive: ZipFile, name: str, content: bytes) -> None:
    entry = ZipInfo(name)  # of a fixed date
    entry.create_system = 3
    archive.writestr(entry, content, ZIP_DEFLATED)
