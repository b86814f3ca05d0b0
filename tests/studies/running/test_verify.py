"""`verify` finds what is torn, foreign or inconsistent, and says what to do."""

import json
import shutil
from pathlib import Path

import pytest

from studies.running.recorder import FolderRecorder
from studies.running.store import ResultStore
from studies.running.verify import verify

EARLIER = Path(__file__).parents[1] / "earlier"
ROW = {"step": 1, "kind": "test", "length": 2, "address": "own", "bits": 0.5}


@pytest.fixture
def trials(store, study):
    """A finished trial, one that was begun, and one that failed."""
    done, begun, failed = trials = list(study.trials())[:3]
    for trial in trials:
        store.begin(trial)
        recorder = FolderRecorder(store, trial)
        recorder.row(ROW)
        recorder.save(b"weights")
        recorder.row({**ROW, "step": 2})
    store.finish(done, {"updates": 2}, {"weights": [1.0]})
    store.fail(failed, {"error": "ValueError: no", "traceback": "Traceback…"})
    return trials


def test_nothing_is_wrong_with_what_a_run_writes_nor_with_what_earlier_versions_wrote(
    store, trials, tmp_path
):
    store.load()
    assert list(verify(store)) == []
    shutil.copytree(EARLIER, tmp_path / "earlier")
    for name in ("before", "gradients"):
        assert list(verify(ResultStore(tmp_path / "earlier" / name))) == []


def replace(name, old, new):
    def damage(folder):
        path = folder / name
        path.write_text(path.read_text().replace(old, new))

    return damage


def write(name, text):
    return lambda folder: (folder / name).write_text(text)


def append(name, text):
    return lambda folder: (folder / name).write_text((folder / name).read_text() + text)


ANEW = "which makes it anew."
DONE, BEGUN, FAILED = range(3)
DAMAGES = {
    "no description": (DONE, lambda folder: (folder / "trial.json").unlink(), "lacks trial.json"),
    "a torn description": (DONE, write("trial.json", "{"), "Delete this file"),
    "another's": (DONE, replace("trial.json", '"seed": 0', '"seed": 7'), "another trial than its"),
    "a lost row": (DONE, write("metrics.jsonl", json.dumps(ROW) + "\n"), "1 of the 2 rows"),
    "a row too many": (
        DONE,
        append("metrics.jsonl", '{"step": 3, "kind": 1, "length": 1}\n'),
        ANEW,
    ),
    "half a row at the end": (
        DONE,
        append("metrics.jsonl", '{"st'),
        "half a row: remove the trial",
    ),
    "half a row of a begun one": (BEGUN, append("metrics.jsonl", '{"st'), "half a row: run the"),
    "a foreign line": (BEGUN, append("metrics.jsonl", "5\n"), "line 3, is 5, not an object"),
    "a row twice": (
        BEGUN,
        append("metrics.jsonl", json.dumps(ROW) + "\n"),
        "line 3, repeats line 1",
    ),
    "a row without its key": (BEGUN, append("metrics.jsonl", '{"step": 3}\n'), "lacks the column"),
    "a row with a list in its key": (
        BEGUN,
        append("metrics.jsonl", json.dumps({**ROW, "step": [3]}) + "\n"),
        "line 3, has [3] in the column 'step'",
    ),
    "facts that are none": (DONE, write("done.json", "[]"), "done.json holds [], not an object"),
    "a failure of a finished one": (
        DONE,
        write("failed.json", "{}"),
        "of a trial that is finished",
    ),
    "a torn failure": (FAILED, write("failed.json", ""), "failed.json cannot be read"),
    "a failure without an error": (FAILED, write("failed.json", "{}"), "says no error"),
    "a torn attempt": (BEGUN, write("attempts.jsonl", "{\n"), "attempts.jsonl cannot be read"),
    "a torn attempt of a finished one": (
        DONE,
        write("attempts.jsonl", "[]\n"),
        "attempts.jsonl cannot be read: it holds [], not an object",
    ),
    "rows lost before the checkpoint": (BEGUN, write("metrics.jsonl", ""), "0 of the 1 rows"),
    "an empty checkpoint": (BEGUN, write("checkpoint.pt", ""), "checkpoint.pt is empty: delete it"),
    "a torn count": (BEGUN, write("checkpoint.json", "{"), "checkpoint.json cannot be read"),
    "a count of nothing": (BEGUN, write("checkpoint.json", "{}"), "counts no rows"),
    "a torn trace": (DONE, write("trace.npz", "PK"), "holds no trace"),
    "half a file": (BEGUN, write("done.json.9.partial", ""), "was stopped: delete it"),
}


@pytest.mark.parametrize(("which", "damage", "said"), DAMAGES.values(), ids=DAMAGES.keys())
def test_what_is_wrong_is_named_in_a_line(store, trials, which, damage, said):
    folder = store.path(trials[which])
    damage(folder)
    before = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    texts = [finding.text for finding in verify(store)]
    assert any(said in text for text in texts), texts
    assert all(str(folder) in text and "\n" not in text for text in texts)
    assert all(text.endswith(".") for text in texts)
    after = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    assert after == before


def test_trials_of_an_earlier_version_of_the_study_are_looked_at(store, trials):
    header = store.folder / "study.json"
    header.write_text(json.dumps({**json.loads(header.read_text()), "trials": []}))
    (store.path(trials[0]) / "done.json").write_text("5")
    assert [finding.trial for finding in verify(store)] == [trials[0].id]


@pytest.mark.parametrize("names", [["aaaaaaaaaaaa"] * 2, ["../other"]])
def test_trials_that_a_study_cannot_have_are_found(store, names):
    header = store.folder / "study.json"
    header.write_text(json.dumps({**json.loads(header.read_text()), "trials": names}))
    assert "study.json names the trial" in "".join(finding.text for finding in verify(store))
