"""`bench gpu` and the other benches with a device, on machines with a GPU and without."""

import json

import pandas as pd
import pytest
import torch

from memnets.cli.main import main
from memnets.spec import ModelSpec
from studies.bench import gpu_ways

TINY = ["--length", "2", "--slots", "5", "--width", "3", "--controller-size", "8"]
no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")


@no_gpu
@pytest.mark.parametrize("bench", ["gpu", "device", "train"])
def test_without_a_gpu_every_bench_says_so_in_a_line_and_writes_nothing(bench, tmp_path, capsys):
    assert main(["bench", bench, "--device", "cuda", "--folder", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("memnets: there is no GPU here to measure (") and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@no_gpu
def test_the_same_program_runs_on_the_processor(tmp_path, capsys):
    arguments = ["--device", "cpu", "--batches", "1", "2", "--repeats", "2", *TINY]
    assert main(["bench", "gpu", *arguments, "--folder", str(tmp_path)]) == 0
    home = tmp_path / "bench" / "gpu"
    files = {"table.md", "results.csv", "machine.json", "gpu.svg", "gpu.png"}
    assert {path.name for path in home.iterdir()} == files
    rows = pd.read_csv(home / "results.csv")
    assert list(rows["backend"].unique()) == [
        "reference",
        "CUDA graph",
        "triton",
        "triton in a CUDA graph",
    ]
    timed = rows[rows["backend"] == "reference"]
    assert len(timed) == 4 and timed["ms"].gt(0).all() and timed["ratio"].eq(1).all()
    graph = rows[rows["backend"] == "CUDA graph"]
    assert graph["note"].eq("not covered: CUDA graphs need a GPU; this is cpu").all()
    assert "Forward and backward on a GPU" in (home / "table.md").read_text()


def test_a_device_is_described_in_a_file(tmp_path, capsys):
    assert main(["bench", "device", "--device", "cpu", "--folder", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "device.json").read_text())
    assert found["device"] == "cpu" and found["cpu"] in capsys.readouterr().out
    assert {"gpu", "triton", "cuda", "torch", "date"} <= set(found)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--batches", "0"], "all must be at least 1"),
        (["--repeats", "0"], "repeats is 0; it must be at least 1"),
        (["--cells", "ntn"], "no 'ntn'. Did you mean 'ntm'"),
    ],
)
def test_bad_options_get_one_line(arguments, why, capsys):
    assert main(["bench", "gpu", "--device", "cpu", *arguments]) == 2
    assert why in capsys.readouterr().err


def test_the_example_is_scored_in_its_second_half():
    network = ModelSpec("none", controller_size=4).build(10, 8)
    inputs_TBX, targets_TBY, mask_TB = gpu_ways.example(42, 2, torch.device("cpu"))
    rollout = network(inputs_TBX)
    whole = gpu_ways.loss(rollout, inputs_TBX, targets_TBY, mask_TB)
    targets_TBY[:20] = 1 - targets_TBY[:20]
    assert torch.equal(whole, gpu_ways.loss(rollout, inputs_TBX, targets_TBY, mask_TB))
    targets_TBY[-1] = 1 - targets_TBY[-1]
    assert not torch.equal(whole, gpu_ways.loss(rollout, inputs_TBX, targets_TBY, mask_TB))


@gpu
def test_a_gpu_is_measured_in_all_four_ways(tmp_path):
    arguments = ["--batches", "2", "--repeats", "1", *TINY]
    assert main(["bench", "gpu", *arguments, "--folder", str(tmp_path)]) == 0
    rows = pd.read_csv(tmp_path / "bench" / "gpu" / "results.csv")
    assert rows["ms"].gt(0).all() and len(rows) == 8


@gpu
def test_bench_train_runs_on_a_gpu_without_the_limit_of_a_processor(tmp_path):
    arguments = ["--cells", "ntm", "--estimators", "soft", "--batches", "2", *TINY]
    arguments += ["--repeats", "1"]
    command = ["bench", "train", "--device", "cuda", *arguments, "--folder", str(tmp_path)]
    assert main(command) == 0
    rows = pd.read_csv(tmp_path / "bench" / "train" / "results.csv")
    assert list(rows["backend"]) == ["reference", "fused"] and rows["ms"].gt(0).all()
    assert "limit_ms" not in rows
