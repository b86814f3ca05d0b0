"""`bench store`: what it makes and measures."""

import pandas as pd
import pytest

from memnets.cli.main import main
from studies.bench import store
from studies.running.rows_cache import CACHE


@pytest.mark.slow
def test_bench_store_publishes_a_row_per_way_of_loading(tmp_path, capsys):
    sizes = ["--trials", "3", "--rows", "4", "--repeats", "2"]
    assert main(["bench", "store", *sizes, "--folder", str(tmp_path)]) == 0
    home = tmp_path / "bench" / "store"
    files = {"table.md", "results.csv", "machine.json", "store.svg", "store.png"}
    assert {path.name for path in home.iterdir()} == files
    rows = pd.read_csv(home / "results.csv")
    assert list(rows["way"]) == ["without caches", "with caches", "facts"]
    assert rows["rows"].tolist() == [12] * 3
    assert (rows["peak_mb"] >= rows["before_mb"]).all() and (rows["before_mb"] > 10).all()
    assert "Peak (MB)" in capsys.readouterr().out


def test_the_store_that_is_loaded_is_of_finished_trials_with_their_rows(tmp_path):
    made = store.fill(tmp_path / "store", 3, 6)
    frame = made.load()
    assert frame.groupby("trial").size().tolist() == [6] * 3
    assert len(made.facts()) == 3 and len(list(tmp_path.rglob(CACHE))) == 3
    assert frame["kind"].tolist()[:6] == ["train", "test", "test", "test", "test", "train"]
