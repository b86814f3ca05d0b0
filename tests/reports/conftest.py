"""Stores for tests of reports: their rows are made up, so that the right numbers are known."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from memnets.spec import ModelSpec
from studies.design.study import Study
from studies.design.trial import TaskSpec, Trial
from studies.procedures.gradients import Gradients
from studies.procedures.supervised import Supervised
from studies.running.recorder import FolderRecorder
from studies.running.store import ResultStore

from .made_up_traces import traces

# final accuracy and milliseconds per sequence, as a plausible study would have them
QUALITY = {
    "none/lstm": (0.81, 1.1),
    "ntm/soft": (0.998, 3.9),
    "ntm/straight_through": (0.93, 4.1),
    "ntm/reinforce": (0.74, 3.2),
    "dnc/soft": (0.985, 6.8),
    "dnc/straight_through": (0.9, 6.9),
    "dntm/reinforce": (0.69, 2.9),
}
# bias, deviation of one rollout, milliseconds of a gradient of few rollouts
GRADIENTS = {
    "soft": (0.6, 0.0, 5.0),
    "straight_through": (0.3, 0.0, 4.0),
    "gumbel": (0.2, 2.0, 6.0),
    "reinforce": (0.0, 4.0, 5.0),
    "leave_one_out": (0.0, 2.0, 7.0),
}
# how addresses are made in training and at test, and wrong per sequence beside the own address's
KINDS = {
    "soft": ("soft", "soft", {"soft": 0.0, "one slot": 2.0, "cut off": 4.0}),
    "hardened": ("soft", "one slot", {"soft": -0.25, "one slot": 0.0, "cut off": 4.0}),
    "top_k": ("k slots", "k slots", {"one slot": 1.0, "cut off": 4.0}),
}
CHOOSES = ("one slot", "one slot", {"soft": 0.5, "one slot": 0.0, "cut off": 4.0})
# how slots are used, of every memory
USED = {"unwritten": 0.25, "unread": 0.5, "write_use_entropy": 1.5, "read_use_entropy": 0.75}
# of the last networks alone, at the trained lengths
SLOW = {"frozen": 3.0, "shuffled": 5.0}
# of the accuracy above one half, what is left under the controls
LEFT = {"cut off": 0.1, "frozen": 0.2, "shuffled": 0.4}
OPTIONS = {"copy": {"max_length": 8}}
SOLVED = 0.985
LENGTHS = (2, 4, 6, 8, 12, 16)
FACTS = {
    "versions": {"memnets": "0.1.0", "torch": "2.13.0", "numpy": "2.4.6", "python": "3.11.9"},
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "dirty": False,
    "device": "cpu",
    "threads": 1,
    "machine": {"cpu": "a processor", "cores": 2, "system": "Linux"},
    "started": "2026-11-20T10:00:00+00:00",
    "finished": "2026-11-20T10:01:00+00:00",
    "state_size": 640,
}

Write = Callable[..., ResultStore]


@pytest.fixture
def svg_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are drawn for the page alone: empty .png and .pdf, which take twice as long."""
    whole = Figure.savefig

    def savefig(figure: Figure, target: Any, **options: Any) -> None:
        drawn = options.get("format") == "svg"
        whole(figure, target, **options) if drawn else Path(target).touch()

    monkeypatch.setattr(Figure, "savefig", savefig)


def models(names: tuple[str, ...]) -> dict[str, ModelSpec]:
    made = {}
    for name in names:
        cell, estimator = name.split("/")
        estimator = "soft" if cell == "none" else estimator
        made[name] = ModelSpec(cell, estimator)
    return made


def write(
    folder: Path,
    *,
    names: tuple[str, ...] = tuple(QUALITY),
    specs: dict[str, ModelSpec] | None = None,
    seeds: tuple[int, ...] = (0, 1, 2),
    name: str = "demo",
    question: str = "Does discrete memory learn as well as soft memory?",
    tasks: tuple[str, ...] = ("copy",),
    quality: dict[str, tuple[float, float]] = QUALITY,
    failing: tuple[str, ...] = (),
    left_out: tuple[str, ...] = (),
    solved_errors: float | None = 0.1,
    own: dict[str, dict[str, Any]] | None = None,
    earlier: bool = False,
    traceback: str = "Traceback (most recent call last):\n  ...\nValueError: cost is nan",
) -> ResultStore:
    """A store as a finished study leaves it, without any training.

    `earlier` leaves out what rows and facts of earlier versions do not say of addresses.
    """
    study = Study(
        name=name,
        question=question,
        tasks={task: TaskSpec(task, OPTIONS.get(task, {})) for task in tasks},
        models=specs or models(names),
        procedure=Supervised(updates=1000, solved_errors=solved_errors),
        own=own or {},
        seeds=seeds,
    )
    store = ResultStore(folder / name)
    store.declare(study)
    for trial in study.trials():
        if trial.model_label in left_out:
            continue
        store.begin(trial)
        if trial.model_label in failing:
            error = traceback.splitlines()[-1]
            store.fail(trial, {"error": error, "traceback": traceback})
        else:
            _train(store, trial, quality, earlier)
    return store


