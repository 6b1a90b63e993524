"""The command as a process: streams, signals, threads and help."""

import os
import subprocess
import sys

import pytest

import skann
from skann import cli


def test_an_interrupt_ends_in_one_line(train_on, run, folder, tmp_path, monkeypatch):
    def interrupt(self, *arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(skann.CostThresholdClassifier, "fit", interrupt)
    status, _, err = run(*train_on(folder / "customers.csv", tmp_path / "m.skann"))
    assert status == 130
    assert err.strip() == "skann: interrupted"
    assert not (tmp_path / "m.skann").exists()


def test_a_reader_that_leaves_early_causes_no_traceback(folder):
    command = [sys.executable, "-m", "skann", "predict"]
    command += [str(folder / "churn.skann"), str(folder / "customers.csv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 141
    assert err == b""


def test_without_a_command_the_help_is_shown(run):
    status, out, err = run()
    assert (status, err) == (0, "")
    assert "skann train customers.csv" in out


def test_help_and_version_import_no_tensorflow():
    code = (
        "import sys; from skann.cli import main\n"
        "try: main(['--version'])\n"
        "finally: assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == f"skann {skann.__version__}\n"
    assert done.stderr == ""


def test_scoring_loads_no_tensorflow(folder, tmp_path):
    data = tmp_path / "some.csv"
    data.write_text("\n".join((folder / "customers.csv").read_text().splitlines()[:200]))
    code = (
        "import sys; from skann.cli import main; model, data = sys.argv[1:]\n"
        "assert main(['predict', model, data, '--reasons', '1']) == 0\n"
        "assert main(['evaluate', model, data]) == 0\n"
        "assert not {'tensorflow', 'keras', 'scikeras'} & {*sys.modules}"
    )
    command = [sys.executable, "-c", code, folder / "churn.skann", data]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("chosen", [None, "7"])
def test_the_command_chooses_its_threads_where_the_user_has_not(chosen):
    code = (
        "import os, sys; from skann import cli; before = dict(os.environ)\n"
        "assert cli.main(['--bad']) == 2 and os.environ == before\n"
        "sys.argv = ['skann']; cli.main(); print(*map(os.environ.get, cli._THREADS))"
    )
    environment = {name: value for name, value in os.environ.items() if name not in cli._THREADS}
    if chosen:
        environment["TF_NUM_INTRAOP_THREADS"] = chosen
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == f"{chosen or 1} 1"


def _shell(command, *arguments):
    """Run `skann` in a shell that may close streams."""
    line = f'exec "{sys.executable}" -m skann "$@" {command}'
    return subprocess.run(
        ["sh", "-c", line, "sh", *map(str, arguments)], capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_break_no_command(closed, folder, tmp_path):
    out = tmp_path / "scored.csv"
    model, data = folder / "churn.skann", folder / "customers.csv"
    done = _shell(closed, "predict", model, data, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(out.read_text().splitlines()) == 601


@pytest.mark.parametrize(
    ("closed", "said"), [("2>&-", ""), (">&-", "skann: error: there is no file nowhere.csv\n")]
)
def test_errors_keep_their_status_where_a_stream_is_closed(closed, said, tmp_path):
    start = ["train", "nowhere.csv", "--target", "y", "--fn-cost", 1, "--fp-cost", 1]
    done = _shell(closed, *start, "--model", tmp_path / "m")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_list_for_a_closed_stdout_is_refused_before_any_work():
    done = _shell(">&-", "predict", "m.skann", "new.csv")
    assert done.returncode == 2
    assert done.stderr == (
        "skann: error: standard output is closed: say where to write with --out FILE\n"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_behind_stdout_is_told_in_one_line(monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    done = _shell(">/dev/full")
    assert done.returncode == 2
    assert done.stderr == "skann: error: [Errno 28] No space left on device\n"
