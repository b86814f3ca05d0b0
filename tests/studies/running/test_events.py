"""What callbacks are told of a run, on every engine."""

import csv
import dataclasses
import importlib.util
import json

import pytest

from memnets.spec import ModelSpec
from studies import Callback, ResultStore, Study, Supervised, TaskSpec, TensorBoard, run
from studies.design.data import BadData
from studies.running.events import Events

INSTALLED = importlib.util.find_spec("tensorboard") is not None


class Log(Callback):
    """Keeps all that it is told."""

    def __init__(self):
        self.said, self.rows, self.facts = [], {}, {}

    def study_started(self, name, trials):
        self.said.append(("study_started", name, len(trials)))

    def trial_started(self, trial):
        self.said.append(("trial_started", trial.seed))

    def row(self, trial, row):
        self.rows.setdefault(trial.id, []).append(row)

    def evaluation(self, trial, rows):
        self.said.append(("evaluation", trial.seed, rows[0]["step"], len(rows)))

    def checkpoint(self, trial, path):
        assert path.is_file()
        self.said.append(("checkpoint", trial.seed))

    def trial_ended(self, trial, facts, *, failed):
        self.facts[trial.seed] = facts
        self.said.append(("trial_ended", trial.seed, failed))

    def study_ended(self, summary):
        self.said.append(("study_ended", summary.done, summary.failed))


def short(**settings):
    procedure = Supervised(
        updates=4, batch_size=2, evaluate_every=2, test_lengths=(1, 2), test_sequences=2, **settings
    )
    models = {"none": ModelSpec("none", controller_size=4)}
    task = TaskSpec("copy", {"width": 2, "max_length": 2})
    return Study("two", "Does it run?", {"copy": task}, models, procedure, seeds=(0, 1))


def test_every_event_is_told_in_order_and_rows_are_those_stored(tmp_path):
    log, store = Log(), ResultStore(tmp_path / "two")
    run(short(), store, workers=0, quiet=True, callbacks=[log])
    of_a_trial = [
        [
            ("trial_started", seed),
            ("evaluation", seed, 2, 3),
            ("checkpoint", seed),
            ("evaluation", seed, 4, 3),
            ("checkpoint", seed),
            ("trial_ended", seed, False),
        ]
        for seed in (0, 1)
    ]
    assert log.said == [
        ("study_started", "two", 2),
        *of_a_trial[0],
        *of_a_trial[1],
        ("study_ended", 2, 0),
    ]
    for trial in store.trials():
        assert log.rows[trial.id] == store.rows(trial)
        assert log.facts[trial.seed]["updates"] == 4
    again = Log()
    run(short(), store, workers=0, quiet=True, callbacks=[again])
    assert again.said == [("study_started", "two", 0), ("study_ended", 0, 0)]


@pytest.mark.slow
def test_workers_tell_the_same_to_the_process_that_runs(tmp_path):
    log, store = Log(), ResultStore(tmp_path / "two")
    run(short(), store, workers=2, quiet=True, callbacks=[log])
    assert log.said[0] == ("study_started", "two", 2) and log.said[-1] == ("study_ended", 2, 0)
    for trial in store.trials():
        assert log.rows[trial.id] == store.rows(trial)
        own = [event for event in log.said if event[1] == trial.seed]
        assert own[0][0] == "trial_started" and own[-1] == ("trial_ended", trial.seed, False)
        evaluations = [event for event in own if event[0] == "evaluation"]
        assert evaluations == [("evaluation", trial.seed, step, 3) for step in (2, 4)]


def test_a_trial_that_is_gone_on_with_tells_its_new_rows(tmp_path, study, trial):
    store = ResultStore(tmp_path / "runs")
    store.declare(study)
    (first, *_) = study.trials()
    store.begin(first)
    rows = store.path(first) / "metrics.jsonl"
    rows.write_text('{"kind": "train", "step": 1}\n{"kind": "te')

    class Quiet:
        live = False

        def running(self, trials): ...
        def refresh(self): ...
        def note(self, text):
            raise AssertionError(text)

    log = Log()
    events = Events(store, [first], Quiet(), [log])
    events.running([first])
    with rows.open("w") as file:
        # the half line was cut off, and the first evaluation ended
        file.write('{"kind": "train", "step": 1}\n{"kind": "test", "step": 1}\n')
    events.refresh()
    assert log.rows == {first.id: [{"kind": "test", "step": 1}]}
    with rows.open("a") as file:
        file.write('{"kind": "train", "step": 2}\n{"kind": "test", "st')
    home = store.path(first)
    # a checkpoint of the evaluation before does not end the one that is being written
    (home / "checkpoint.json").write_text(json.dumps({"rows": 2}))
    (home / "checkpoint.pt").write_bytes(b"")
    events.refresh()
    kinds = [event[0] for event in log.said]
    assert kinds == ["study_started", "trial_started", "evaluation", "checkpoint"]
    assert log.said[2][2:] == (1, 1) and log.rows[first.id][-1]["step"] == 2


