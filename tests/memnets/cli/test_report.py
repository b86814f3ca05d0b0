"""`memnets report`: folders that hold no results, or damaged ones."""

import pytest

from memnets.cli.main import main

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


def test_several_studies_are_read_together(tmp_path, monkeypatch, capsys):
    import reports
    from memnets.spec import ModelSpec
    from studies.design.study import Study
    from studies.design.trial import TaskSpec
    from studies.procedures.supervised import Supervised
    from studies.running.store import ResultStore

    for name in ("one", "two"):
        tasks, models = {"copy": TaskSpec("copy")}, {"NTM": ModelSpec("ntm")}
        study = Study(name, "Which?", tasks, models, Supervised(), seeds=(0,))
        ResultStore(tmp_path / name).declare(study)
    built = []
    monkeypatch.setattr(reports, "build", lambda *given: built.append(given) or tmp_path)
    assert main(["report", "one", "two", "--folder", str(tmp_path)]) == 0
    ((store, home),) = built
    assert list(store.stores) == ["one", "two"]
    assert home == tmp_path / "one" / "report-with-two"
    said = refusal(capsys, ["report", "one", "three", "--folder", str(tmp_path)])
    assert "no results in" in said and "three" in said
