"""`bench agents`: its rows and files, and what has no time."""

from dataclasses import replace

import pandas as pd
import pytest

from memnets.cli.main import main
from studies.bench.agents import BenchAgents
from studies.procedures import agents

TINY = {"length": 2, "slots": 4, "width": 3, "controller_size": 4, "n_steps": 4, "n_epochs": 1}


def test_bench_agents_publishes_a_row_per_memory_count_and_backend(tmp_path, capsys):
    sizes = [part for name, x in TINY.items() for part in (f"--{name.replace('_', '-')}", str(x))]
    shape = ["--cells", "ntm", "none", "--num-envs", "2", "--backends", "reference"]
    command = ["bench", "agents", *shape, *sizes, "--repeats", "2", "--folder", str(tmp_path)]
    assert main(command) == 0
    home = tmp_path / "bench" / "agents"
    files = {"table.md", "results.csv", "machine.json", "agents.svg", "agents.png"}
    assert {path.name for path in home.iterdir()} == files
    rows = pd.read_csv(home / "results.csv")
    assert list(rows["cell"]) == ["ntm", "none"] and (rows["ratio"] == 1).all()
    # two environments of four steps each
    assert (8e3 / rows["ms"]).to_numpy() == pytest.approx(rows["steps_per_second"].to_numpy())
    assert "Agent's steps/s" in capsys.readouterr().out


def test_each_backend_is_the_one_that_runs(tmp_path, monkeypatch):
    ran = []
    agent = agents.agent

    def watched(*given):
        made, wrap = agent(*given)
        learn = made.learn

        def learning(*steps, **options):
            ran.append(made.policy.lstm_actor.network.backend)
            return learn(*steps, **options)

        monkeypatch.setattr(made, "learn", learning)
        return made, wrap

    monkeypatch.setattr(agents, "agent", watched)
    bench = BenchAgents(num_envs=(2,), folder=tmp_path, repeats=1, **TINY)
    reference, auto = bench().rows
    assert set(ran) == {"reference", "auto"}
    assert reference["ratio"] == 1 and auto["ratio"] == reference["ms"] / auto["ms"]


def test_a_memory_without_kernels_is_listed_with_the_reason(tmp_path):
    bench = BenchAgents(cells=("lrua",), num_envs=(2,), folder=tmp_path, repeats=1, **TINY)
    bench = replace(bench, backends=("reference", "fused"))
    reference, fused = bench().rows
    assert reference["ms"] > 0
    assert fused["note"].startswith("not covered: ") and "ms" not in fused
