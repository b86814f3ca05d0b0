"""The commands of `memnets bench`: their help, and one line for bad input."""

import pytest

from memnets.cli.bench import BENCHES
from memnets.cli.main import main

from .shell import refusal


@pytest.mark.parametrize("name", list(BENCHES))
def test_every_bench_explains_itself_without_torch(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["bench", name, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--cells", "ntn"], "'ntm'"),
        (["train", "--batches", "0"], "batches is (0,); all must be at least 1"),
        (["train", "--backends", "reference", "fuzed"], "fuzed"),
        (["train", "--repeats", "0"], "repeats is 0"),
        (["train", "--threads"], "threads is empty"),
        (["memory", "--slots", "0"], "at least 1"),
        (["memory", "--models", "nothing"], "no memory 'nothing'"),
        (["chunked", "--cells", "ntm"], "ntm has no chunked form; those that do are attention"),
        (["chunked", "--cells", "atention"], "'attention'"),
        (["chunked", "--lengths", "16", "0"], "lengths is (16, 0); all must be at least 1"),
        (["peers", "--checkout", "/nowhere"], "no checkout of a known peer"),
        (["peers", "--batches"], "batches is empty"),
        (["peers", "--no-install"], "no peer to time"),
        (["store", "--trials", "0"], "trials is 0; it must be at least 1"),
        (["trane"], "it has train"),
    ],
)
def test_bad_input_gets_one_line(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("memnets: ") and err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bench", "envs", "--seconds", "0"], "seconds is 0.0; a finite number above 0"),
        (["bench", "envs", "--seconds", "nan"], "seconds is nan; a finite number above 0"),
        (["bench", "train", "--slots", "0"], "slots is 0; it must be at least 1"),
    ],
)
def test_bad_input_gets_one_line_that_says_what_would_do(
    arguments, said, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(capsys, arguments)
    assert not list(tmp_path.rglob("done.json"))