def test_a_failed_trial_is_told_with_its_error(tmp_path, study, faulty):
    failing = dataclasses.replace(study, procedure=faulty.Fails(), seeds=(1,))
    (name, *_) = (label for label, model in study.models.items() if model.cell != "none")
    failing = failing.part((), (name,))
    log = Log()
    run(failing, ResultStore(tmp_path / "runs"), workers=0, quiet=True, callbacks=[log])
    assert log.said[-2:] == [("trial_ended", 1, True), ("study_ended", 0, 1)]
    assert (
        log.facts[1]["error"] == "RuntimeError: no luck"
        and "Traceback" in log.facts[1]["traceback"]
    )
    # a procedure without checkpoints tells its last rows at the end
    assert ("evaluation", 1, 1, 1) in log.said


def test_a_callback_that_fails_is_named_and_nothing_else_is_harmed(tmp_path, capsys):
    class Broken(Callback):
        def row(self, trial, row):
            raise ZeroDivisionError("no\nsuch dashboard")

    log, store = Log(), ResultStore(tmp_path / "two")
    summary = run(short(), store, workers=0, quiet=True, callbacks=[Broken(), log])
    assert summary.done == 2 and log.said[-1] == ("study_ended", 2, 0)
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("Broken.row failed and is told nothing more") == 1
    assert "ZeroDivisionError: no such dashboard" in said


def test_rows_go_to_a_csv_file_as_the_docs_say(tmp_path):
    class Csv(Callback):
        def __init__(self, path):
            self.file = open(path, "w", newline="")  # noqa: SIM115
            self.writer = csv.writer(self.file)
            self.writer.writerow(["trial", "step", "length", "accuracy"])

        def row(self, trial, row):
            if row["kind"] == "test":
                numbers = (row["step"], row["length"], row["accuracy"])
                self.writer.writerow([trial.id, *numbers])

        def study_ended(self, summary):
            self.file.close()

    run(
        short(),
        ResultStore(tmp_path / "two"),
        workers=0,
        quiet=True,
        callbacks=[Csv(tmp_path / "x")],
    )
    with (tmp_path / "x").open() as file:
        assert len(list(csv.DictReader(file))) == 2 * 2 * 2


@pytest.mark.skipif(not INSTALLED, reason="the extra tensorboard is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_live_writes_what_the_export_writes(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from studies.running.tensorboard import export

    store = ResultStore(tmp_path / "two")
    run(short(), store, workers=0, quiet=True, callbacks=[TensorBoard(tmp_path / "live")])
    export(store, tmp_path / "later")

    def curves(folder):
        return {
            (home.name, tag): [(event.step, event.value) for event in events.Scalars(tag)]
            for home in folder.iterdir()
            for events in [EventAccumulator(str(home)).Reload()]
            for tag in events.Tags()["scalars"]
        }

    found = curves(tmp_path / "live")
    assert found == curves(tmp_path / "later") and len(found) > 10


@pytest.mark.skipif(INSTALLED, reason="the extra tensorboard is installed")
def test_without_the_extra_one_line_says_so_before_anything_runs(tmp_path):
    with pytest.raises(BadData, match="TensorBoard is not installed"):
        TensorBoard(tmp_path / "live")


@pytest.mark.parametrize("callbacks", [5, "log", Log(), [Log], [print], {Log()}, None])
def test_what_is_no_list_of_callbacks_is_one_line(callbacks, tmp_path):
    with pytest.raises(BadData, match="callbacks is .*; it must be a list of studies.Callback"):
        run(short(), ResultStore(tmp_path / "runs"), workers=0, callbacks=callbacks)
    assert not (tmp_path / "runs").exists()
