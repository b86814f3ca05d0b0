"""What tests of the command share: a model that trains in a moment, and refusals in one line."""

from pathlib import Path

import pytest

from memnets.cli.main import main

QUICK = ["--procedure.updates", "4", "--procedure.evaluate-every", "2"]
QUICK += ["--procedure.batch-size", "2"]
SMALL = ["--controller-size", "8", "--cell-options", "slots", "5", "width", "3"]
TASK = ["--task-options", "max_length", "2", "width", "3"]


def train(folder: Path, *more: str) -> int:
    """The exit status of a short training that puts its trial into the folder."""
    return main(["train", "--folder", str(folder), *SMALL, *TASK, *QUICK, *more])


def refusal(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """The line with which the command refuses these arguments."""
    capsys.readouterr()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith("memnets: ") and err.count("\n") == 1, err
    assert "Traceback" not in out + err
    return err
