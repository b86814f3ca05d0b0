"""`bench peers` with small stand-ins for the peers, and their virtual environment."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from memnets.cli.main import main
from studies.bench import peer_venv, peer_worker, timing
from studies.bench.peers import BenchPeers, recognise
from studies.design.data import BadData

NTM = """
    import torch

    print("noise on standard output")

    class EncapsulatedNTM(torch.nn.Module):
        def __init__(self, inputs, outputs, size, layers, heads, N, M):
            super().__init__()
            assert (inputs, outputs, size, layers, heads, N, M) == (10, 8, 100, 1, 1, 128, 20)
            self.linear = torch.nn.Linear(inputs, outputs)

        def init_sequence(self, batch_size):
            self.batch_size = batch_size

        def forward(self, x):
            assert x.shape == (self.batch_size, 10)
            return self.linear(x).sigmoid(), None
"""
THIRD_FAILS = """
        def init_sequence(self, batch_size):
            self.batch_size = batch_size
            self.sequences = getattr(self, "sequences", 0) + 1
            if self.sequences == 3:
                raise RuntimeError("no further")
"""
DNC = """
    import torch

    class LSTMController(torch.nn.Module):
        def __init__(self, layer_sizes):
            super().__init__()
            assert layer_sizes == [100]

    class DNC(torch.nn.Module):
        def __init__(self, inputs, outputs, word_length, cell_count, heads, controller, batch_first,
                     mask, dealloc_content, link_sharpness_control):
            super().__init__()
            assert (inputs, outputs, word_length, cell_count, heads) == (10, 8, 20, 128, 4)
            self.linear = torch.nn.Linear(inputs, outputs)

        def forward(self, x):
            y = self.linear(x)
            return torch.addcmul(y, 2, y, y)
