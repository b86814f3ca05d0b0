"""Every numeric option that can be typed meets hostile texts: one line and status 2, or meant."""

import subprocess
import sys

import pytest

from memnets.cli.bench import BENCHES
from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, run
from studies.running.engine_options import require_engine

from .commands import Typed, call, expects_refusal, fault, is_run, options, texts

SMALL = ModelSpec("ntm", controller_size=4, cell_options={"slots": 3, "width": 2})


@pytest.fixture
def places(tmp_path):
    """A trial's folder, and a folder of results with a study called demo."""
    study = Study(
        name="demo",
        question="?",
        tasks={"copy": TaskSpec("copy", {"max_length": 2, "width": 2})},
        models={"ntm": SMALL},
        procedure=Supervised(updates=1, test_sequences=1, backend="reference"),
        seeds=(0,),
    )
    store = ResultStore(tmp_path / "runs" / "demo")
    run(study, store, workers=0, quiet=True)
    (trial,) = study.trials()
    return str(store.path(trial)), str(tmp_path / "runs")


@pytest.fixture
def looked_at(monkeypatch):
    """Commands that would train or measure for long look at what they are given, and end."""

    def taken(study, store, workers=0, scheduler=None, threads=1, device="cpu", retries=1,
              resources=None, **more):  # fmt: skip
        require_engine(workers, scheduler, threads, device, retries, resources)
        for trial in study.trials():
            trial.procedure.takes(trial.procedure.task(trial.task))
            assert len(trial.id) == 12
        raise Taken

    def planned(study, store, device, threads):
        taken(study, store, device=device, threads=threads)

    monkeypatch.setattr("memnets.cli.train.run", taken)
    monkeypatch.setattr("studies.running.executor.run", taken)
    monkeypatch.setattr("studies.running.plan.planned", planned)
    for bench in BENCHES.values():
        if isinstance(bench, type):
            monkeypatch.setattr(bench, "__call__", checked)


class Taken(SystemExit):
    """What was given is taken; it would run now."""

    def __init__(self) -> None:
        super().__init__(0)


def checked(bench):
    bench.check()
    raise Taken


@pytest.mark.slow
@pytest.mark.usefixtures("looked_at")
def test_every_hostile_text_is_refused_in_one_line_or_meant(places):
    tried, faults, taken = 0, [], 0
    for number, option in enumerate(options(*places)):
        for text in texts(number):
            if is_run(option) and not expects_refusal(option, text):
                continue
            wrong = fault(option, text)
            tried += 1
            if wrong:
                faults.append(f"memnets {option.label} {text!r}: {wrong}")
        # an option that refuses everything is none
        taken += any(call(option.words(text))[0] == 0 for text in ("2", "0.5", "1"))
    assert not faults, "\n".join(faults)
    assert tried > 1_500 and taken > 50


def test_the_judge_finds_each_way_of_breaking_the_law(monkeypatch):
    option = Typed(("train", "--seed"), "INT")

    def judged(text, answer):
        monkeypatch.setattr("tests.hostile.commands.main", answer)
        return str(fault(option, text))

    def saying(status, *lines):
        def answer(words):
            print(*lines, sep="\n", file=sys.stderr)
            return status

        return answer

    def failing(words):
        raise KeyError("x")

    assert judged("-1", saying(2, "memnets: seed is -1")) == "None"
    assert judged("2", saying(0, "done")) == "None"
    assert judged("nan", saying(0, "done")).startswith("accepted")
    assert judged("nan", saying(1, "no")).startswith("status 1")
    assert judged("nan", saying(2, "memnets: a", "memnets: b")).startswith("not one line")
    assert judged("nan", saying(2, "memnets: 'NoneType' has no")).startswith("Python's own")
    assert judged("nan", failing).startswith("KeyError")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["train", "--seed", "nan"],
        ["train", "--procedure.learning-rate=-inf"],
        ["study", "run", "demo", "--workers", "1e400"],
        ["study", "plan", "demo", "--set", "learning_rate=nan"],
        ["bench", "train", "--repeats", "0"],
        ["bench", "envs", "--seconds", "nan"],
        ["evaluate", "nowhere", "--sequences", "five"],
        ["report", "\x01"],
    ],
)
def test_a_process_of_its_own_answers_alike(words, tmp_path):
    command = [sys.executable, "-W", "error", "-m", "memnets", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("memnets: ") and not done.stdout
