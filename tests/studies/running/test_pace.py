"""Time left of trials and studies, by the clock."""

import dataclasses
from types import SimpleNamespace

import pytest

from memnets.spec import ModelSpec
from studies import Evolution, Gradients, ResultStore, Study, Supervised, TaskSpec
from studies.procedures.reinforcement import Reinforcement
from studies.running.live_lines import describe
from studies.running.pace import Pace, label_of, study_left
from studies.running.progress import Display


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets: a list of one number."""
    now = [0.0]
    monkeypatch.setattr("studies.running.progress.time.monotonic", lambda: now[0])
    return now


def test_time_left_is_that_of_the_clock_and_runs_down():
    pace = Pace(100.0)
    assert pace.left(101.0) is None and pace.whole(101.0) is None
    pace.saw(0.1, 110.0)
    assert pace.left(110.0) == pytest.approx(90)
    assert pace.left(115.0) == pytest.approx(85)
    # what is late has not come further
    assert pace.left(125.0) == pace.left(120.0) == pytest.approx(80)
    assert pace.whole(110.0) == pytest.approx(100)


def test_what_came_before_the_first_row_is_not_counted_once_there_are_two():
    pace = Pace(0.0)
    pace.saw(0.1, 70.0)
    pace.saw(0.1, 75.0)
    pace.saw(0.2, 80.0)
    assert pace.left(80.0) == pytest.approx(80)
    pace.saw(1.0, 165.0)
    assert pace.left(166.0) == 0


def test_a_trial_that_goes_on_is_timed_from_where_it_was():
    pace = Pace(0.0, 0.5)
    pace.saw(0.5, 1.0)
    assert pace.left(1.0) is None
    pace.saw(0.6, 10.0)
    assert pace.left(10.0) == pytest.approx(40)
    assert pace.whole(10.0) == pytest.approx(100)
    assert pace.ended(50.0) == pytest.approx(100)


def named(trial, model):
    return dataclasses.replace(trial, model_label=model)


def test_a_study_has_the_time_of_its_trials_shared_by_as_many_as_run_now(trial):
    slow, quick, new = (label_of(named(trial, name)) for name in ("slow", "quick", "new"))
    known = [(slow, 90.0), (slow, 110.0), (quick, 10.0)]
    assert study_left([40.0, 6.0], [slow, quick, quick], known) == pytest.approx(83)
    # what is not known takes the mean of the models
    assert study_left([None], [new], known) == pytest.approx(55 + 55)
    assert study_left([40.0], [None], known) == pytest.approx(40 + 55)
    # the last one cannot be shared
    assert study_left([300.0, 6.0], [], known) == 300
    assert study_left([None], [slow], []) is None and study_left([], [], []) == 0


def test_tests_that_take_three_times_as_long_as_training_are_in_the_time_left(
    clock, tmp_path, trial
):
    procedure = Supervised(updates=300, evaluate_every=10, batch_size=2)
    trial = dataclasses.replace(trial, procedure=procedure)
    study = Study(
        "one", "?", {"copy": trial.task}, {"m": trial.model}, procedure, seeds=(3,), own={}
    )
    (trial,) = study.trials()
    store = ResultStore(tmp_path / "one")
    display = Display(store, study, quiet=True)
    store.declare(study)
    store.begin(trial)
    display.running([trial])

    def shown():
        return [text.plain for text in display._lines().renderables]

    assert shown()[0] == "copy  m  seed 3  started 0:00 ago"
    rows = store.path(trial) / "metrics.jsonl"
    with rows.open("w") as file:
        for step in (10, 20, 30):
            # ten updates take 0.9 s, and their evaluation 2.8 s
            clock[0] += 3.7
            row = f'"step": {step}, "sequences": {2 * step}, "seconds": {0.09 * step}'
            file.write(f'{{"kind": "train", {row}, "bits": 3.0}}\n')
            file.write(f'{{"kind": "test", {row}, "length": 1}}\n' * 60)
            file.flush()
            first, whole = shown()
    # 27 evaluations are to come
    assert first == "copy  m  seed 3  1:39 left  30/300  22 seq/s  3.00 bits"
    assert whole == "one: 0/1 trials, 1:39 left"
    clock[0] += 2.0
    assert shown()[0].startswith("copy  m  seed 3  1:37 left")


def test_waiting_trials_take_what_those_of_their_model_took(clock, tmp_path):
    models = {"a": ModelSpec("none", controller_size=4), "b": ModelSpec("none", controller_size=5)}
    procedure = Supervised(updates=10)
    study = Study("many", "?", {"copy": TaskSpec("copy")}, models, procedure, seeds=(0, 1))
    store = ResultStore(tmp_path / "many")
    store.declare(study)
    trials = {(trial.model_label, trial.seed): trial for trial in study.trials()}

    class Agenda:
        waiting = (trials["a", 1], trials["b", 1])

    display = Display(store, study, quiet=True)
    display.follow(Agenda())
    for label, seconds in (("a", 100.0), ("b", 20.0)):
        trial = trials[label, 0]
        store.begin(trial)
        display.running([trial])
        clock[0] += seconds
        store.finish(trial, {})
    display.running([])
    display.count(done=2, failed=0, skipped=0)
    assert display._whole([], clock[0]) == "many: 2/4 trials, 2:00 left"


@pytest.mark.parametrize("quiet", [False, True])
def test_a_log_has_a_line_of_the_study_at_most_once_a_minute(clock, tmp_path, trial, capfd, quiet):
    study = Study(
        "many", "?", {"copy": trial.task}, {"m": trial.model}, trial.procedure, seeds=(0, 1, 2)
    )
    store = ResultStore(tmp_path / "many")
    store.declare(study)
    waiting = list(study.trials())
    with Display(store, study, quiet=quiet) as display:
        display.follow(SimpleNamespace(waiting=waiting))
        for done, seconds in enumerate((40.0, 30.0), start=1):
            ended = waiting.pop(0)
            store.begin(ended)
            display.running([ended])
            clock[0] += seconds
            store.finish(ended, {})
            display.running([])
            display.count(done=done, failed=0, skipped=0)
    # at 40 s nothing, at 70 s one line
    lines = [] if quiet else ["many: 2/3 trials, 0:35 left"]
    assert capfd.readouterr().err.splitlines() == lines


@pytest.mark.parametrize("width", [70, 60])
def test_a_line_fits_the_terminal_and_keeps_the_time_left(trial, width):
    long = dataclasses.replace(trial, task_label="repeat_copy", model_label="dntm/straight_through")
    row = {"kind": "train", "step": 2, "sequences": 400, "seconds": 0.5, "bits": 123.4}
    line = describe(long, [row], 5.0, 3725.0, width=width)
    assert len(line) <= width and "1:02:05 left  2/6  800 seq/s  123.40 bits" in line
    assert line.startswith("repe") and "seed 3" in line
    assert "so far" in describe(long, [row], 5.0, None, width=width)


def test_every_procedure_says_how_far_it_is():
    train = {"kind": "train", "step": 25, "sequences": 5, "seconds": 1.0}
    for procedure in (Supervised(updates=100), Evolution(updates=100)):
        assert procedure.share_done(train) == 0.25
        assert procedure.share_done({**train, "kind": "test"}) is None
    agents = Reinforcement(total_timesteps=100)
    assert agents.share_done(train) is None
    assert agents.share_done({"kind": "test", "step": 50}) == 0.5
    assert agents.share_done({"kind": "test", "step": 128}) == 1.0
    gradients = Gradients(updates=5, repeats=((10, 10), (50, 2), (100, 2)))
    shares = [
        gradients.share_done({"step": step, "samples": n}) for step in (0, 5) for n in (10, 50, 100)
    ]
    assert shares == [0.125, 0.25, 0.5, 0.625, 0.75, 1.0]


def test_a_procedure_that_does_not_say_has_the_time_so_far(trial, clock):
    class Silent:
        name = "silent"

        def progress(self, row):
            return "on its way"

        def share_done(self, row):
            raise KeyError("nothing")

    silent = dataclasses.replace(trial)
    object.__setattr__(silent, "procedure", Silent())
    from studies.running.live_lines import share_done

    assert share_done(silent, [{"step": 1}]) == 0.0
    assert describe(silent, [{"step": 1}], 65.0).endswith("1:05 so far  on its way")
