"""bAbI kind by kind: soft and discrete memories and none, on stories in words."""

from __future__ import annotations

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised
from .recipe import FRESH

MEMORY = {"slots": 64, "width": 32}
MODELS = {
    "lstm": ModelSpec("none", controller_size=128),
    "ntm": ModelSpec("ntm", controller_size=128, cell_options=MEMORY),
    "dnc": ModelSpec("dnc", controller_size=128, cell_options={**MEMORY, "read_heads": 4}),
    "dntm, soft": ModelSpec("dntm", controller="gru", controller_size=128, cell_options=MEMORY),
    "dntm, discrete": ModelSpec(
        "dntm", "reinforce", controller="gru", controller_size=128, cell_options=MEMORY
    ),
}


@studies.register("babi")
def babi() -> Study:
    """Location (1), counting (7), deduction (15) and path-finding (19), each alone: five models.

    The stories are our own; `of_files` is the same on the published ones. The D-NTM has the other
    models' sizes and reads once a word; its authors' (`presets.dntm2018`) reads three times, for
    which there are no kernels, and takes 25 times as long.
    """
    return _alone({f"kind {kind}": TaskSpec("babi", {"kinds": [kind]}) for kind in (1, 7, 15, 19)})


def of_files(folder: str, kinds: tuple[int, ...] = (1, 2, 20)) -> Study:
    """The same models on kinds of the published files in a folder, each kind alone.

    Every test is of all questions of the kind. A trial is of what the files hold, not of where they
    lie. Raises BadData where a file is missing or malformed.
    """
    tasks = {f"kind {kind}": _of_content(folder, kind) for kind in kinds}
    return _alone(tasks, test_sequences=1_000)


def _of_content(folder: str, kind: int) -> TaskSpec:
    task = TaskSpec("babi", {"folder": folder, "kinds": [kind]})
    digest = task.build().folder_sha256  # type: ignore[attr-defined]
    return TaskSpec("babi", {**task.options, "folder_sha256": digest})


def _alone(tasks: dict[str, TaskSpec], **settings: int) -> Study:
    procedure = Supervised(
        updates=10_000,
        batch_size=16,
        learning_rate=1e-3,
        evaluate_every=1_000,
        test_sequences=settings.get("test_sequences", 200),
    )
    return Study(
        name="babi",
        question="Which memories answer questions about stories, and what does a choice cost them?",
        tasks=tasks,
        models=MODELS,
        procedure=procedure,
        seeds=FRESH[:5],
    )
