"""Time and memory of a call, and calls in a process of their own."""

import gc
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")

_IN_A_PROCESS = """
import _threads, importlib, json, sys, warnings
warnings.simplefilter("ignore")
function = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
print("\\n" + json.dumps(function(**json.loads(sys.argv[3]))))
"""


def seconds(run: Callable[[], Any], repeats: int = 1) -> float:
    """Return the median duration of ``repeats`` runs."""
    durations = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        run()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def interleaved(runs: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Return medians of durations; a machine that slows down slows all of the runs."""
    rounds = [{name: seconds(run) for name, run in runs.items()} for _ in range(repeats)]
    return {name: statistics.median(one[name] for one in rounds) for name in runs}


def in_fresh_process(function: Callable[..., Any], **arguments: Any) -> Any:
    """Return what a function of one of our modules returns in a new process."""
    names = function.__module__, function.__name__
    printed = run_python(_IN_A_PROCESS, *names, json.dumps(arguments))
    return json.loads(printed.splitlines()[-1])


def run_python(program: str, *arguments: str) -> str:
    """Return what a program prints in a new process, which can import our modules."""
    paths = [str(_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def resident_memory() -> float:
    """Return this process' resident memory in MB; its highest so far where /proc is missing."""
    gc.collect()
    return _status("VmRSS")


def peak_memory_rise(run: Callable[[], Any]) -> float:
    """Return by how many MB resident memory rises while ``run`` works."""
    before = resident_memory()
    if _CLEAR.exists():
        _CLEAR.write_text("5")  # the kernel's own high-water mark starts anew
    run()
    return peak_memory() - before


def peak_memory() -> float:
    """Return this process' highest resident memory in MB."""
    return _status("VmHWM")


def _status(field: str) -> float:
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 2**10


def installed(*modules: str) -> bool:
    """Tell whether modules can be imported, and say which cannot."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        print(f"  left out, for it is not installed: {', '.join(missing)}")
    return not missing
