"""Files that are written whole or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a file beside ``path`` to write to, and move it there once it is complete.

    A full disk, an error or a killed process leaves what was at ``path`` as it was. A link stays a
    link, a file keeps its permissions, and other than regular files, such as ``/dev/null``, are
    written to directly.

    Parameters
    ----------
    path : path
        Final place of the file.

    Yields
    ------
    pathlib.Path
        An empty file in the same folder, with the same suffix.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder) / "scores.csv") as part:
    ...         _ = part.write_text("id,score")
    ...     [file.name for file in Path(folder).iterdir()]
    ['scores.csv']
    """
    whole = Path(os.path.realpath(path))
    if _is_device(whole):
        yield whole
        return
    part = _begin_beside(whole, path)
    try:
        yield part
        if whole.exists():
            shutil.copymode(whole, part)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, whole)
    finally:
        part.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise the OSError that writing to ``path`` would raise, and change nothing."""
    whole = Path(os.path.realpath(path))
    if not _is_device(whole):
        _begin_beside(whole, path).unlink()


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _begin_beside(whole: Path, path: str | os.PathLike[str]) -> Path:
    """Create an empty file beside ``whole``; errors name the path as the user gave it."""
    if whole.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if whole.exists() and not os.access(whole, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    # The process is named, so that leftovers of a killed one can be told from files being written.
    start = f".{os.getpid()}_{secrets.token_hex(4)}_{whole.stem[:100]}"
    part = whole.with_name(start + whole.suffix)
    try:
        part.touch(exist_ok=False)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    return part
