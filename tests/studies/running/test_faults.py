"""Files that are damaged before a run or while it goes on: a clear line, and no harm to others."""

import os
import shutil
from dataclasses import dataclass

import pytest

from memnets.spec import ModelSpec
from studies import Outcome, Procedure, ResultStore, Study, TaskSpec, run
from studies.procedures.base import BadCheckpoint
from studies.running.files import NotResults
from studies.running.verify import verify

STEPS = 6
meanwhile = {}
"""What is done in the middle of a trial, by its seed."""


@dataclass(frozen=True)
class Squares(Procedure):
    """Counts, and goes on from the number in its checkpoint."""

    row_key = ("step",)

    def takes(self, task):
        return {}

    def run(self, trial, recorder):
        checkpoint = recorder.resume()
        if checkpoint is not None and not checkpoint.isdigit():
            raise BadCheckpoint("it is no number")
        for step in range(int(checkpoint or 0) + 1, STEPS + 1):
            if step == 4:
                meanwhile.pop(trial.seed, lambda: None)()
            recorder.row({"step": step, "square": step**2})
            recorder.save(str(step).encode())
        return Outcome({"steps": STEPS}, {})

    def progress(self, row):
        return str(row["step"])


SQUARES = Study(
    "squares",
    "How far?",
    {"copy": TaskSpec("copy")},
    {"none": ModelSpec("none")},
    Squares(),
    seeds=(0, 1, 2),
)
FIRST, SECOND, THIRD = SQUARES.trials()


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    meanwhile.clear()


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "squares")


def made(store):
    return run(SQUARES, store, workers=0, quiet=True)


def half_made(store):
    """Makes the first trial, and half of the second."""

    def stop():
        raise KeyboardInterrupt

    meanwhile[SECOND.seed] = stop
    assert made(store).interrupted


def error_of(store, trial):
    (error,) = store.failures().set_index("trial").loc[[trial.id], "error"]
    assert "\n" not in error
    return error


def assert_whole(store):
    assert len(store.facts()) == 3 and list(verify(store)) == []
    for trial in SQUARES.trials():
        assert [row["square"] for row in store.rows(trial)] == [1, 4, 9, 16, 25, 36]


def rows_become(text):
    def damage(folder):
        (folder / "metrics.jsonl").write_text('{"step": 1, "square": 1}\n' + text + "\n")

    return damage


def write(name, data):
    return lambda folder: (folder / name).write_bytes(data)


BEFORE = {
    "NaN": (rows_become('{"step": 2, "square": NaN}'), "metrics.jsonl, line 2, is not JSON: NaN"),
    "Infinity": (rows_become('{"step": 2, "square": -Infinity}'), "line 2, is not JSON: -Infinity"),
    "a number": (rows_become("5"), "metrics.jsonl, line 2, is 5, not an object"),
    "half a row": (rows_become('{"step": 2, "sq'), "metrics.jsonl, line 2, is not JSON"),
    "no rows": (lambda folder: (folder / "metrics.jsonl").unlink(), "holds 0 of the 3 rows"),
    "fewer rows": (lambda folder: os.truncate(folder / "metrics.jsonl", 30), "1 of the 3 rows"),
    "a row without its key": (rows_become('{"square": 4}'), "line 2, lacks the column 'step'"),
    "a row with a list": (rows_become('{"step": [2], "square": 4}'), "line 2, has [2] in the"),
    "a checkpoint of garbage": (write("checkpoint.pt", b"\x80garbage"), "checkpoint.pt: it is no"),
    "an empty checkpoint": (write("checkpoint.pt", b""), "checkpoint.pt: it is no number"),
    "a count of garbage": (write("checkpoint.json", b"{"), "checkpoint.json cannot be read"),
    "a count of another kind": (write("checkpoint.json", b"[3]"), "checkpoint.json holds [3]"),
    "a count of nothing": (write("checkpoint.json", b"{}"), "checkpoint.json counts no rows"),
}


