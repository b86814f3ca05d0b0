"""A procedure that trains nothing: it counts how often a task's inputs and targets are one."""

import json
import time
from dataclasses import dataclass

import numpy as np

from studies import Outcome, Procedure


@dataclass(frozen=True, kw_only=True)
class Tally(Procedure):
    """Draws `steps` batches; two rows each, for the inputs and the targets seen so far."""

    row_key = ("step", "part")

    steps: int = 5
    batch_size: int = 4
    pause: float = 0.0
    """Seconds to wait before each row."""

    def __post_init__(self) -> None:
        if not (self.steps >= 1 and self.batch_size >= 1 and self.pause >= 0):
            raise ValueError("steps and batch_size are at least 1, pause is zero or more")

    def takes(self, task):
        return {"channels": task.input_size}

    def run(self, trial, recorder):
        task, rng = trial.task.build(), np.random.default_rng(trial.seed)
        done, ones = 0, {"inputs": 0.0, "targets": 0.0}
        if checkpoint := recorder.resume():
            done, ones, rng.bit_generator.state = json.loads(checkpoint)
        for step in range(done + 1, self.steps + 1):
            batch = task.sample(rng, self.batch_size)
            for part, array in (("inputs", batch.inputs_TBX), ("targets", batch.targets_TBY)):
                time.sleep(self.pause)
                ones[part] += float((array == 1).sum())
                recorder.row({"step": step, "part": part, "ones": ones[part] / step})
            recorder.save(json.dumps([step, ones, rng.bit_generator.state]).encode())
        return Outcome({"steps": self.steps}, {})

    def progress(self, row):
        return f"{row['step']}/{self.steps}  {row['ones']:.1f} ones in {row['part']}"
