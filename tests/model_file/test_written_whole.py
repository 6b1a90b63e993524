"""A model is saved whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

import skann


@pytest.mark.parametrize(("owner", "step"), [(Path, "write_bytes"), (os, "fsync"), (os, "replace")])
def test_a_full_disk_harms_no_saved_model(owner, step, logistic, tmp_path, monkeypatch):
    target = tmp_path / "model.skann"
    skann.save(logistic, target)
    before = target.read_bytes()

    def full(*arguments):
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(owner, step, full)
    with pytest.raises(OSError, match="no space"):
        skann.save(logistic, target)
    monkeypatch.undo()
    assert target.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.skann"]
