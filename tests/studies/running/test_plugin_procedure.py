"""A procedure from another package, with rows that only a column of its own tells apart."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from reports import build
from studies import ResultStore
from studies.design.data import BadData

ROOT = Path(__file__).resolve().parents[3]

STUDY = """
    import sys
    from memnets.spec import ModelSpec
    from studies import ResultStore, Study, TaskSpec, run
    from studies.procedures.base import procedures

    if __name__ == "__main__":
        assert procedures.summary("tally").startswith("plug-in memnets_ring.tally:Tally")
        Tally = procedures.get("tally")
        study = Study(
            name="counted",
            question="How many?",
            tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 3})},
            models={"none": ModelSpec("none")},
            procedure=Tally(steps=4, pause=float(sys.argv[2])),
            seeds=(0,),
        )
        store = ResultStore(sys.argv[1])
        print(run(study, store, workers=0, quiet=True))
        print(store.load()["channels"].unique().tolist())
"""


def kill_between_two_rows(command, folder, environment):
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        written = [path.read_bytes().count(b"\n") for path in folder.glob("*/metrics.jsonl")]
        if written and written[0] % 2:
            break
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def keys_and_ones(folder):
    (path,) = folder.glob("*/metrics.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [(row["step"], row["part"], row["ones"]) for row in rows]


@pytest.mark.slow
def test_killed_between_two_rows_of_a_step_it_loses_neither(tmp_path, plugin):
    script = tmp_path / "counted.py"
    script.write_text(textwrap.dedent(STUDY))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*plugin, str(ROOT)])}
    command = [sys.executable, str(script)]
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    kill_between_two_rows([*command, str(broken), "0.4"], broken, environment)
    assert len(keys_and_ones(broken)) % 2 == 1
    done = subprocess.run(
        [*command, str(broken), "0.4"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("1 trials done, 0 were done before")
    assert done.stdout.splitlines()[1] == "[4]"
    subprocess.run([*command, str(whole), "0"], cwd=ROOT, env=environment, check=True)
    assert keys_and_ones(broken) == keys_and_ones(whole)
    parts = [(step, part) for step, part, _ in keys_and_ones(whole)]
    assert parts == [(step, part) for step in range(1, 5) for part in ("inputs", "targets")]


def test_without_its_package_the_results_are_read_and_running_says_what_is_missing(
    tmp_path, plugin
):
    script = tmp_path / "counted.py"
    script.write_text(textwrap.dedent(STUDY))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*plugin, str(ROOT)])}
    folder = tmp_path / "counted"
    subprocess.run([sys.executable, str(script), str(folder), "0"], env=environment, check=True)
    store = ResultStore(folder)
    (trial,) = store.trials()
    assert (trial.id, trial.procedure.name) == (store.study["trials"][0], "tally")
    assert trial.procedure.to_json()["steps"] == 4
    assert set(store.load()["procedure"]) == {"tally"} and len(store.facts()) == 1
    page = build(store, tmp_path / "report").read_text(encoding="utf-8")
    assert "no view of &#39;tally&#39; is registered" in page and "steps = 4" in page
    with pytest.raises(BadData, match="'tally' cannot be run here: memnets.procedures: no 'tally'"):
        trial.procedure.takes(trial.task.build())
