"""`memnets evaluate`: a trained network on its own task and on another one that it fits."""

from pathlib import Path

import numpy as np
import pytest
import torch

from memnets.cli.main import main

from .shell import QUICK, refusal, train

GRAPH = ["--task", "graph_traversal", "--task-options", "digits", "1", "max_nodes", "5"]
EDGES = "one,other\nash,birch\nbirch,cedar\ncedar,date\ndate,ash\n"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    model = ["--cell", "none", "--controller-size", "6", "--procedure.test-sequences", "4"]
    assert main(["train", "--folder", str(folder), *model, *GRAPH, *QUICK]) == 0
    (found,) = folder.glob("*/checkpoint.pt")
    return str(found)


def table(capsys, arguments):
    """The rows of what is printed, each a dictionary of the columns that it fills."""
    capsys.readouterr()
    assert main(arguments) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    ends = [first.index(name) + len(name) for name in first.split()]
    starts = [0, *ends[:-1]]
    cut = [[line[a:b].strip() for a, b in zip(starts, ends, strict=True)] for line in lines]
    return [dict(zip(first.split(), cells, strict=True)) for cells in cut]


def test_every_test_is_a_line(checkpoint, capsys):
    rows = table(capsys, ["evaluate", checkpoint, "--lengths", "1", "3", "--sequences", "8"])
    assert [row["length"] for row in rows] == ["1", "3"] + ["4"] * 5
    assert [row["number"] for row in rows] == ["", ""] + ["nodes"] * 2 + ["degree"] * 3
    for row in rows:
        wrong = float(row["errors"]) / (3 * int(row["length"]))
        assert float(row["accuracy"]) == pytest.approx(1 - wrong, abs=1e-3)


def test_a_trials_folder_stands_for_its_checkpoint_and_a_saved_model_for_itself(
    checkpoint, capsys, tmp_path
):
    few = ["--lengths", "1", "2", "--sequences", "8"]
    rows = table(capsys, ["evaluate", checkpoint, *few])
    home = Path(checkpoint).parent
    assert table(capsys, ["evaluate", str(home), *few]) == rows
    model = str(home / "model.pt")
    assert table(capsys, ["evaluate", model, *GRAPH, *few]) == rows
    assert "is a model without its task: say --task" in refusal(capsys, ["evaluate", model])
    said = refusal(capsys, ["evaluate", model, *GRAPH, "--which", "last"])
    assert "model.pt holds one network: ask a trial's folder for the last" in said
    said = refusal(capsys, ["evaluate", model, "--task", "copy"])
    assert "on this task it needs input_size 10, output_size 8" in said
    assert f"no checkpoint {tmp_path}/checkpoint.pt" in refusal(capsys, ["evaluate", str(tmp_path)])


def test_what_is_no_model_is_named_for_what_it_is(tmp_path, capsys):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "bare.pt")
    (tmp_path / "notes.txt").write_text("nothing")
    said = refusal(capsys, ["evaluate", str(tmp_path / "bare.pt")])
    assert "it holds tensors by name, as the state_dict of a module" in said
    said = refusal(capsys, ["evaluate", str(tmp_path / "notes.txt")])
    assert "torch.load finds no tensors and plain data in it" in said


def test_a_memory_is_shown_under_every_address_and_control(tmp_path, capsys):
    assert train(tmp_path) == 0
    (home,) = tmp_path.glob("*/checkpoint.pt")
    rows = table(capsys, ["evaluate", str(home), "--lengths", "2", "--sequences", "4"])
    addresses = [row["address"] for row in rows]
    assert addresses == ["own", "soft", "one slot", "cut off", "frozen", "shuffled"]


def test_the_same_seed_has_the_same_numbers_and_another_task_others(checkpoint, capsys, tmp_path):
    first, again = (table(capsys, ["evaluate", checkpoint, "--sequences", "8"]) for _ in range(2))
    assert first == again
    (tmp_path / "ring.csv").write_text(EDGES)
    real = ["--task-options", "from_file", str(tmp_path / "ring.csv"), "max_nodes", "5"]
    found = table(capsys, ["evaluate", checkpoint, "--lengths", "2", *real])
    assert found[0]["length"] == "2" and found[0] not in first
    short = table(
        capsys,
        ["evaluate", checkpoint, "--task", "shortest_path", "--lengths", "1"]
        + ["--task-options", "digits", "1", "max_length", "1", "max_nodes", "5"],
    )
    assert short[0]["length"] == "1"


def test_what_does_not_fit_is_refused_in_one_line(checkpoint, capsys):
    said = refusal(capsys, ["evaluate", checkpoint, "--task", "copy"])
    assert "the network was trained with input_size 32, output_size 30" in said
    assert "on this task it needs input_size 10, output_size 8" in said
    assert "there is no checkpoint nowhere.pt" in refusal(capsys, ["evaluate", "nowhere.pt"])
    assert "'max_node'" in refusal(
        capsys, ["evaluate", checkpoint, "--task-options", "max_node", "3"]
    )


def test_sequences_of_another_file_are_tested_where_the_symbols_are_the_same(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for name, largest in (("many", 4), ("few", 2), ("more", 7)):
        inputs = rng.random((3, 20, 2)).astype(np.float32)
        targets = rng.integers(largest, size=(3, 20, 1))
        targets[0, :2] = largest
        np.savez(tmp_path / f"{name}.npz", inputs=inputs, targets=targets)
    many, few, more = (str(tmp_path / f"{name}.npz") for name in ("many", "few", "more"))
    model = ["--cell", "none", "--controller-size", "6", "--folder", str(tmp_path / "runs")]
    assert main(["train", "--task", many, *model, *QUICK]) == 0
    (checkpoint,) = map(str, (tmp_path / "runs").glob("*/checkpoint.pt"))
    rows = table(
        capsys, ["evaluate", checkpoint, "--task", few, "--task-options", "vocabulary", "5"]
    )
    assert [row["length"] for row in rows] == ["3"]
    for other in (few, more):
        said = refusal(capsys, ["evaluate", checkpoint, "--task", other])
        assert "the network was trained with input_size 2, output_size 5" in said


def test_as_many_words_are_not_the_same_words(tmp_path, capsys):
    for kind, place in ((1, "attic"), (2, "cellar")):
        story = f"1 Ann is in the {place}.\n2 Where is Ann?\t{place}\t1\n"
        for part in ("train", "test"):
            (tmp_path / f"qa{kind}_some-name_{part}.txt").write_text(story)
    folder = ["--task-options", "folder", str(tmp_path), "kinds"]
    model = ["--cell", "none", "--controller-size", "6", "--folder", str(tmp_path / "runs")]
    assert main(["train", "--task", "babi", *folder, "[1]", *model, *QUICK]) == 0
    (checkpoint,) = map(str, (tmp_path / "runs").glob("*/checkpoint.pt"))
    said = refusal(capsys, ["evaluate", checkpoint, *folder, "[2]"])
    assert "trained with other words than those of this task" in said


def test_another_kind_of_answer_is_refused(checkpoint, tmp_path, capsys):
    inputs, targets = np.zeros((3, 9, 32), np.float32), np.zeros((3, 9, 30), bool)
    np.savez(tmp_path / "bits.npz", inputs=inputs, targets=targets)
    said = refusal(capsys, ["evaluate", checkpoint, "--task", str(tmp_path / "bits.npz")])
    assert "the network answers with Fields(count=3, vocabulary=10)" in said
    assert "this task asks for Bits(width=30)" in said
