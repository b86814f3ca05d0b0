"""`memnets bench train`: the time of a training step, and the limit of the machine for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ..running.progress_bar import ProgressBar
from .load import Load
from .machine import describe, require_device, usable_cores
from .measurements import Measurements
from .options import require_positive, require_some

if TYPE_CHECKING:
    from .timing import Timer
    from .training_step import Point

Row = dict[str, Any]

_PASSES = "forward and backward, "


@dataclass(frozen=True)
class BenchTrain:
    """Time one full training step of every cell × estimator × controller × backend × batch.

    The task is copy at exactly --length vectors of 8 bits, the memory 128 × 20 (the DNC with 4 read
    heads), the controller of 100 units: the NTM paper's. A step is drawing a batch, forward,
    backward, clipping, RMSprop and the marks of the training rows: what a trial does per update.

    The processor is measured first. The limit is the FLOP of a step over the processor's arithmetic
    peak, and every time is also given as a multiple of it; on another --device there is no limit.
    Every round times all backends of a model once, so that whatever else the machine does slows all
    of them; `ratio` is the reference's time over this backend's, from the same rounds, and
    `step_ratio` the time of the step over that of its forward and backward. A backend that does not
    cover a model is listed with the reason.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/train.
    Ctrl-C stops and keeps what was measured. `memnets bench train --cells ntm --batches 16` takes
    about a minute.
    """

    cells: tuple[str, ...] = ("ntm", "dnc", "dntm")
    estimators: tuple[str, ...] = ("soft", "reinforce")
    controllers: tuple[str, ...] = ("lstm",)
    backends: tuple[str, ...] = ("reference", "fused")
    """Names as `network.backend` takes them; without `reference` among them there are no ratios."""
    batches: tuple[int, ...] = (1, 16, 64)
    threads: tuple[int, ...] = field(default_factory=lambda: (min(2, usable_cores()),))
    """Threads of torch and of the kernels; several are measured one after the other."""
    length: int = 20
    """Vectors to copy; a sequence then has 2 × length + 2 steps."""
    slots: int = 128
    width: int = 20
    controller_size: int = 100
    repeats: int = 15
    """Rounds per point; times are medians over them."""
    folder: Path = Path("runs")
    device: str = "cpu"

    def __call__(self) -> Measurements:
        self.check()
        from memnets import flops

        from . import roofline

        machine = describe(self.device, max(self.threads))
        machine["protocol"] = self._protocol()
        on_cpu = self.device == "cpu"
        load, roofs, rows, interrupted = Load(), {}, [], False
        points = self._points()
        with ProgressBar("bench train", len(points) * len(self.threads)) as bar:
            try:
                for threads in self.threads:
                    if on_cpu:
                        bar.say(f"measuring the machine at {threads} threads")
                        roofs[threads] = roofline.measure(threads)
                    for point in points:
                        rows += self._compare(point, threads, bar)
                        bar.advance()
                    if on_cpu:
                        # other programs can only lower the figures, so the larger ones count
                        again = roofline.measure(threads)
                        roofs[threads] = roofline.larger(roofs[threads], again)
            except KeyboardInterrupt:
                interrupted = True
        for row in rows:
            if on_cpu:
                _limit(row, roofs[row["threads"]])
        machine["roofline"] = [roofs[threads] for threads in roofs]
        machine["foreign_cores"] = load.foreign()
        notes = [line for roof in roofs.values() for line in roofline.sentences(roof)]
        notes.append(flops.COUNTED)
        return Measurements("train", self.folder, machine, rows, tuple(notes), interrupted)

    def check(self) -> None:
        """Raises BadData, or a registry's error, for an option that means nothing."""
        from memnets.backends import require_backend
        from memnets.registry import cells, controllers, estimators

        require_device(self.device)
        for name in self.backends:
            require_backend(name)
        for registry, names in (
            (cells, self.cells),
            (estimators, self.estimators),
            (controllers, self.controllers),
        ):
            for name in names:
                registry.get(name)
        require_some(self, "cells", "estimators", "controllers", "backends")
        require_positive(self, "batches", "threads", "length", "slots", "width")
        require_positive(self, "controller_size", "repeats")

    def _protocol(self) -> Row:
        return {
            "task": f"copy, 8 bits, exactly {self.length} vectors",
            "optimiser": "rmsprop, gradients clipped at norm 10",
            "slots": self.slots,
            "width": self.width,
            "controller_size": self.controller_size,
            "rounds": self.repeats,
        }

    def _points(self) -> list[Point]:
        from .training_step import Point

        models = product(self.cells, self.estimators, self.controllers, self.batches)
        sizes = (self.length, self.slots, self.width, self.controller_size)
        return [Point(*model, *sizes) for model in models]

    def _compare(self, point: Point, threads: int, bar: ProgressBar) -> list[Row]:
        """A row per backend."""
        from ..running.threads import torch_threads
        from . import timing, training_step

        label = f"{point.cell}/{point.estimator}/{point.controller} batch {point.batch}"
        base = {
            "cell": point.cell,
            "estimator": point.estimator,
            "controller": point.controller,
            "batch": point.batch,
            "threads": threads,
        }
        # one point that fails must not end a bench of hours
        try:
            flop = training_step.flop_per_sequence(point)
        except Exception as error:
            note = timing.failure(error)
            return [{**base, "backend": name, "note": note} for name in self.backends]
        extra: dict[str, Row] = {}
        passes: dict[str, Timer] = {}

        def first_step(backend: str) -> Timer:
            ready = training_step.first_step(point, backend, self.device)
            extra[backend] = {
                "mflop_per_sequence": flop / 1e6,
                "data_ms": 200 * ready.draw(5),
                "first_step_s": ready.first_seconds,
            }
            passes[backend] = ready.passes
            return ready.step

        makers: dict[str, Callable[[], Timer]] = {
            backend: partial(first_step, backend) for backend in self.backends
        }
        with torch_threads(threads):
            candidates, notes = timing.prepare(makers, lambda text: bar.say(f"{label}: {text}"))
            ready = ", ".join(candidates) or "nothing"
            beside = {_PASSES + name: partial(passes.__getitem__, name) for name in candidates}
            candidates |= timing.prepare(beside, lambda text: bar.say(f"{label}: {text}"))[0]
            bar.say(f"{label}: {self.repeats} rounds of {ready}")
            load = Load()
            times, failed = timing.interleave(candidates, self.repeats)
            busy = load.foreign()
        notes |= {backend: timing.failure(error) for backend, error in failed.items()}
        for backend, columns in extra.items():
            columns["foreign_cores"] = busy
            columns |= _beside(times.get(backend, []), times.get(_PASSES + backend, []))
        rows = timing.backend_rows(self.backends, times, notes, point.batch, extra)
        return [base | row for row in rows]


def _beside(steps: list[float], passes: list[float]) -> Row:
    """The time of forward and backward, and the median over rounds of what a step is of it."""
    if not steps or not passes:
        return {}
    ratios = [step / both for step, both in zip(steps, passes, strict=True)]
    return {"passes_ms": median(passes), "step_ratio": median(ratios)}


def _limit(row: Row, roof: Row) -> None:
    """Add the machine's limit and the multiple of it to a row that has a time."""
    from .roofline import limit_ms

    if "ms" in row:
        row["limit_ms"] = limit_ms(1e6 * row["mflop_per_sequence"] * row["batch"], roof)
        row["multiple"] = row["ms"] / row["limit_ms"]
