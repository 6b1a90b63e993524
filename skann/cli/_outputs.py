"""Files to write are checked before any work is done for them."""

import os
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from skann._files import check_writable
from skann.cli._errors import CommandError


def check_outputs(inputs: Mapping[str, str], outputs: Mapping[str, str | None]) -> None:
    """Refuse outputs that cannot be written, are inputs, or are one file.

    Parameters
    ----------
    inputs, outputs : mapping of argument to path
        Outputs that are None are not wanted.
    """
    wanted = {name: path for name, path in outputs.items() if path is not None}
    for (one, path), (other, other_path) in combinations({**wanted, **inputs}.items(), 2):
        if one in wanted and _are_one_file(path, other_path):
            raise CommandError(f"{one} and {other} are one file, {path}. Give another {one}.")
    for path in wanted.values():
        _check_folder(path)
        check_writable(path)


def _are_one_file(path: str, other: str) -> bool:
    if os.path.exists(path) and os.path.exists(other):
        return os.path.isfile(path) and os.path.samefile(path, other)  # devices take any number
    return os.path.realpath(path) == os.path.realpath(other)


def _check_folder(path: str) -> None:
    if not Path(os.path.realpath(path)).parent.is_dir():
        raise CommandError(f"there is no folder {Path(path).parent} to write {path} to")
    if path.endswith(os.sep) or Path(path).is_dir():
        raise CommandError(f"{path or repr(path)} is a folder; give a file name")