"""
BROKEN = "raise RuntimeError('this peer needs another torch')"


def clone(folder: Path, file: str, source: str) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True)
    path.write_text(textwrap.dedent(source))
    return folder


@pytest.mark.parametrize(
    ("file", "name", "model"),
    [("ntm/aio.py", "pytorch-ntm", "ntm"), ("Models/DNC.py", "csordas-dnc", "dnc")],
)
def test_a_checkout_is_recognised_by_its_files(tmp_path, file, name, model):
    peer = recognise(clone(tmp_path / "clone", file, NTM), Path(sys.executable))
    assert (peer.name, peer.model, peer.ours) == (name, model, False)


def test_another_folder_is_no_checkout(tmp_path):
    with pytest.raises(BadData, match="no checkout of a known peer"):
        recognise(tmp_path, Path(sys.executable))


@pytest.mark.slow
def test_a_checkout_and_ours_are_timed_side_by_side_and_a_broken_one_has_a_note(tmp_path):
    ntm = clone(tmp_path / "one", "ntm/aio.py", NTM)
    broken = clone(tmp_path / "two", "Models/DNC.py", BROKEN)
    arguments = ["--no-install", "--checkout", str(ntm), str(broken), "--backends", "reference"]
    sizes = ["--batches", "2", "--length", "2", "--repeats", "2", "--threads", "1"]
    # the status says that something failed
    assert main(["bench", "peers", *arguments, *sizes, "--folder", str(tmp_path)]) == 1
    home = tmp_path / "bench" / "peers"
    rows = pd.read_csv(home / "results.csv").set_index("implementation")
    assert list(rows.index) == [
        "memnets ntm reference",
        "memnets dnc reference",
        "pytorch-ntm",
        "csordas-dnc",
    ]
    ours, theirs = rows.loc["memnets ntm reference"], rows.loc["pytorch-ntm"]
    assert ours["ms"] > 0 and theirs["rounds"] == 2
    assert theirs["ratio"] == pytest.approx(theirs["ms"] / ours["ms"])
    assert "needs another torch" in rows.loc["csordas-dnc", "note"]
    assert pd.isna(rows.loc["csordas-dnc", "ms"])
    assert (home / "peers.svg").is_file() and (home / "peers.png").is_file()


@pytest.mark.slow
def test_a_peer_that_fails_in_a_round_has_a_note_and_the_others_are_timed(tmp_path, monkeypatch):
    ntm = clone(tmp_path / "one", "ntm/aio.py", NTM + THIRD_FAILS)
    # one step before it and one in it
    monkeypatch.setattr(timing, "warm_up", lambda run, **_: run(1))
    bench = BenchPeers(
        checkout=(ntm,),
        batches=(2,),
        threads=1,
        length=2,
        repeats=3,
        backends=("reference",),
        install=False,
        folder=tmp_path,
    )
    ours, theirs = bench().rows
    assert ours["ms"] > 0 and ours["rounds"] == 3
    assert theirs["note"] == "failed: RuntimeError: no further" and "ms" not in theirs


def test_a_step_trains_whether_a_peer_answers_in_logits_or_in_sigmoids(tmp_path, monkeypatch):
    import torch

    # the adapter lets torch.addcmul take its factor as it once did
    monkeypatch.setattr(torch, "addcmul", torch.addcmul)
    clone(tmp_path / "a", "ntm/aio.py", NTM)
    clone(tmp_path / "b", "Models/DNC.py", DNC)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a"), str(tmp_path / "b"), *sys.path])
    for name in ("pytorch-ntm", "csordas-dnc"):
        model = peer_worker.PEERS[name](None)
        before = model.module.linear.bias.clone()
        peer_worker.peer_step(model, 3, 2)()
        assert not torch.equal(before, model.module.linear.bias)
    for name in ("ntm", "ntm.aio", "Models", "Models.DNC"):
        sys.modules.pop(name)


def test_the_peers_copy_task_is_ours():
    from envs.tasks import make_task

    inputs_TBX, bits_TBY = peer_worker.copy_task(2, 3)
    inputs, bits = inputs_TBX.numpy(), bits_TBY.numpy()
    task = make_task("copy", width=8, min_length=3, max_length=3)
    import numpy as np

    batch = task.sample(np.random.default_rng(0), 2)
    assert inputs.shape == batch.inputs_TBX.shape
    # delimiters, silence and the place of the vectors
    assert (inputs[[0, 4]] == batch.inputs_TBX[[0, 4]]).all()
    assert (inputs[5:] == batch.inputs_TBX[5:]).all()
    assert (inputs[1:4, :, :8] == bits).all() and not inputs[1:4, :, 8:].any()
    assert batch.mask_TB[:5].sum() == 0 and batch.mask_TB[5:].all()


def test_an_environment_is_made_once_per_set_of_versions(tmp_path, monkeypatch):
    calls = []

    class Builder:
        def __init__(self, **options):
            assert options == {"clear": True, "with_pip": True}

        def create(self, folder):
            calls.append("venv")
            folder.mkdir(parents=True, exist_ok=True)

    def run(command, **options):
        calls.append(command[command.index("install") + 2 :])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(peer_venv.venv, "EnvBuilder", Builder)
    monkeypatch.setattr(peer_venv.subprocess, "run", run)
    folder, log = tmp_path / "venv", tmp_path / "install.log"
    python = peer_venv.prepared(folder, ("dnc==1.1.0",), log)
    assert python.parent.parent == folder
    assert calls[0] == "venv" and calls[2] == ["--no-deps", "dnc==1.1.0"]
    torch, numpy = calls[1]
    assert torch.startswith("torch==") and "+" not in torch and numpy.startswith("numpy==")
    assert peer_venv.prepared(folder, ("dnc==1.1.0",), log) == python
    assert len(calls) == 3
    assert json.loads((folder / "ready.json").read_text())[2] == "dnc==1.1.0"
    peer_venv.prepared(folder, ("dnc==1.2.0",), log)
    assert len(calls) == 6


def test_an_index_that_cannot_be_reached_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(peer_venv.venv.EnvBuilder, "create", lambda self, folder: None)
    monkeypatch.setattr(
        peer_venv.subprocess,
        "run",
        lambda command, **options: subprocess.CompletedProcess(command, 1),
    )
    with pytest.raises(BadData, match="install.log"):
        BenchPeers(folder=tmp_path)()
