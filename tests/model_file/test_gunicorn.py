"""A server that loads a model and then forks its workers."""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pandas as pd
import pytest

import skann

pytest.importorskip("gunicorn", reason="gunicorn is not installed")

DATA = Path(__file__).parents[1] / "data"

APPLICATION = """
import io, json, os, sys, time
import pandas as pd
import skann

model, loaded_in = skann.load(os.environ["MODEL"]), os.getpid()

def application(environ, start_response):
    rows = pd.read_csv(io.BytesIO(environ["wsgi.input"].read()))
    answer = {
        "probability": model.predict_proba(rows)[:, 1].tolist(),
        "worker": os.getpid(),
        "loaded_in": loaded_in,
        "tensorflow": "tensorflow" in sys.modules,
    }
    time.sleep(0.1)  # so that the other worker takes the next request
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skann.ModelVersionWarning")
def test_workers_forked_after_loading_answer_as_their_parent_without_tensorflow(tmp_path):
    (tmp_path / "served.py").write_text(APPLICATION)
    rows = pd.read_csv(DATA / "kept_rows.csv").drop(columns="probability")
    expected = skann.load(DATA / "kept_model.skann").predict_proba(rows)[:, 1].tolist()
    paths = [str(tmp_path), str(Path(skann.__file__).parents[1])]
    environment = {"MODEL": str(DATA / "kept_model.skann"), "PYTHONPATH": os.pathsep.join(paths)}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number, port = listening.fileno(), listening.getsockname()[1]
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "served:application",
                "--preload",
                "--workers",
                "2",
                "--bind",
                f"fd://{number}",
            ],
            pass_fds=[number],
            env=os.environ | environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(_):
        request = Request(f"http://127.0.0.1:{port}", rows.to_csv(index=False).encode())
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)

    try:
        answers, end = [], time.monotonic() + 60
        while len({answer["worker"] for answer in answers}) < 2 and time.monotonic() < end:
            with ThreadPoolExecutor(4) as pool:
                answers += pool.map(ask, range(4))
    finally:
        server.terminate()
        said = server.communicate(timeout=30)[1]
    assert len({answer["worker"] for answer in answers} - {server.pid}) == 2, said
    for answer in answers:
        assert answer["loaded_in"] == server.pid
        assert answer["probability"] == expected
        assert not answer["tensorflow"]