def _train(
    store: ResultStore, trial: Trial, quality: dict[str, tuple[float, float]], earlier: bool
) -> None:
    level, milliseconds = quality.get(trial.model_label, (0.9, 4.0))
    digits = [ord(letter) for letter in trial.model_label + trial.task_label]
    rng = np.random.default_rng([trial.seed, *digits])
    level = float(np.clip(level + 0.02 * rng.normal(), 0.5, 1.0))
    milliseconds *= float(np.exp(0.05 * rng.normal()))
    pace, solved = float(rng.uniform(90, 180)), None
    shortest, longest = trial.task.build().lengths
    in_training, at_test, others = KINDS.get(trial.model.estimator, CHOOSES)
    row = {"step": 0, "sequences": 0, "seconds": 0.0}
    recorder = FolderRecorder(store, trial)
    for step in range(50, 1001, 50):
        place = {"step": step, "sequences": 16 * step, "seconds": 16e-3 * step * milliseconds}
        row = {**place, "kind": "train", "length": None, "bits": 40.0, "accuracy": 0.7}
        recorder.row({**row, "entropy": 0.8, "gradient_norm": 1.2})
        for length in LENGTHS:
            fall = 0.02 * max(0, length - longest)
            accuracy = float(np.clip(level_at(level, step, pace) - fall, 0.5, 1))
            test = {**place, "kind": "test", "length": length, "accuracy": accuracy}
            more = {"sequence_accuracy": accuracy**8, "errors": 8 * length * (1 - accuracy)}
            bits = {"bits": 16 * length * (1 - accuracy), "excess_bits": None}
            known = {} if earlier else {"entropy": None if trial.model.cell == "none" else 0.7}
            known |= {} if earlier or trial.model.cell == "none" else USED
            recorder.row({**test, **more, **bits, **known})
            if earlier or trial.model.cell == "none":
                continue
            ends = step == 1000 or level_at(level, step, pace) > SOLVED
            slow = SLOW if ends and length <= longest else {}
            for address, wrong in {**others, **slow}.items():
                entropy = None if address == "cut off" else 0.7
                errors = {"errors": more["errors"] + wrong, "entropy": entropy}
                level_left = 0.5 + LEFT.get(address, 1) * (accuracy - 0.5)
                left = {"accuracy": level_left, "address": address}
                recorder.row({**test, **more, **bits, **errors, **left})
        if level_at(level, step, pace) > SOLVED:
            solved = place
            break
    facts = {**FACTS, "parameters": 12_345, "solved": solved, "updates": row["step"]}
    facts |= {"sequences": row["sequences"], "seconds": row["seconds"]}
    facts["sequences_per_second"] = 1000 / milliseconds
    facts |= {} if earlier else {"in_training": in_training, "at_test": at_test}
    store.finish(trial, facts, traces(trial, rng))


def level_at(level: float, step: int, pace: float) -> float:
    """The accuracy after so many updates, at trained lengths."""
    return float(0.5 + (level - 0.5) * (1 - np.exp(-step / pace)))


def write_gradients(folder: Path) -> ResultStore:
    """A finished study of gradients whose errors are known in closed form."""
    study = Study(
        name="quality",
        question="Which gradient?",
        tasks={"copy": TaskSpec("copy", {"max_length": 1})},
        models={f"{c}/{e} (a)": ModelSpec(c, e) for c in ("ntm", "dntm") for e in GRADIENTS},
        procedure=Gradients(updates=10),
        seeds=(0, 1, 2),
    )
    store = ResultStore(folder / "quality")
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
        recorder = FolderRecorder(store, trial)
        bias, single, milliseconds = GRADIENTS[trial.model.estimator]
        for step in (0, 10):
            for samples in (4, 64, 1024):
                deviation = single / samples**0.5
                noise = deviation / 20**0.5
                row = {"step": step, "sequences": step, "seconds": 1.0, "kind": "gradient"}
                row |= {"length": None, "samples": samples, "bias": bias, "bias_noise": noise}
                row |= {"squared_bias": bias**2, "deviation": deviation, "cosine": 0.9}
                row |= {"error": float(np.hypot(bias, deviation)), "expected_cost": 1.5}
                row |= {"exact_norm": 2.0, "seconds_per_gradient": milliseconds * samples / 4000}
                recorder.row(row)
        store.finish(trial, {"parameters": 9, "seconds": 2.0})
    return store


@pytest.fixture
def store_of(tmp_path: Path) -> Write:
    return lambda **options: write(tmp_path, **options)


@pytest.fixture(scope="session")
def write_store() -> Write:
    """The maker of stores itself, for those that all tests of a file share."""
    return write


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    return write(tmp_path_factory.mktemp("runs"), failing=("dntm/reinforce",))


@pytest.fixture
def measured(tmp_path: Path) -> ResultStore:
    return write_gradients(tmp_path)


@pytest.fixture
def both(store_of: Write, measured: ResultStore) -> ResultStore:
    """A store that holds trained models and measured gradients."""
    store = store_of(names=("ntm/soft", "ntm/reinforce"), seeds=(0, 1))
    trials = [*store.study["trials"], *measured.study["trials"]]
    for trial in measured.trials():
        measured.path(trial).rename(store.path(trial))
    counts = store.study["procedures"] | measured.study["procedures"]
    header = store.study | {"trials": trials, "procedures": counts}
    (store.folder / "study.json").write_text(json.dumps(header))
    return store
