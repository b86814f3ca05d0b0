"""A disk that is full and a folder that may not be written, as the system reports them."""

import contextlib
import ctypes
import os
import sys
import textwrap
from pathlib import Path

import pytest

from memnets.cli.main import main
from studies import ResultStore
from studies.running.verify import verify

ROOT = Path(__file__).resolve().parents[3]
resource = pytest.importorskip("resource")

HEAVY = """
    from dataclasses import dataclass
    from memnets.spec import ModelSpec
    from studies import Outcome, Procedure, Study, TaskSpec

    @dataclass(frozen=True)
    class Heavy(Procedure):
        row_key = ("step",)

        def takes(self, task):
            return {}

        def run(self, trial, recorder):
            for step in range(len(recorder.resume() or b"") // 10_000 + 1, 9):
                recorder.row({"step": step, "square": step**2})
                recorder.save(bytes(step * 10_000))
            return Outcome({}, {})

        def progress(self, row):
            return ""

    def study():
        tasks, models = {"copy": TaskSpec("copy")}, {"none": ModelSpec("none")}
        return Study("heavy", "Is there room?", tasks, models, Heavy(), seeds=(0, 1, 2))
"""


@contextlib.contextmanager
def small_disk():
    """This process, and those that it starts, may write files of fifty kilobytes and no larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def permissions_heeded():
    """This thread heeds permissions even where it is the superuser's, who need not."""
    libc, header, sets = (
        ctypes.CDLL(None),
        (ctypes.c_uint32 * 2)(0x20080522),
        (ctypes.c_uint32 * 6)(),
    )
    libc.capget(header, sets)
    before, sets[0] = sets[0], sets[0] & ~0b10
    libc.capset(header, sets)
    yield
    sets[0] = before
    libc.capset(header, sets)


@pytest.fixture
def heavy(tmp_path, monkeypatch, capsys):
    """Runs the study of heavy checkpoints by the command; its status and what it prints."""
    (tmp_path / "heavy_trials.py").write_text(textwrap.dedent(HEAVY))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))

    def command(workers):
        words = ["study", "run", "heavy_trials:study", "--workers", str(workers)]
        status = main([*words, "--folder", str(tmp_path / "runs")])
        out, err = capsys.readouterr()
        assert out == ""
        return status, err

    yield command
    sys.modules.pop("heavy_trials", None)


def assert_whole(folder):
    store = ResultStore(folder)
    assert len(store.facts()) == 3 and list(verify(store)) == []
    for trial in store.trials():
        assert [row["step"] for row in store.rows(trial)] == list(range(1, 9))
    assert {path.name for path in folder.iterdir()} == {"study.json", *store.study["trials"]}


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_full_disk_is_one_line_and_the_same_command_goes_on(heavy, tmp_path, workers):
    with small_disk():
        status, said = heavy(workers)
    (line,) = said.splitlines()
    assert status == 2 and line.startswith(f"memnets: {tmp_path / 'runs'}")
    assert "checkpoint.pt cannot be written" in line and "Nothing written before is lost" in line
    assert line.endswith("run the same command again.")
    (rows,) = (tmp_path / "runs").rglob("metrics.jsonl")
    assert rows.read_bytes().count(b"\n") >= 5 and not list(tmp_path.rglob("failed.json"))
    assert heavy(workers)[0] == 0
    assert_whole(tmp_path / "runs" / "heavy")


@pytest.mark.parametrize("which", ["runs", "runs/heavy"])
def test_a_folder_that_may_not_be_written_is_one_line(heavy, tmp_path, which):
    if which != "runs":
        assert heavy(0)[0] == 0
        next((tmp_path / "runs").rglob("done.json")).unlink()
    folder = tmp_path / which
    folder.mkdir(exist_ok=True)
    folder.chmod(0o555)
    with permissions_heeded():
        status, said = heavy(0)
    folder.chmod(0o755)
    (line,) = said.splitlines()
    assert status == 2 and f"memnets: {folder}" in line and "Permission denied" in line
    assert "give yourself the right to write there, or take another folder" in line
    assert heavy(0)[0] == 0
    assert_whole(tmp_path / "runs" / "heavy")
