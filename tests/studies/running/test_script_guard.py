"""Scripts that start workers: those that are guarded run, others are refused at once."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CHECK = "from studies.running.script_guard import require_guard\n"
STUDY = """
from memnets.cells import cells
from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, run

{register}
study = Study("s", "?", {{"copy": TaskSpec("copy")}}, {{"m": ModelSpec({cell!r})}},
              procedure=Supervised(updates=1, backend="reference"), seeds=(0,))
run(study, ResultStore("runs"), workers=1)
"""


def python(script, folder, *arguments, **options):
    path = folder / "script.py"
    path.write_text(script)
    command = [sys.executable, *(arguments or [str(path)])]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    options = {"cwd": folder, "env": environment, "capture_output": True, "text": True} | options
    return subprocess.run(command, timeout=100, **options)


@pytest.mark.parametrize(
    "script",
    [
        'if __name__ == "__main__":\n    require_guard()\n',
        'def main():\n    require_guard()\nif "__main__" == __name__:\n    main()\n',
        'try:\n    if __name__ == "__main__":\n        require_guard()\nfinally:\n    pass\n',
    ],
)
def test_a_guarded_script_may_start_workers(script, tmp_path):
    assert python(CHECK + script, tmp_path).returncode == 0


def test_without_a_script_there_is_nothing_to_guard(tmp_path):
    done = python("", tmp_path, "-c", CHECK + "require_guard()")
    assert done.returncode == 0, done.stderr


def test_a_script_that_workers_cannot_import_is_one_line(tmp_path):
    done = python("", tmp_path, "-", input=CHECK + "require_guard()\n")
    assert "<stdin> is no file" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "script", ["require_guard()\n", "def main():\n    require_guard()\nif True:\n    main()\n"]
)
def test_an_unguarded_script_is_named_with_its_line(script, tmp_path):
    done = python(CHECK + script, tmp_path)
    line = len((CHECK + script).splitlines())
    assert f"script.py, line {line}, would be run again" in done.stderr.splitlines()[-1]


def test_a_study_in_an_unguarded_script_is_one_line_and_nothing_starts(tmp_path):
    done = python(STUDY.format(register="", cell="none"), tmp_path)
    assert done.returncode == 1
    assert 'put what the script does under `if __name__ == "__main__":`' in done.stderr
    assert done.stderr.count("Traceback") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_cell_of_a_notebook_is_one_line_and_no_trial_begins(tmp_path):
    # a command stands in for the notebook: a main module without a file
    script = STUDY.format(register='cells.register("mine")(cells.get("none"))', cell="mine")
    done = python("", tmp_path, "-c", script)
    assert done.returncode == 1
    assert "memnets.cells: no 'mine'." in done.stderr.splitlines()[-1]
    assert done.stderr.count("Traceback") == 1
    assert not list(tmp_path.rglob("trial.json"))
