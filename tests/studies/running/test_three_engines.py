"""One study in this process, on local workers and on two nodes: the same rows, whatever dies."""

import os
import subprocess
import sys
import textwrap

import pytest

from studies import ResultStore

from ..recorders import timeless
from .nodes import OWN, Nodes, remove, rows_so_far, unfinished, wait_until, worker_of

STUDY = """
    from memnets.spec import ModelSpec
    from studies import Study, Supervised, TaskSpec

    small = dict(controller_size=8, cell_options={"slots": 6, "width": 4})
    study = Study(
        name="engines",
        question="Is it the same everywhere?",
        tasks={"copy": TaskSpec("copy", {"width": 3, "max_length": 4})},
        models={kind: ModelSpec("ntm", kind, **small) for kind in ("soft", "reinforce")},
        procedure=Supervised(updates=150, batch_size=4, evaluate_every=5, test_lengths=(1, 4),
                             test_sequences=4, solved_errors=None, backend="reference"),
        seeds=(0, 1),
    )
"""
PER_TRIAL = 150 // 5 * (1 + 4 * 2) + 2 * 2
"""Rows: at each evaluation one of training and tests of four addresses; two controls at the end."""


@pytest.fixture
def nodes(tmp_path):
    nodes = Nodes(tmp_path)
    yield nodes
    nodes.close()


@pytest.fixture
def home(tmp_path):
    """The driver's working directory, with the study in a file; no node sees it."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine.py").write_text(textwrap.dedent(STUDY))
    return home


def start(home, folder, *options):
    # "own" is a path that each process reads as one below its own working directory
    command = [sys.executable, "-m", "memnets", "study", "run", "./mine.py:study"]
    command += ["--folder", folder, *options]
    return subprocess.Popen(
        command, cwd=home, env=os.environ | OWN, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip


def end_of(process):
    out, said = process.communicate(timeout=200)
    assert "Traceback" not in said
    return process.returncode, out + said


def rows(folder):
    store = ResultStore(folder)
    found = {trial.id: [timeless(row) for row in store.rows(trial)] for trial in store.trials()}
    assert [len(of) for of in found.values()] == [PER_TRIAL] * 4
    assert len(store.facts()) == 4
    return found


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_rows_are_the_same_on_every_engine_whatever_is_killed(home, nodes):
    status, said = end_of(start(home, "inline", "--workers", "0"))
    assert status == 0 and "4 trials done" in said
    wanted = rows(home / "inline" / "engines")

    # two local workers, of which one is killed in mid-trial
    local = home / "local" / "engines"
    process = start(home, "local", "--workers", "2")
    wait_until(lambda: len(unfinished(local)) == 2 and rows_so_far(local) > 60, "rows")
    worker_of(process)[0].kill()
    status, said = end_of(process)
    assert status == 0 and "4 trials done" in said and "died; the trial goes on" in said
    assert rows(local) == wanted

    # two nodes that do not see the driver's folder
    far = home / "far" / "engines"
    elsewhere = ("/proc/self/cwd/far", "--scheduler", str(nodes.file), "--retries", "5")
    nodes.start_scheduler()
    first, second = nodes.start_node("first"), nodes.start_node("second")
    wait_until(lambda: worker_of(first) and worker_of(second), "workers")
    process = start(home, *elsewhere)
    wait_until(lambda: len(unfinished(far)) == 2 and rows_so_far(far) > 60, "rows")
    worker_of(first)[0].kill()
    wait_until(lambda: rows_so_far(far) > 200, "rows after a worker died")
    remove(second)
    wait_until(lambda: rows_so_far(far) > 300, "rows after a node went")
    before = rows_so_far(far)
    nodes.scheduler.kill()
    status, said = end_of(process)
    assert status != 0 and "the dask scheduler went away. Nothing written before is lost" in said
    assert len([line for line in said.splitlines() if "went away" in line]) == 1
    assert rows_so_far(far) >= before and len(list(far.glob("*/done.json"))) < 4
    assert not any(
        list((nodes.folder / name).rglob("metrics.jsonl")) for name in ("first", "second")
    )

    # the same command, once a scheduler is there again
    nodes.start_scheduler()
    nodes.start_node("third")
    status, said = end_of(start(home, *elsewhere))
    assert status == 0 and "0 failed" in said
    assert rows(far) == wanted
