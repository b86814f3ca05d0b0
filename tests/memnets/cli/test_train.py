"""`memnets train`: a model is trained, saved and gone on with; what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest

from memnets.cli.main import main

from .shell import QUICK, SMALL, TASK, refusal, train


def test_training_saves_a_model_and_goes_on_where_it_stopped(tmp_path, capsys):
    from memnets import load

    assert train(tmp_path) == 0
    (saved,) = tmp_path.glob("*/model.pt")
    network, spec = load(saved)
    assert spec.cell == "ntm" and network.cell.slots == 5
    rows = saved.with_name("metrics.jsonl").read_text()
    assert train(tmp_path) == 0
    assert saved.with_name("metrics.jsonl").read_text() == rows


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--device", "toaster"], "'toaster'"),
        (["train", "--estimator", "gumbel", "--estimator-options", "temperature", "x"], "float"),
        (["train", "--controller-options", "layers", "2.5"], "layers"),
        (["train", "--checkpoint", "nowhere.pt"], "no checkpoint"),
        (["train", "--cell", "ntn"], "'ntm'"),
        (["train", "--controller-size", "9" * 21], "controller_size must be a whole number"),
        (["train", "--controller-size", "900000000"], "cannot be built here"),
        (["train", "--cell-options", "slots", "-3"], "slots must be a whole number, at least 1"),
        (["train", "--cell-options", "slotz", "3"], "slots"),
        (["train", "--task-options", "max_lenght", "3"], "max_length"),
        (["train", "--task", "cpoy"], "'copy'"),
        (["train", "--estimator-options", "temperature", "1"], "no option 'temperature'"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_would_do(
    arguments, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(capsys, arguments)
    assert not list(tmp_path.rglob("done.json"))


def test_a_checkpoint_of_another_model_is_refused(tmp_path, capsys):
    assert train(tmp_path / "one") == 0
    (checkpoint,) = (tmp_path / "one").glob("*/checkpoint.pt")
    same = ["--checkpoint", str(checkpoint), "--folder", str(tmp_path / "one")]
    assert "is finished" in refusal(capsys, ["train", *SMALL, *TASK, *QUICK, *same])
    more = ["--checkpoint", str(checkpoint), "--seed", "7", "--folder", str(tmp_path / "two")]
    said = refusal(capsys, ["train", *SMALL, *TASK, *QUICK, *more])
    assert "another trial" in said
    broken = tmp_path / "broken.pt"
    broken.write_bytes(checkpoint.read_bytes()[:100])
    more[1] = str(broken)
    assert "not a checkpoint" in refusal(capsys, ["train", *SMALL, *TASK, *QUICK, *more])


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_same_command_goes_on(tmp_path):
    # a limit on file sizes stands in for the disk: rows fit, the checkpoint does not
    code = (
        "import resource, sys\nfrom memnets.cli.main import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))\nsys.exit(main(sys.argv[1:]))"
    )
    # and the kernels' code on disk would not fit either, and be compiled anew each time
    arguments = ["train", "--folder", str(tmp_path), *SMALL, *TASK, *QUICK]
    arguments += ["--procedure.backend", "reference"]
    full = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert full.returncode == 2
    assert "checkpoint.pt cannot be written" in full.stderr.splitlines()[-1]
    assert "Traceback" not in full.stderr
    (rows,) = tmp_path.glob("*/metrics.jsonl")
    written = rows.read_text()
    assert written
    assert main(arguments) == 0
    finished = rows.read_text()
    assert finished.startswith(written)
    columns = ("kind", "step", "length", "address")
    keys = [tuple(map(row.get, columns)) for row in map(json.loads, finished.splitlines())]
    assert len(keys) == len(set(keys))


def test_regularisers_and_bypass_dropout_are_reached_from_the_shell(tmp_path):
    more = ["--regularisers", "address_entropy", "0.01", "--bypass-dropout", "0.1"]
    assert train(tmp_path, *more) == 0
    (stored,) = tmp_path.glob("*/trial.json")
    data = json.loads(stored.read_text())
    assert data["procedure"]["regularisers"] == {"address_entropy": {"weight": 0.01}}
    assert data["model"]["bypass_dropout"] == 0.1


def test_a_place_that_cannot_be_written_is_one_line(capsys):
    arguments = ["train", "--folder", "/proc/nowhere", *SMALL, *TASK, *QUICK]
    assert "/proc/nowhere" in refusal(capsys, arguments)


def test_ones_own_sequences_are_trained_on_and_gone_on_with(tmp_path, capsys):
    symbols = np.random.default_rng(0).integers(3, size=(4, 12))
    mask = np.arange(4)[:, None] * np.ones((1, 12)) == 3
    np.savez(tmp_path / "mine.npz", inputs=np.eye(3)[symbols], targets=symbols, mask=mask)
    asked = ["train", "--task", str(tmp_path / "mine.npz"), *SMALL, *QUICK]
    assert main([*asked, "--folder", str(tmp_path / "runs")]) == 0
    (saved,) = (tmp_path / "runs").glob("*/model.pt")
    told = json.loads(saved.with_name("trial.json").read_text())
    assert told["task_label"] == "mine" and len(told["task"]["options"]["path_sha256"]) == 64
    (tmp_path / "copy.npz").write_bytes((tmp_path / "mine.npz").read_bytes())
    copied = ["train", "--task", str(tmp_path / "copy.npz"), *SMALL, *QUICK]
    assert main([*copied, "--folder", str(tmp_path / "runs")]) == 0
    assert len(list((tmp_path / "runs").glob("*/model.pt"))) == 1
    gone = ["train", "--task", str(tmp_path / "gone.npz")]
    assert "gone.npz: No such file or directory." in refusal(capsys, gone)
    np.savez(tmp_path / "wrong.npz", inputs=np.ones((4, 12)), targets=symbols)
    wrong = refusal(capsys, ["train", "--task", str(tmp_path / "wrong.npz")])
    assert "wrong.npz: inputs have shape (4, 12); time × sequences × channels" in wrong
