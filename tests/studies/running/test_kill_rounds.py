"""The short form of kill_rounds.py, which anyone can run for as long as they like."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_rounds.py")


ROUNDS = 30


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_and_change_no_row(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SCRIPT.parents[3]))
    command = [sys.executable, str(SCRIPT), "--rounds", str(ROUNDS), "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=230)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ROUNDS} kills (" in done.stdout
    assert "nothing lost, nothing torn, the rows of an undisturbed run" in done.stdout
