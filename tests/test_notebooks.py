"""The notebooks run from top to bottom."""

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
_WITHOUT = "needs nbclient, nbformat and ipykernel, which come with the extra 'tests'"

# What it writes when the first fit imports it, which is not for a library to hold back.
_OF_TENSORFLOW = re.compile(
    r"WARNING: All log messages before|[IWE]\d{4} \d\d|[IWE]0000 00:|To enable the"
)

nbclient = pytest.importorskip("nbclient", reason=_WITHOUT)
nbformat = pytest.importorskip("nbformat", reason=_WITHOUT)
pytest.importorskip("ipykernel", reason=_WITHOUT)


def outputs_of(name, folder, **instead):
    """Run a notebook in a folder, with other sources instead of some, and return its outputs."""
    notebook = nbformat.read(FOLDER / name, as_version=4)
    whole = "\n".join(cell.source for cell in notebook.cells)
    assert all(source in whole for source in instead)
    for cell in notebook.cells:
        for source, other in instead.items():
            cell.source = cell.source.replace(source, other)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources=resources
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    written = [output["text"] for output in outputs if output.get("name") == "stderr"]
    lines = "".join(written).splitlines()
    assert [line for line in lines if line and not _OF_TENSORFLOW.match(line)] == []
    return outputs


@pytest.mark.slow
@pytest.mark.skipif("SKANN_DATA" not in os.environ, reason="needs the tables in SKANN_DATA")
def test_a_raw_table_becomes_a_list_of_customers(tmp_path):
    fewer = {  # rows, and fits
        ", telco.target": ", telco.target\nX, y = X[::2], y[::2]",
        "[0.001, 0.004, 0.016]": "[0.001, 0.004]",
        "[0.1, 0.3]": "[0.1]",
        "[(32, 32), (64, 64)]": "[(64, 64)]",
    }
    outputs = outputs_of("churn_grid_search.ipynb", tmp_path, **fewer)
    shown = [kind for output in outputs for kind in output.get("data", {})]
    assert shown.count("image/png") == 1
    assert any("skann-report" in str(output.get("data", {}).get("text/html")) for output in outputs)
    text = "".join(output.get("text", "") for output in outputs)
    assert "No fault found." in text and "threshold at 0.5" in text


@pytest.mark.slow
def test_a_saved_model_decides_for_the_next_month(tmp_path):
    outputs = outputs_of("next_month.ipynb", tmp_path)
    shown = "".join(str(output.get("data", {}).get("text/plain", "")) for output in outputs)
    assert "decide with prior=" in shown and "forecast as trained" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["churn.skann"]
