"""Folders that version 0.1.0 wrote, before trials held procedures: tests/studies/earlier."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from memnets.spec import ModelSpec
from studies import Curriculum, Gradients, ResultStore, Study, Supervised, TaskSpec, run
from studies.running.recorder import FolderRecorder, LostRows
from studies.running.store import NotResults

EARLIER = Path(__file__).parents[1] / "earlier"
STUDY = Study(
    name="before",
    question="Is it read as before?",
    tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
    models={
        "ntm/reinforce": ModelSpec(
            "ntm", "reinforce", controller_size=2, cell_options={"slots": 3, "width": 2}
        )
    },
    procedure=Supervised(
        updates=4,
        batch_size=2,
        evaluate_every=2,
        test_lengths=(1, 2),
        test_sequences=2,
        backend="reference",
        curriculum=Curriculum(errors=9.0),
    ),
    seeds=(0, 1),
)


@pytest.fixture
def copied(tmp_path):
    shutil.copytree(EARLIER, tmp_path / "earlier")
    return tmp_path / "earlier"


def test_finished_trials_stay_finished_and_begun_ones_go_on_from_their_checkpoint(copied):
    store = ResultStore(copied / "before")
    done, begun = STUDY.trials()
    files = [path for path in store.path(done).iterdir()]
    before = {path: path.read_bytes() for path in files}
    rows = store.rows(begun)
    assert len(rows) == 3
    summary = run(STUDY, store, workers=0, quiet=True)
    assert (summary.done, summary.skipped, summary.failed) == (1, 1, 0)
    assert {path: path.read_bytes() for path in files} == before
    unbroken = [json.loads(line) for line in (copied / "unbroken.jsonl").read_text().splitlines()]
    found = store.rows(begun)
    assert found[:3] == rows and len(unbroken) == 6
    # today's evaluations have rows of other addresses too
    assert [row.get("address") for row in found[3:]] == [
        *(None, "own", "own", "soft", "soft", "one slot", "one slot", "cut off", "cut off"),
        *("frozen", "frozen", "shuffled", "shuffled"),
    ]
    for row, other in zip(found[:6], unbroken, strict=True):
        # rows did not have the curriculum's level then, nor who chose in training, nor the use
        later = {"address", "entropy", "level", "one_slot_share"}
        later |= {"unwritten", "unread", "write_use_entropy", "read_use_entropy"}
        assert row.keys() - later == other.keys() - {"entropy"}
        for name in other.keys() - {"seconds"}:
            # another processor rounds otherwise
            near = isinstance(row[name], float)
            assert row[name] == (pytest.approx(other[name], rel=1e-4) if near else other[name])


def test_supervised_trials_are_read_as_before(copied):
    store = ResultStore(copied / "before")
    assert store.trials() == list(STUDY.trials())
    frame = store.load()
    assert frame[["min_length", "max_length"]].drop_duplicates().values.tolist() == [[1, 2]]
    assert set(frame["procedure"]) == {"supervised"} and len(frame) == 9
    assert store.facts()["updates"].tolist() == [4]


def test_gradient_trials_are_read_under_the_id_that_they_had(copied):
    store = ResultStore(copied / "gradients")
    (trial,) = store.trials()
    assert trial.procedure == Gradients(updates=2, batch_size=4, learning_rate=1e-2)
    assert trial.id == "6e75c5d11a1e" == store.facts()["trial"].item()
    assert len(store.rows(trial)) == len(store.load()) == 4
    # what were constants are settings now, so the same trial of today has another id
    assert dataclasses.replace(trial).id != trial.id


def test_an_edited_trial_of_before_is_found(copied):
    store = ResultStore(copied / "before")
    path = copied / "before" / "68e631108e07" / "trial.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 5'))
    with pytest.raises(NotResults, match="describes another trial than its folder's"):
        store.load()


def test_a_procedure_that_was_a_function_of_somebodys_own_is_named_with_what_to_do(copied):
    path = copied / "before" / "68e631108e07" / "trial.json"
    path.write_text(path.read_text().replace("studies.training:train", "mine.own:train"))
    with pytest.raises(
        NotResults, match="'mine.own:train' is a function.*make it a class"
    ) as caught:
        ResultStore(copied / "before").load()
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert "Delete" not in str(caught.value)


def test_rows_that_are_gone_are_not_counted_where_no_number_was_stored(copied):
    store = ResultStore(copied / "before")
    done, begun = STUDY.trials()
    for trial in (done, begun):
        (store.path(trial) / "metrics.jsonl").unlink()
    with pytest.raises(NotResults, match="holds no rows, though the trial is finished") as caught:
        store.load()
    assert str(store.path(done) / "metrics.jsonl") in str(caught.value)
    with pytest.raises(LostRows, match="holds no rows, fewer than were written before the check"):
        FolderRecorder(store, begun).resume()
