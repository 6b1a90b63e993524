"""Files are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from skann._files import written_whole


def test_a_file_takes_its_place_at_the_end(tmp_path):
    target = tmp_path / "model"
    with written_whole(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["model"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "model"
    target.write_text("old")
    with pytest.raises(OSError), written_whole(target) as part:
        part.write_text("ne")
        raise OSError(errno.ENOSPC, "no space left on device")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["model"]


def test_a_file_keeps_its_permissions_and_a_new_one_gets_the_usual(tmp_path):
    usual, target = tmp_path / "usual", tmp_path / "model"
    usual.touch()
    with written_whole(target) as part:
        part.write_text("new")
    assert target.stat().st_mode == usual.stat().st_mode
    target.chmod(0o640)
    with written_whole(str(target)) as part:
        part.write_text("newer")
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("step", ["write_bytes", "chmod"])
def test_a_full_disk_harms_no_saved_model(step, logistic, tmp_path, monkeypatch):
    import skann

    target = tmp_path / "model.skann"
    skann.save(logistic, target)
    before = target.read_bytes()

    def full(path, *arguments):
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(Path, step, full)
    with pytest.raises(OSError, match="no space"):
        skann.save(logistic, target)
    assert target.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.skann"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*missing to write model to"):
        with written_whole(tmp_path / "missing" / "model"):
            pass
