"""`memnets report`: folders that hold no results, or damaged ones."""

import pytest

from .shell import refusal, train


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "never_run"], "run the study first"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_would_do(
    arguments, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(capsys, arguments)
    assert not list(tmp_path.rglob("done.json"))