@pytest.mark.parametrize(("damage", "said"), BEFORE.values(), ids=BEFORE.keys())
def test_a_damaged_trial_fails_with_a_line_that_helps_and_the_others_are_made(store, damage, said):
    half_made(store)
    folder = store.path(SECOND)
    damage(folder)
    before = (store.path(FIRST) / "metrics.jsonl").read_bytes()
    summary = made(store)
    assert (summary.done, summary.skipped, summary.failed) == (1, 1, 1)
    error = error_of(store, SECOND)
    assert said in error and str(folder) in error
    assert (store.path(FIRST) / "metrics.jsonl").read_bytes() == before
    # what it says to do
    if f"delete {folder} " in error:
        shutil.rmtree(folder)
    elif "checkpoint.json" in error:
        assert "Delete it" in error
        (folder / "checkpoint.json").unlink()
    else:
        assert "checkpoint.pt" in error and "delete it to make the trial from the start" in error
        (folder / "checkpoint.pt").unlink()
    summary = made(store)
    assert (summary.done, summary.skipped, summary.failed) == (1, 2, 0)
    assert_whole(store)


DURING = {
    "its folder": lambda folder: shutil.rmtree(folder),
    "its rows": lambda folder: (folder / "metrics.jsonl").unlink(),
    "half of its rows": lambda folder: os.truncate(folder / "metrics.jsonl", 30),
    "more rows": rows_become('{"step": 99, "square": 1}'),
}


@pytest.mark.parametrize("damage", DURING.values(), ids=DURING.keys())
def test_a_trial_that_is_damaged_while_it_is_made_fails_and_the_others_are_made(store, damage):
    folder = store.path(SECOND)
    meanwhile[SECOND.seed] = lambda: damage(folder)
    summary = made(store)
    assert (summary.done, summary.failed) == (2, 1)
    error = error_of(store, SECOND)
    assert str(folder) in error and "was changed or deleted while its trial ran" in error
    summary = made(store)
    if summary.failed:
        assert f"delete {folder} " in error_of(store, SECOND)
        shutil.rmtree(folder)
        summary = made(store)
    assert (summary.done, summary.skipped, summary.failed) == (1, 2, 0)
    assert_whole(store)


def edited(folder):
    path = folder / "trial.json"
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 7'))


@pytest.mark.parametrize("damage", [edited, write("trial.json", b"{"), write("trial.json", b"5")])
def test_a_description_that_is_edited_while_its_trial_is_made_is_found(store, damage):
    folder = store.path(SECOND)
    meanwhile[SECOND.seed] = lambda: damage(folder)
    assert made(store).done == 3
    with pytest.raises(
        NotResults, match=r"Delete this file and run the study again; no rows are"
    ) as caught:
        store.load()
    assert str(caught.value).startswith(f"{folder / 'trial.json'} ")
    assert len(list(verify(store))) == 1
    (folder / "trial.json").unlink()
    assert made(store).skipped == 3
    assert_whole(store)


@pytest.mark.parametrize("damage", [write("trial.json", b"{"), write("trial.json", b"5")])
def test_a_description_that_cannot_be_read_stops_the_run_before_it_starts(store, damage):
    half_made(store)
    damage(store.path(SECOND))
    with pytest.raises(NotResults, match=r"trial.json.*Delete this file and run the study again"):
        made(store)
    (store.path(SECOND) / "trial.json").unlink()
    assert made(store).done == 2
    assert_whole(store)


def test_a_study_whose_folder_is_deleted_while_it_runs_is_one_line(store):
    meanwhile[SECOND.seed] = lambda: shutil.rmtree(store.folder)
    with pytest.raises(NotResults, match="squares was deleted while its study ran: run it again"):
        made(store)
    assert not store.folder.exists()
    assert made(store).done == 3
    assert_whole(store)


def test_a_finished_trial_that_is_damaged_while_others_are_made_harms_none(store):
    meanwhile[SECOND.seed] = lambda: (store.path(FIRST) / "metrics.jsonl").unlink()
    assert made(store).done == 3
    with pytest.raises(NotResults, match=f"0 of the 6 rows.*: delete {store.path(FIRST)} and run"):
        made(store)
    shutil.rmtree(store.path(FIRST))
    assert made(store).done == 1
    assert_whole(store)
