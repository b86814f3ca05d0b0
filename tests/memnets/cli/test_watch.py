"""`memnets study watch`: what a frame shows, and that it fits the terminal."""

from collections import Counter

import pytest

from memnets.cli.main import main
from memnets.cli.watch import BARS, PLAIN_BARS, curve, lines_of
from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, run
from studies.running.watched_study import Frame, Line

from .shell import refusal

STUDY = Study(
    name="small",
    question="?",
    tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
    models={"none": ModelSpec("none", controller_size=4)},
    procedure=Supervised(updates=100),
    seeds=tuple(range(20)),
)
TRIALS = list(STUDY.trials())
ROW = {"kind": "train", "step": 30, "sequences": 660, "seconds": 30.0, "bits": 3.0}


def frame(running=2, ended=1):
    lines = [Line(trial, [0.0, 0.5, 1.0], [ROW], 65.0, 97.0) for trial in TRIALS[:running]]
    over = [Line(trial, [0.5], [], 12.0) for trial in TRIALS[running : running + ended]]
    counts = {("copy", "none"): Counter(done=ended, running=running)}
    return Frame("small", 20, ended, 0, lines, over, counts, 1_300.0, 44.0)


def test_a_frame_has_counts_curves_scores_speed_and_time_left():
    lines = list(lines_of(frame(), BARS, 5))
    assert lines[0] == (
        "small: 1/20 trials done, 2 running, 17 waiting, 44 sequences/s, 21:40 left"
    )
    assert lines[3] == (
        "copy  none  seed 0  ▁▅█  accuracy 1.000  1:37 left  30/100  22 seq/s  3.00 bits"
    )
    assert lines[lines.index("last ended") + 1] == "copy  none  seed 2  ▅  accuracy 0.500  in 0:12"
    assert lines[-1] == "copy  none  1 done, 2 running"


def test_what_is_not_known_is_left_out_and_failures_say_why():
    unknown = Line(TRIALS[0], [], [], 65.0)
    failed = Line(TRIALS[1], [], [], None, None, "ValueError: no luck")
    bare = Frame("small", 20, 0, 1, [unknown], [failed], {}, None, 0.0)
    lines = list(lines_of(bare, BARS, 5))
    assert lines[0] == "small: 0/20 trials done, 1 failed, 1 running, 18 waiting"
    assert lines[3].split() == ["copy", "none", "seed", "0", "1:05", "so", "far"]
    assert lines[-1].endswith("failed: ValueError: no luck")


@pytest.mark.parametrize("height", [8, 12, 24, 100])
@pytest.mark.parametrize("running", [0, 1, 15])
def test_a_frame_is_no_higher_than_the_terminal(height, running):
    lines = list(lines_of(frame(running), BARS, 1, height))
    assert len(lines) <= height
    shown = sum("left  30/100" in line for line in lines)
    assert shown >= min(running, 1)
    assert shown == running or f"and {running - shown} more" in lines


def test_curves_are_of_sixteen_characters_between_nothing_and_all():
    assert curve([], BARS) == "" and curve([1.0], BARS) == "█"
    rising = curve([n / 99 for n in range(100)], BARS)
    assert len(rising) == 16 and rising[-1] == "█" and list(rising) == sorted(rising)
    assert curve([0.0, 4.0, 2.0], PLAIN_BARS) == "_#="
    assert curve([-1.0, 1.0], BARS) == "▁█"


def test_one_frame_is_printed_of_a_study_that_was_run(tmp_path, capsys):
    folder = ["--folder", str(tmp_path)]
    short = Supervised(updates=2, evaluate_every=1, batch_size=2, test_sequences=2)
    study = Study("small", "?", STUDY.tasks, STUDY.models, short, seeds=(0,))
    run(study, ResultStore(tmp_path / "small"), workers=0, quiet=True)
    capsys.readouterr()
    assert main(["study", "watch", "small", "--once", *folder]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small: 1/1 trials done" and "last ended" in lines
    assert lines[-1] == "copy  none  1 done"
    # and it ends by itself once there is nothing to wait for
    assert main(["study", "watch", "small", *folder]) == 0
    assert "1/1 trials done" in capsys.readouterr().out


def test_what_makes_no_sense_is_refused_in_one_line(tmp_path, capsys):
    assert "no results in" in refusal(capsys, ["study", "watch", "x", "--folder", str(tmp_path)])
    store = ResultStore(tmp_path / "small")
    store.declare(STUDY)
    folder = ["--folder", str(tmp_path)]
    for more, what in ((["--every", "0"], "every is 0"), (["--last", "-1"], "last is -1")):
        assert what in refusal(capsys, ["study", "watch", "small", *more, *folder])
