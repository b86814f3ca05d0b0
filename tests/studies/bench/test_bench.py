import json
import math

import pytest
import torch

from memnets.cli.main import main
from studies.bench import roofline, steps
from studies.bench.machine import Load, describe

TINY = ["--length", "2", "--slots", "5", "--width", "3", "--controller-size", "8"]


def test_the_machine_is_described_in_json():
    found = json.loads(json.dumps(describe("cpu", 2)))
    assert found["cpu"] and found["cores"] >= found["cores_usable"] >= 1
    assert found["torch"] == torch.__version__
    assert {"numpy", "python", "numba", "ram_gib", "system", "cpu_capability", "gpu"} <= set(found)
    assert {"date", "commit", "threads", "device", "caches"} <= set(found)
    assert found["threads"] == 2


def test_the_load_of_others_leaves_out_our_own(monkeypatch):
    # wall, busy cores of the machine, our own processor time, in seconds
    clock = iter([(0.0, 100.0, 10.0), (10.0, 118.0, 19.0), (20.0, 120.0, 29.0)])
    monkeypatch.setattr(Load, "_now", staticmethod(lambda: next(clock)))
    load = Load()
    assert load.foreign(children=2.0) == pytest.approx(0.7)
    assert load.foreign() == pytest.approx(0.05)


def roof(**measured):
    zero = dict.fromkeys(("core_fma", "core_sgemm", "fma", "sgemm", "dram_gb_s", "cache_gb_s"), 1.0)
    return roofline._judged(2, zero | measured)


def test_the_stricter_method_is_the_limit_and_the_weaker_is_named():
    strict = roof(fma=200.0, core_fma=100.0, sgemm=150.0)
    assert strict["peak_gflops"] == 200.0 and strict["strict"]
    assert not any("too small" in line for line in roofline.sentences(strict))
    weak = roof(sgemm=150.0, fma=0.0)
    assert weak["peak_gflops"] == 150.0
    assert any("weaker limit" in line for line in roofline.sentences(weak))
    assert roofline.limit_ms(2e9, strict) == pytest.approx(10.0)


def test_of_two_measurements_the_larger_figures_count():
    both = roofline.larger(roof(fma=200.0, sgemm=10.0), roof(fma=150.0, sgemm=180.0))
    assert both["measured"]["fma"] == 200.0 and both["measured"]["sgemm"] == 180.0


def test_register_arithmetic_is_measured_and_right():
    registers = pytest.importorskip("studies.bench.registers")
    run = registers.kernel(4, 2)
    # x <- x * 0.5 + 0.5 goes to one in each of four lanes of two vectors
    assert run(0.5, 60) == pytest.approx(8.0)
    assert run(0.5, 0) == pytest.approx(4 * (0.5 + 1.5))


@pytest.fixture
def quick(monkeypatch):
    """The machine measured in no time."""
    monkeypatch.setattr(roofline, "measure", lambda threads: roof(fma=100.0, core_fma=50.0))


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
    import pandas as pd

    rows = pd.read_csv(home / "results.csv")
    assert len(rows) == 4 and (rows["ratio"] == 1).all()
    assert (rows["ms"] > 0).all() and (rows["ms_p10"] <= rows["ms_p90"]).all()
    seconds = rows["batch"] / rows["sequences_per_second"]
    assert seconds.to_numpy() == pytest.approx(rows["ms"].to_numpy() / 1e3)
    limit = rows["mflop_per_sequence"] * rows["batch"] / 100.0
    assert rows["limit_ms"].to_numpy() == pytest.approx(limit.to_numpy())
    assert rows["multiple"].to_numpy() == pytest.approx((rows["ms"] / limit).to_numpy())
    machine = json.loads((home / "machine.json").read_text())
    assert machine["roofline"][0]["peak_gflops"] == 100.0
    out = capsys.readouterr().out
    assert machine["cpu"] in out and "GFLOP/s" in out


