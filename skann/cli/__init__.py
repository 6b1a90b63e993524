"""The ``skann`` command: demo, train, evaluate, predict, monitor."""

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import skann
from skann.cli._errors import CommandError

# One small network at a time is trained and scored fastest without handing work between threads.
_THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
_INTERRUPTED, _BROKEN_PIPE = 130, 141  # 128 and the signal's number, as shells have it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the ``skann`` command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the command's name; those of the process by default, which then is the
        command's own, so that TensorFlow starts in it quietly and with the fewest threads.

    Returns
    -------
    int
        Exit status: 0, 2 after an error that is told in one line on stderr, 130 when interrupted.
    """
    if argv is None:
        _occupy_closed_streams()
        _set_threads()
    try:
        from skann.cli._parser import build_parser

        arguments = build_parser().parse_args(argv)
        arguments.own_process = argv is None
        with _warnings_as_notes():
            arguments.run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        return _BROKEN_PIPE
    except (CommandError, OSError, ValueError) as error:  # the estimators' say what to mend
        _abandon_stdout()
        _tell(f"error: {_one_line(error)}")
        return 2
    except KeyboardInterrupt:
        _tell("interrupted", before="\n")
        return _INTERRUPTED
    return 0


def _occupy_closed_streams() -> None:
    """Put the null device where a stream is closed: the next file would take its number.

    What libraries write to stderr would end up in that file. A closed stdout stays None.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - open as long as the process


def _set_threads() -> None:
    """Give TensorFlow, which is not loaded yet, the fastest threads, unless the user chose."""
    for variable, number in _THREADS.items():
        os.environ.setdefault(variable, number)


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Show skann's own warnings once, as lines; the report says itself which columns went."""
    shown = set()

    def show(message: Warning | str, *context: Any, **more: Any) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            _tell(f"note: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", skann.SkannWarning)
        warnings.simplefilter("ignore", skann.DroppedColumnWarning)
        warnings.showwarning = show
        yield


def _tell(text: str, before: str = "") -> None:
    """Print a line on stderr, if anybody listens there."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"{before}skann: {text}", file=sys.stderr, flush=True)


def _one_line(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.filename and error.strerror:
        text = f"{error.filename}: {error.strerror}"
    return " ".join(text.split())


def _abandon_stdout() -> None:
    """Write out what was printed; where that fails, see that Python does not try again at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
