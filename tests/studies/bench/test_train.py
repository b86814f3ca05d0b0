"""`bench train`: its rows and files, and the points that have no time."""

import json
import math

import pandas as pd
import pytest

from memnets.backends import Choice
from memnets.cli.main import main
from studies.bench import training_step
from studies.bench.train import BenchTrain
from studies.design.data import BadData

TINY = ["--length", "2", "--slots", "5", "--width", "3", "--controller-size", "8"]


def test_bench_train_publishes_a_row_per_model_and_backend(tmp_path, quick, capsys):
    more = ["--cells", "ntm", "none", "--estimators", "soft", "--batches", "1", "3"]
    arguments = ["--backends", "reference", "--threads", "1", "--repeats", "2", *TINY]
    assert main(["bench", "train", *more, *arguments, "--folder", str(tmp_path)]) == 0
    home = tmp_path / "bench" / "train"
    assert {path.name for path in home.iterdir()} == {
        "table.md",
        "results.csv",
        "machine.json",
        "train.svg",
        "train.png",
    }
    rows = pd.read_csv(home / "results.csv")
    assert len(rows) == 4 and (rows["ratio"] == 1).all()
    assert (rows["ms"] > 0).all() and (rows["ms_p10"] <= rows["ms_p90"]).all()
    seconds = rows["batch"] / rows["sequences_per_second"]
    assert seconds.to_numpy() == pytest.approx(rows["ms"].to_numpy() / 1e3)
    assert (rows["passes_ms"] > 0).all() and (rows["step_ratio"] > 0).all()
    limit = rows["mflop_per_sequence"] * rows["batch"] / 100.0
    assert rows["limit_ms"].to_numpy() == pytest.approx(limit.to_numpy())
    assert rows["multiple"].to_numpy() == pytest.approx((rows["ms"] / limit).to_numpy())
    machine = json.loads((home / "machine.json").read_text())
    assert machine["roofline"][0]["peak_gflops"] == 100.0
    out = capsys.readouterr().out
    assert machine["cpu"] in out and "GFLOP/s" in out


def test_what_a_backend_does_not_cover_is_listed_and_not_timed(monkeypatch, tmp_path, quick):
    def choose(network, requested, inputs_TBX=None):
        return Choice("reference", "no kernel for it" if requested == "fused" else "asked for")

    monkeypatch.setattr(training_step, "choose", choose)
    bench = BenchTrain(
        cells=("none",),
        estimators=("soft",),
        batches=(1,),
        threads=(1,),
        length=1,
        controller_size=4,
        repeats=1,
        folder=tmp_path,
    )
    reference, fused = bench().rows
    assert reference["backend"] == "reference" and reference["ms"] > 0
    assert fused["note"] == "not covered: no kernel for it" and "ms" not in fused


def test_a_model_that_fails_is_listed_and_the_others_go_on(monkeypatch, tmp_path, quick):
    first_step = training_step.first_step

    def breaking(point, backend, device):
        if point.batch == 1:
            raise ArithmeticError("no luck\nat all")
        return first_step(point, backend, device)

    monkeypatch.setattr(training_step, "first_step", breaking)
    bench = BenchTrain(
        cells=("none",),
        estimators=("soft",),
        backends=("reference",),
        batches=(1, 2),
        threads=(1,),
        length=1,
        controller_size=4,
        repeats=1,
        folder=tmp_path,
    )
    failed, whole = bench().rows
    assert failed["note"] == "failed: ArithmeticError: no luck" and "ms" not in failed
    assert whole["ms"] > 0 and whole["note"] == ""


def test_a_backend_that_fails_after_its_warm_up_is_listed(monkeypatch, tmp_path, quick):
    from studies.bench.train import BenchTrain

    def diverging(count):
        if clock.append(count) or len(clock) > 4:
            raise BadData("no number any more")
        return 0.1

    def first_step(point, backend, device):
        step = diverging if backend == "fused" else lambda count: 0.2
        return training_step.TrainingStep(step, lambda count: 0.1, lambda count: 0.0, 0.1)

    clock = []
    monkeypatch.setattr(training_step, "first_step", first_step)
    bench = BenchTrain(
        cells=("none",), estimators=("soft",), batches=(1,), threads=(1,), folder=tmp_path
    )
    reference, fused = bench().rows
    assert reference["ms"] == pytest.approx(200) and reference["rounds"] == 15
    assert reference["passes_ms"] == pytest.approx(100)
    assert reference["step_ratio"] == pytest.approx(2)
    assert fused["note"] == "failed: BadData: no number any more" and "ms" not in fused


def test_where_flop_cannot_be_counted_the_other_points_go_on(monkeypatch, tmp_path, quick):
    def count(point):
        if point.batch == 1:
            raise ArithmeticError("no luck")
        return 1_000_000

    def first_step(point, backend, device):
        return training_step.TrainingStep(*[lambda count: 0.2] * 2, lambda count: 0.0, 0.1)

    monkeypatch.setattr(training_step, "flop_per_sequence", count)
    monkeypatch.setattr(training_step, "first_step", first_step)
    bench = BenchTrain(
        cells=("none",), estimators=("soft",), batches=(1, 2), threads=(1,), folder=tmp_path
    )
    rows = bench().rows
    assert [row["note"] for row in rows] == ["failed: ArithmeticError: no luck"] * 2 + [""] * 2
    assert [row["backend"] for row in rows] == ["reference", "fused"] * 2


def test_a_stop_keeps_the_points_that_are_whole(monkeypatch, tmp_path, quick):
    bench = BenchTrain(cells=("ntm",), estimators=("soft",), threads=(1,), folder=tmp_path)
    seen = []

    def compare(self, point, threads, bar):
        seen.append(point.batch)
        if len(seen) == 2:
            raise KeyboardInterrupt
        yield {"batch": point.batch, "threads": threads, "ms": 1.0, "mflop_per_sequence": 20.0}

    monkeypatch.setattr(BenchTrain, "_compare", compare)
    measurements = bench()
    assert measurements.interrupted and [row["batch"] for row in measurements.rows] == [1]
    assert math.isclose(measurements.rows[0]["limit_ms"], 0.2)