def test_what_a_backend_does_not_cover_is_listed_and_not_timed(monkeypatch, tmp_path, quick):
    from memnets.backends import Choice
    from studies.bench.train import BenchTrain

    def choose(network, requested, inputs_TBX=None):
        return Choice("reference", "no kernel for it" if requested == "fused" else "asked for")

    monkeypatch.setattr(steps, "choose", choose)
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
    from studies.bench.train import BenchTrain

    stepper = steps.stepper

    def breaking(point, backend, device):
        if point.batch == 1:
            raise ArithmeticError("no luck\nat all")
        return stepper(point, backend, device)

    monkeypatch.setattr(steps, "stepper", breaking)
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
    from studies.design.data import BadData

    def diverging(count):
        if clock.append(count) or len(clock) > 4:
            raise BadData("no number any more")
        return 0.1

    def stepper(point, backend, device):
        step = diverging if backend == "fused" else lambda count: 0.2
        return steps.Stepper(step, lambda count: 0.0, 0.1)

    clock = []
    monkeypatch.setattr(steps, "stepper", stepper)
    bench = BenchTrain(
        cells=("none",), estimators=("soft",), batches=(1,), threads=(1,), folder=tmp_path
    )
    reference, fused = bench().rows
    assert reference["ms"] == pytest.approx(200) and reference["rounds"] == 15
    assert fused["note"] == "failed: BadData: no number any more" and "ms" not in fused


def test_where_flop_cannot_be_counted_the_other_points_go_on(monkeypatch, tmp_path, quick):
    from studies.bench.train import BenchTrain

    def count(point):
        if point.batch == 1:
            raise ArithmeticError("no luck")
        return 1_000_000

    def stepper(point, backend, device):
        return steps.Stepper(lambda count: 0.2, lambda count: 0.0, 0.1)

    monkeypatch.setattr(steps, "flop_per_sequence", count)
    monkeypatch.setattr(steps, "stepper", stepper)
    bench = BenchTrain(
        cells=("none",), estimators=("soft",), batches=(1, 2), threads=(1,), folder=tmp_path
    )
    rows = bench().rows
    assert [row["note"] for row in rows] == ["failed: ArithmeticError: no luck"] * 2 + [""] * 2
    assert [row["backend"] for row in rows] == ["reference", "fused"] * 2


def test_a_stop_keeps_the_points_that_are_whole(monkeypatch, tmp_path, quick):
    from studies.bench.train import BenchTrain

    bench = BenchTrain(cells=("ntm",), estimators=("soft",), threads=(1,), folder=tmp_path)
    seen = []

    def compare(self, point, threads, turns):
        seen.append(point.batch)
        if len(seen) == 2:
            raise KeyboardInterrupt
        yield {"batch": point.batch, "threads": threads, "ms": 1.0, "mflop_per_sequence": 20.0}

    monkeypatch.setattr(BenchTrain, "_compare", compare)
    measurements = bench()
    assert measurements.interrupted and [row["batch"] for row in measurements.rows] == [1]
    assert math.isclose(measurements.rows[0]["limit_ms"], 0.2)


@pytest.mark.parametrize("name", ["train", "memory", "envs", "peers"])
def test_every_bench_explains_itself_without_torch(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["bench", name, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--cells", "ntn"], "'ntm'"),
        (["train", "--batches", "0"], "at least 1"),
        (["train", "--repeats", "0"], "repeats is 0"),
        (["train", "--threads"], "threads is empty"),
        (["memory", "--slots", "0"], "at least 1"),
        (["memory", "--models", "nothing"], "no memory 'nothing'"),
        (["peers", "--checkout", "/nowhere"], "no checkout of a known peer"),
        (["peers", "--no-install"], "no peer to time"),
        (["trane"], "it has train"),
    ],
)
def test_bad_input_gets_one_line(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("memnets: ") and err.count("\n") == 1
    assert said in err
