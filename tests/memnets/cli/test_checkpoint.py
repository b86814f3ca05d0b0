"""`memnets train --checkpoint`: what is taken, and what is said of other files."""

import torch

from . import shell


def train(folder, *more):
    return shell.train(folder, "--procedure.backend", "reference", *more)


def test_a_checkpoint_in_another_folder_brings_its_rows_along(tmp_path):
    assert train(tmp_path / "one") == 0
    (checkpoint,) = (tmp_path / "one").glob("*/checkpoint.pt")
    assert train(tmp_path / "two", "--checkpoint", str(checkpoint)) == 0
    (rows,) = (tmp_path / "two").glob("*/metrics.jsonl")
    assert rows.read_text() == checkpoint.with_name("metrics.jsonl").read_text()


def test_a_checkpoint_that_lies_alone_is_gone_on_from(tmp_path):
    assert train(tmp_path / "one") == 0
    (checkpoint,) = (tmp_path / "one").glob("*/checkpoint.pt")
    alone = tmp_path / "mine.pt"
    alone.write_bytes(checkpoint.read_bytes())
    assert train(tmp_path / "two", "--checkpoint", str(alone)) == 0
    assert list((tmp_path / "two").glob("*/model.pt"))


def test_a_file_that_is_no_checkpoint_is_named_for_what_it_is(tmp_path, capsys):
    assert train(tmp_path / "one") == 0
    (model,) = (tmp_path / "one").glob("*/model.pt")
    bare = tmp_path / "bare.pt"
    torch.save(torch.nn.Linear(2, 2).state_dict(), bare)
    for path, said in ((bare, "as the state_dict of a module"), (model, "memnets.save wrote")):
        capsys.readouterr()
        assert train(tmp_path / "two", "--checkpoint", str(path)) == 2
        err = capsys.readouterr().err
        assert said in err and "memnets study run` wrote" in err and err.count("\n") == 1
        # the file may be the only copy of somebody's work
        assert "delete" not in err
        assert path.exists()
