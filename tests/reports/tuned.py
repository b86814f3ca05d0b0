"""The store of a study with a search, whose rows are made up, so that its best are known."""

from memnets.spec import ModelSpec
from studies import ResultStore, Search, Study, Supervised, TaskSpec
from studies.running.choices import with_choices
from studies.running.recorder import FolderRecorder

# errors by model, rate and clip
ERRORS = {
    "lstm": {(0.001, 1): 8, (0.001, 9): 7, (0.01, 1): 6, (0.01, 9): 5},
    "ntm": {(0.001, 1): 1, (0.001, 9): 2, (0.01, 1): 9, (0.01, 9): 9},
}


SETTLED = Supervised(updates=10, test_lengths=(2, 4), learning_rate=0.01, clip_norm=9.0)


def declared(**search):
    space = {"learning_rate": (0.001, 0.01), "clip_norm": (1.0, 9.0)}
    return Study(
        name="tuned",
        question="Which memory copies?",
        tasks={"copy": TaskSpec("copy", {"max_length": 4})},
        models={"lstm": ModelSpec("none"), "ntm": ModelSpec("ntm")},
        procedure=Supervised(updates=10, test_lengths=(2, 4)),
        seeds=(0, 1),
        tuning=Search(space=space, seeds=(7, 8), **search),
    )


def make(store, trials, broken=()):
    for trial in trials:
        if store.path(trial).is_dir():
            continue
        store.begin(trial)
        settings = getattr(trial.procedure, "of", trial.procedure)
        key = settings.learning_rate, int(settings.clip_norm)
        if (trial.model_label, key, trial.seed) in broken:
            times = {
                "started": "2026-11-20T10:00:00+00:00",
                "finished": "2026-11-20T10:00:30+00:00",
            }
            store.fail(trial, {"error": "no", "traceback": "no", **times})
            continue
        errors = ERRORS[trial.model_label][key] + (trial.seed - 7.5) * (trial.seed > 6)
        row = {"step": 10, "sequences": 160, "seconds": 2.0, "accuracy": 1 - errors / 32}
        recorder = FolderRecorder(store, trial)
        recorder.row({**row, "kind": "train", "length": None, "bits": errors, "errors": errors})
        for length in (2, 4):
            test = {**row, "kind": "test", "length": length, "bits": errors, "errors": errors}
            recorder.row({**test, "sequence_accuracy": 0.5, "entropy": 0.1, "excess_bits": None})
        facts = {"parameters": 9, "state_size": 4, "seconds": 2.0, "solved": None, "updates": 10}
        facts |= {"in_training": "soft", "at_test": "soft", "discrete": False, "sequences": 160}
        store.finish(trial, facts)


def stored(folder, study, broken=()):
    store = ResultStore(folder / "tuned")
    store.declare(study)
    make(store, study.trials(), broken)
    decided = with_choices(study, store)
    store.declare(decided)
    make(store, decided.trials())
    return store
