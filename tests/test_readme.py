"""What the README shows runs as shown."""

import os
import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skann.DroppedColumnWarning")
def test_code_of_the_readme_runs_in_order(tmp_path, monkeypatch, capsys):
    if not os.environ.get("SKANN_DATA"):
        pytest.skip("SKANN_DATA is not set: the README's code reads the Telco data")
    monkeypatch.chdir(tmp_path)
    # Recipes for clusters run in test_beyond_one_machine.py.
    text = re.sub(r"## Beyond one machine\n.*?\n(?=## )", "", README.read_text(), flags=re.DOTALL)
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 3
    names: dict = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert names["auc"] > 0.8
    assert (tmp_path / "churn.skann").exists()
    assert int((names["contact"] == "Yes").sum()) == len(names["gain"]) == 200
    assert "AUC 0.8" in capsys.readouterr().out


def test_files_that_the_readme_shows_exist():
    shown = re.findall(r"\]\(((?!http)[^)#]+)\)", README.read_text())
    assert shown
    assert [path for path in shown if not (README.parent / path).exists()] == []
