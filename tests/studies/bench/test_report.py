"""`bench report`: the study that it makes up, and what it measures of the report."""

import pandas as pd
import pytest

from memnets.cli.main import main
from studies.bench import report


def test_the_study_is_made_up_the_same_every_time_and_looks_trained(tmp_path):
    one, two = (report.fill(tmp_path / name, 7, 1, 2) for name in ("one", "two"))
    frame = one.load()
    pd.testing.assert_frame_equal(frame, two.load())
    assert frame.groupby("trial").size().between(300, 500).all()
    facts = one.facts()
    assert len(facts) == 14 and facts["model"].nunique() == 7
    tested = frame[(frame["kind"] == "test") & (frame["address"] == "own")]
    assert tested["accuracy"].between(0, 1).all()
    trace = one.trace(facts["trial"].iloc[0])
    assert trace["weights_THN"].shape == (41, 2, 32)


@pytest.mark.parametrize("sizes", [["--tasks", "6"], ["--models", "0"], ["--models", "121"]])
def test_sizes_that_cannot_be_made_are_one_line(tmp_path, capsys, sizes):
    assert main(["bench", "report", *sizes, "--folder", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.slow
def test_bench_report_publishes_seconds_memory_and_sizes(tmp_path, capsys):
    sizes = ["--models", "2", "--tasks", "1", "--seeds", "2"]
    assert main(["bench", "report", *sizes, "--folder", str(tmp_path)]) == 0
    rows = pd.read_csv(tmp_path / "bench" / "report" / "results.csv")
    assert rows["way"].tolist() == ["without caches", "with caches"] and (rows["trials"] == 4).all()
    assert (rows["peak_mb"] > 50).all() and (rows["cpu_seconds"] > 0.5).all()
    assert (rows["page_mb"] > 0.05).all() and (rows["files_mb"] > rows["page_mb"]).all()
    assert "Page (MB)" in capsys.readouterr().out
