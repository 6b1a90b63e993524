"""Keeps TensorFlow's start-up notes off the stderr of a process that is the command's own."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# What the C++ side writes while it starts: log lines of its own format (information, warnings
# and errors such as a missing CUDA driver; fatal ones stay) and their continuation.
_START_UP_NOTE = re.compile(
    rb"^(?:[IWE]\d{4} [\d:.]+\s+\d+ [\w.]+:\d+\] .*"
    rb"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] .*"
    rb"|WARNING: All log messages before absl::InitializeLog\(\) is called .*"
    rb"|To enable the following instructions: .*)\n?",
    re.MULTILINE,
)


def start_tensorflow_quietly() -> None:
    """Import TensorFlow and start its runtime, both of which write notes."""
    with without_start_up_notes():
        from skann.networks import start_runtime

        start_runtime()


@contextmanager
def without_start_up_notes() -> Iterator[None]:
    """Hold back file descriptor 2, then pass on everything but TensorFlow's start-up notes.

    TensorFlow writes them from C++, past ``sys.stderr``, and since 2.21 it does not heed
    ``TF_CPP_MIN_LOG_LEVEL`` for all of them. Who set that variable has decided what to see, so
    nothing is held back then.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    try:
        stderr = os.dup(2)
    except OSError:  # no stderr at all, as in a windowed process
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            os.write(2, _START_UP_NOTE.sub(b"", held.read()))
