"""`memnets evaluate` of an agent: its episodes again, under every address, and elsewhere."""

import json
from collections.abc import Iterator

import pytest

from memnets.cli.main import main
from memnets.spec import ModelSpec
from studies import Reinforcement, Study, TaskSpec, run
from studies.running.store import ResultStore

from .shell import refusal

SETTINGS = {
    **{"total_timesteps": 256, "n_envs": 8, "n_steps": 16, "evaluate_every": 256, "n_epochs": 4},
    # an agent whose memory matters already
    **{"learning_rate": 0.02, "max_grad_norm": 10.0, "lstm_hidden_size": 16, "test_episodes": 8},
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The store of a study of one agent, of seed 1."""
    study = Study(
        name="agent",
        question="",
        tasks={"copy": TaskSpec("copy", {"symbols": 2, "max_length": 3})},
        models={"ntm": ModelSpec("ntm", cell_options={"slots": 4, "width": 3}, controller_size=8)},
        procedure=Reinforcement(**SETTINGS),
        seeds=(1,),
    )
    store = ResultStore(tmp_path_factory.mktemp("runs") / "agent")
    run(study, store)
    return store


def table(capsys, arguments) -> Iterator[dict[str, str]]:
    """The rows of what is printed; addresses are one or two words."""
    capsys.readouterr()
    assert main(arguments) == 0
    _, *lines = capsys.readouterr().out.splitlines()
    for line in lines:
        address, episodes, reward, success = line.rsplit(maxsplit=3)
        yield {
            "address": address.strip(),
            "episodes": episodes,
            "reward": reward,
            "success": success,
        }


def test_the_seed_of_the_trial_gives_its_own_tests_again(stored, capsys):
    (trial,) = stored.trials()
    path = str(stored.path(trial))
    found = list(table(capsys, ["evaluate", path, "--sequences", "8", "--seed", "1"]))
    rows = [row for row in stored.rows(trial) if row["kind"] == "test"]
    assert [row["address"] for row in found] == [row["address"] for row in rows]
    assert len(found) == 5 and found[0]["address"] == "own"
    assert len({row["reward"] for row in rows}) > 1
    for printed, row in zip(found, rows, strict=True):
        assert float(printed["reward"]) == pytest.approx(row["reward"], rel=1e-3)
        assert float(printed["success"]) == pytest.approx(row["success"], rel=1e-3)
        assert int(printed["episodes"]) == row["episodes"]


def test_an_agent_is_tested_in_other_episodes_of_its_environment(stored, capsys):
    path = str(stored.path(stored.trials()[0]) / "checkpoint.pt")
    longer = ["--task-options", "min_length", "3", "max_length", "3", "--sequences", "8"]
    assert len(list(table(capsys, ["evaluate", path, *longer]))) == 5
    said = refusal(capsys, ["evaluate", path, "--task-options", "symbols", "3"])
    assert "the agent was trained with observations" in said
    assert "options of its environment" in refusal(capsys, ["evaluate", path, "--lengths", "3"])
    assert "its last weights only" in refusal(capsys, ["evaluate", path, "--which", "last"])
    assert "at least 1" in refusal(capsys, ["evaluate", path, "--sequences", "0"])
    assert "copi-v0' cannot be made" in refusal(capsys, ["evaluate", path, "--task", "copi"])


def test_a_checkpoint_that_does_not_fit_its_trial_is_named(stored, capsys, tmp_path):
    import torch

    data = torch.load(stored.path(stored.trials()[0]) / "checkpoint.pt", weights_only=True)
    trial = json.loads(data["trial"])
    trial["model"]["cell_options"]["slots"] = 5
    torch.save({**data, "trial": json.dumps(trial)}, tmp_path / "checkpoint.pt")
    assert "cannot be used: it is of trial" in refusal(capsys, ["evaluate", str(tmp_path)])
