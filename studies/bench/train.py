"""What a training step costs, and how far that is from the limit of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..design.data import BadData
from .machine import Load, describe, require_device, usable_cores
from .measurements import Measurements
from .turns import Turns

if TYPE_CHECKING:
    from .steps import Point, Stepper

Backend = Literal["reference", "fused", "compiled"]
Row = dict[str, Any]


@dataclass(frozen=True)
class BenchTrain:
    """Time one full training step of every cell × estimator × controller × backend × batch.

    The task is copy at exactly --length vectors of 8 bits, the memory 128 × 20 (the DNC with 4 read
    heads), the controller of 100 units: the NTM paper's. A step is drawing a batch, forward,
    backward, clipping, RMSprop and the marks of the training rows: what a trial does per update.

    The processor is measured first: FLOP of a step over its arithmetic peak is the limit, and every
    time is given as a multiple of it; on another --device there is no limit. The backends of one
    model take turns within every round, so that whatever else the machine does hits all of them;
    `ratio` is the reference's time over this one's, from the same rounds. A backend that does not
    cover a model is listed with the reason.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/train.
    Ctrl-C stops and keeps what was measured. `memnets bench train --cells ntm --batches 16` takes
    about a minute.
    """

    cells: tuple[str, ...] = ("ntm", "dnc", "dntm")
    estimators: tuple[str, ...] = ("soft", "reinforce")
    controllers: tuple[str, ...] = ("lstm",)
    backends: tuple[Backend, ...] = ("reference", "fused")
    """Where `reference` is not among them there are no ratios."""
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
        self._check()
        from . import flops, roofline

        machine = describe(self.device, max(self.threads))
        machine["protocol"] = self._protocol()
        on_cpu = self.device == "cpu"
        load, roofs, rows, interrupted = Load(), {}, [], False
        points = self._points()
        with Turns("bench train", len(points) * len(self.threads)) as turns:
            try:
                for threads in self.threads:
                    if on_cpu:
                        turns.say(f"measuring the machine at {threads} threads")
                        roofs[threads] = roofline.measure(threads)
                    for point in points:
                        rows += list(self._compare(point, threads, turns))
                        turns.advance()
                    if on_cpu:
                        # what else ran can only have lowered it the first time
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

    def _check(self) -> None:
        from memnets.registry import cells, controllers, estimators

        require_device(self.device)
        for registry, names in (
            (cells, self.cells),
            (estimators, self.estimators),
            (controllers, self.controllers),
        ):
            for name in names:
                registry.get(name)
        for name in ("cells", "estimators", "controllers", "backends", "batches", "threads"):
            if not getattr(self, name):
                raise BadData(f"{name} is empty; it must name at least one.")
        for name in ("batches", "threads"):
            if min(getattr(self, name)) < 1:
                raise BadData(f"{name} is {getattr(self, name)}; all must be at least 1.")
        for name in ("length", "slots", "width", "controller_size", "repeats"):
            if getattr(self, name) < 1:
                raise BadData(f"{name} is {getattr(self, name)}; it must be at least 1.")

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
        from .steps import Point

        models = product(self.cells, self.estimators, self.controllers, self.batches)
        sizes = (self.length, self.slots, self.width, self.controller_size)
        return [Point(*model, *sizes) for model in models]

    def _compare(self, point: Point, threads: int, turns: Turns) -> Iterator[Row]:
        """A row per backend."""
        from ..running.threads import torch_threads
        from .rounds import failure, interleave, summary, warm_up
        from .steps import NotCovered, flop_per_sequence, stepper

        label = f"{point.cell}/{point.estimator}/{point.controller} batch {point.batch}"
        base = {
            "cell": point.cell,
            "estimator": point.estimator,
            "controller": point.controller,
            "batch": point.batch,
            "threads": threads,
        }
        # hours of other points are not lost to one that fails
        try:
            flop = flop_per_sequence(point)
        except Exception as error:
            yield from ({**base, "backend": name, "note": failure(error)} for name in self.backends)
            return
        steppers: dict[str, Stepper] = {}
        last: dict[str, float] = {}
        data: dict[str, float] = {}
        missing: dict[str, str] = {}
        with torch_threads(threads):
            for backend in self.backends:
                turns.say(f"{label}: warming up {backend}")
                try:
                    ready = stepper(point, backend, self.device)
                    last[backend] = warm_up(ready.step)
                    data[backend] = 200 * ready.draw(5)
                except NotCovered as reason:
                    missing[backend] = f"not covered: {reason}"
                except Exception as error:
                    missing[backend] = failure(error)
                else:
                    steppers[backend] = ready
            turns.say(f"{label}: {self.repeats} rounds of {', '.join(steppers) or 'nothing'}")
            load = Load()
            runs = {backend: found.step for backend, found in steppers.items()}
            times, failed = interleave(runs, self.repeats, last)
            busy = load.foreign()
        missing |= {backend: failure(error) for backend, error in failed.items()}
        found = {backend: summary(values) for backend, values in times.items()}
        reference = found.get("reference", {}).get("ms")
        for backend in self.backends:
            if backend in missing:
                yield {**base, "backend": backend, "note": missing[backend]}
                continue
            ms = found[backend]["ms"]
            yield {
                **base,
                "backend": backend,
                **found[backend],
                "sequences_per_second": 1e3 * point.batch / ms,
                "ratio": reference / ms if reference else None,
                "mflop_per_sequence": flop / 1e6,
                "data_ms": data[backend],
                "first_step_s": steppers[backend].first_seconds,
                "foreign_cores": busy,
                "note": "",
            }


def _limit(row: Row, roof: Row) -> None:
    """Adds the machine's limit and the multiple of it, where there is a time."""
    from .roofline import limit_ms

    if "ms" in row:
        row["limit_ms"] = limit_ms(1e6 * row["mflop_per_sequence"] * row["batch"], roof)
        row["multiple"] = row["ms"] / row["limit_ms"]
