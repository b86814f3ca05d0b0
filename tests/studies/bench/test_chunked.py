"""`bench chunked`: its rows and files, what it says of lengths, and what fails."""

import pandas as pd
import pytest

from memnets.cli.main import main
from studies.bench import chunked_point
from studies.bench.chunked import BenchChunked, crossovers
from studies.bench.timing import NotCovered


@pytest.mark.slow
def test_it_publishes_a_row_per_memory_length_and_form(tmp_path, capsys):
    cells = ["--cells", "delta", "mlstm", "--lengths", "2", "1"]
    sizes = ["--batch", "2", "--controller-size", "4", "--threads", "1", "--repeats", "2"]
    assert main(["bench", "chunked", *cells, *sizes, "--folder", str(tmp_path)]) == 0
    home = tmp_path / "bench" / "chunked"
    files = {"table.md", "results.csv", "machine.json", "chunked.svg", "chunked.png"}
    assert {path.name for path in home.iterdir()} == files
    rows = pd.read_csv(home / "results.csv")
    assert list(rows["cell"]) == ["delta"] * 4 + ["mlstm"] * 4
    assert list(rows["length"]) == [1, 1, 2, 2] * 2
    assert list(rows["backend"]) == ["reference", "chunked"] * 4
    reference, chunked = rows["ms"][::2].to_numpy(), rows["ms"][1::2].to_numpy()
    assert reference / chunked == pytest.approx(rows["ratio"][1::2].to_numpy())
    assert rows["peak_mb"].notna().all()
    said = capsys.readouterr().out
    assert "Peak (MB)" in said and "mlstm: chunked is " in said


def test_memory_grows_with_the_length():
    short, long = chunked_point.peaks("delta", "chunked", [8, 256], 8, 16).values()
    assert long > short


def test_a_form_that_refuses_a_model_does_not_run_as_another():
    with pytest.raises(NotCovered, match="no form for whole sequences"):
        chunked_point.timer("ntm", "chunked", 2, 1, 4)


def test_memory_that_cannot_be_measured_has_a_note(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "false")
    sizes = {"batch": 1, "controller_size": 4, "threads": 1, "repeats": 1}
    bench = BenchChunked(cells=("delta",), lengths=(2,), folder=tmp_path, **sizes)
    rows = bench().rows
    assert [row["note"] for row in rows] == ["failed: memory: status 1"] * 2
    assert all(row["ms"] > 0 for row in rows)


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ({16: 2, 64: 3, 256: 4}, "at every length measured, from 16 steps on"),
        ({1: 2, 2: 3}, "at every length measured, from 1 step on"),
        ({1: 0.5, 2: 0.9, 4: 4}, "is faster from 4 steps on, and not at 2"),
        ({16: 2, 64: 0.9, 256: 4}, "is faster from 256 steps on, and not at 64"),
        ({16: 2, 64: 3, 256: 1}, "is not faster at the longest length measured, 256 steps"),
    ],
)
def test_the_length_from_which_on_it_is_faster(ratios, said):
    rows = [
        {"cell": "delta", "backend": "chunked", "length": length, "ratio": ratio}
        for length, ratio in ratios.items()
    ]
    failed = {"cell": "delta", "backend": "chunked", "length": 1024, "note": "failed: x"}
    (sentence,) = crossovers([*rows, failed])
    assert sentence.startswith("delta: ") and said in sentence
