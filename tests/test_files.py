"""Files are written whole or not at all."""

import os
import signal
import subprocess
import sys

import pytest

from skann._files import check_writable, written_whole


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_only_once_it_is_whole(tmp_path):
    path = tmp_path / "model.joblib.gz"
    path.write_text("old")
    with written_whole(path) as part:
        assert part.parent == tmp_path
        assert part.suffix == ".gz"  # joblib compresses by it
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert _names(tmp_path) == ["model.joblib.gz"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(error), written_whole(str(path)) as part:
        part.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["report.html"]


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    code = (
        "import os, signal, sys; from skann._files import written_whole\n"
        "with written_whole(sys.argv[1]) as part:\n"
        "    part.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)])
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_permissions_stay_and_new_files_have_the_usual_ones(tmp_path):
    old, new, usual = (tmp_path / name for name in ("old", "new", "usual"))
    old.touch(mode=0o640)
    usual.touch()
    for path in (old, new):
        with written_whole(path) as part:
            part.write_text("x")
    assert old.stat().st_mode & 0o777 == 0o640
    assert new.stat().st_mode == usual.stat().st_mode


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "real" / "file.csv")
    with written_whole(link) as part:
        part.write_text("x")
    assert link.is_symlink()
    assert (tmp_path / "real" / "file.csv").read_text() == "x"


def test_a_device_is_written_to_and_never_replaced(tmp_path):
    check_writable(os.devnull)
    with written_whole(os.devnull) as part:
        part.write_text("x")
    assert not os.path.isfile(os.devnull)


def test_a_path_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    for path in (tmp_path / "none" / "a.csv", tmp_path, tmp_path / ("a" * 300)):
        with pytest.raises(OSError, match=path.name):
            check_writable(path)
    check_writable(tmp_path / "a.csv")
    assert _names(tmp_path) == []


def test_a_file_that_may_not_be_written_is_left(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write all
    with pytest.raises(PermissionError, match="a.csv"), written_whole(path) as part:
        part.write_text("new")
    assert path.read_text() == "old"
