import json
import subprocess
import sys
from pathlib import Path

import pytest

from memnets.cli.main import main
from memnets.registry import cells

QUICK = [
    "--procedure.updates",
    "4",
    "--procedure.evaluate-every",
    "2",
    "--procedure.batch-size",
    "2",
]
SMALL = ["--controller-size", "8", "--cell-options", "slots", "5", "width", "3"]
TASK = ["--task-options", "max_length", "2", "width", "3"]


def train(folder: Path, *more: str) -> int:
    return main(["train", "--folder", str(folder), *SMALL, *TASK, *QUICK, *more])


def refusal(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    capsys.readouterr()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith("memnets: ") and err.count("\n") == 1, err
    assert "Traceback" not in out + err
    return err


def test_list_names_everything_with_a_line_each(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in cells:
        assert any(line.split()[:1] == [name] and len(line.split()) > 3 for line in lines)


def test_list_and_help_leave_torch_alone():
    code = (
        "import sys, contextlib\nfrom memnets.cli.main import main\nmain(['list'])\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "assert 'torch' not in sys.modules and 'seaborn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "command",
    [["train"], ["list"], ["show"], ["report"], ["study"], ["study", "run"], ["bench", "envs"]],
)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_show_gives_documentation_and_options(capsys):
    assert main(["show", "ntm"]) == 0
    assert "slots: int" in capsys.readouterr().out
    assert main(["show", "demo"]) == 0
    assert "12 trials" in capsys.readouterr().out


def test_show_says_which_backend_is_chosen_and_why(capsys):
    assert main(["show", "ntm", "--backend"]) == 0
    shown = capsys.readouterr().out
    assert "ntm/soft/lstm: numba\n" in shown
    assert "ntm/top_k/lstm: reference (the estimator" in shown
    assert main(["show", "demo", "--backend"]) == 0
    assert "ntm/soft on copy: numba\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["study", "run", "demo", "--wrokers", "2"], "--workers"),
        (["train", "--procedure.updates", "0"], "at least 1"),
        (["train", "--procedure.optimiser", "adm"], "'adam'"),
        (
            ["train", "--procedure.backend", "fast"],
            "there are auto, compiled, fused, numba, reference",
        ),
        (["train", "--seed", "one"], "--help"),
        (["study", "run"], "study"),
    ],
)
def test_what_cannot_be_parsed_is_one_line_and_status_2(arguments, said, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("memnets: ") and err.count("\n") == 1
    assert said in err


def test_training_saves_a_model_and_goes_on_where_it_stopped(tmp_path, capsys):
    from memnets import load

    assert train(tmp_path) == 0
    (saved,) = tmp_path.glob("*/model.pt")
    network, spec = load(saved)
    assert spec.cell == "ntm" and network.cell.slots == 5
    rows = saved.with_name("metrics.jsonl").read_text()
    assert train(tmp_path) == 0
    assert saved.with_name("metrics.jsonl").read_text() == rows


def test_a_study_runs_and_its_state_and_report_are_shown(tmp_path, capsys):
    folder = ["--folder", str(tmp_path)]
    short = ["--procedure.test-lengths", "1", "2", "--procedure.solved-errors", "None"]
    run = ["study", "run", "demo", "--workers", "0", "--seeds", "0", *QUICK, *short, *folder]
    assert main(run) == 0
    assert main(["study", "status", "demo", *folder]) == 0
    assert "6 of 6 trials done" in capsys.readouterr().out
    assert main(["study", "list", *folder]) == 0
    assert "6 trials done" in capsys.readouterr().out
    assert main(["report", "demo", *folder]) == 0
    page = tmp_path / "demo" / "report" / "index.html"
    assert "ntm/reinforce" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["study", "run", "demmo"], "'demo'"),
        (["show", "ntm2"], "Did you mean 'ntm'"),
        (["show", "copy", "--backend"], "cells and studies have backends"),
        (["frobnicate"], "it has list"),
        (["study", "rum"], "it has run"),
        (["study", "run", "demo", "--workers", "-1"], "workers is -1"),
        (["study", "run", "demo", "--seeds"], "at least one of its seeds"),
        (["train", "--device", "toaster"], "'toaster'"),
        (["train", "--estimator", "gumbel", "--estimator-options", "temperature", "x"], "float"),
        (["train", "--controller-options", "layers", "2.5"], "layers"),
        (["train", "--checkpoint", "nowhere.pt"], "no checkpoint"),
        (["bench", "envs", "--seconds", "0"], "above zero"),
        (["bench", "envs", "--seconds", "nan"], "above zero"),
        (["bench", "train", "--slots", "0"], "slots is 0; it must be at least 1"),
        (["report", "never_run"], "run the study first"),
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


def test_a_folder_that_holds_no_results_is_refused(tmp_path, capsys):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "holiday.txt").write_text("photos")
    said = refusal(capsys, ["report", "demo", "--folder", str(tmp_path)])
    assert "not a results folder" in said
    said = refusal(capsys, ["study", "run", "demo", "--folder", str(tmp_path)])
    assert "not a results folder" in said
    assert (tmp_path / "demo" / "holiday.txt").read_text() == "photos"


def test_a_truncated_trial_is_named_and_nothing_is_lost(tmp_path, capsys):
    assert train(tmp_path / "train") == 0
    (stored,) = (tmp_path / "train").glob("*/trial.json")
    rows = stored.with_name("metrics.jsonl").read_text()
    stored.write_text(stored.read_text()[:40])
    said = refusal(capsys, ["report", "train", "--folder", str(tmp_path)])
    assert str(stored) in said
    assert stored.with_name("metrics.jsonl").read_text() == rows


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


def test_a_full_disk_is_one_line_and_the_same_command_goes_on(tmp_path):
    # a limit on file sizes stands in for the disk: rows fit, the checkpoint does not
    code = (
        "import resource, sys\nfrom memnets.cli.main import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))\nsys.exit(main(sys.argv[1:]))"
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
    keys = [(r["kind"], r["step"], r["length"]) for r in map(json.loads, finished.splitlines())]
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
