"""The notebook runs from top to bottom."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "benchmarks" / "churn_grid_search.ipynb"
_WITHOUT = "needs nbclient, nbformat and ipykernel, which come with the extra 'tests'"

nbclient = pytest.importorskip("nbclient", reason=_WITHOUT)
nbformat = pytest.importorskip("nbformat", reason=_WITHOUT)
pytest.importorskip("ipykernel", reason=_WITHOUT)


@pytest.mark.slow
@pytest.mark.skipif("SKANN_DATA" not in os.environ, reason="needs the tables in SKANN_DATA")
def test_the_notebook_goes_from_a_raw_table_to_a_list_of_customers():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:  # two thirds of the fits will do
        cell.source = cell.source.replace("[0.001, 0.004, 0.016]", "[0.001, 0.004]")
    client = nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [kind for output in outputs for kind in output.get("data", {})]
    assert shown.count("image/png") == 2
    assert any("skann-report" in str(output.get("data", {}).get("text/html")) for output in outputs)
    text = "".join(output.get("text", "") for output in outputs)
    assert "No fault found." in text and "threshold at 0.5" in text
    assert not any(output.get("name") == "stderr" for output in outputs)
