"""`bench memory`: the columns of its rows, and the notes of points that are not run or fail."""

import pandas as pd
import pytest

from memnets.cli.main import main
from studies.bench.memory import measure
from studies.bench.memory_models import MODELS
from studies.bench.memory_point import measured

COLUMNS = ["model", "slots", "batch", "steps", "ms", "address_ms", "access_ms", "peak_mb"]
COLUMNS += ["buffer_mb", "note"]
POINT = {"slots": 32, "batch": 2, "steps": 4, "width": 4}


@pytest.mark.parametrize("model", list(MODELS))
def test_every_model_is_measured(model, monkeypatch):
    if "index" in model:
        pytest.importorskip("faiss")
    monkeypatch.setattr("studies.bench.memory_point._keep_within", lambda limit: None)
    monkeypatch.setattr("studies.bench.memory_point.TIMED_S", 0.0)
    row = measured(model, **POINT, limit_s=600, limit_mb=1e6)
    assert list(row) == COLUMNS
    assert row["ms"] > 0 and row["access_ms"] > 0
    assert row["ms"] == pytest.approx(row["address_ms"] + row["access_ms"]) or not row["address_ms"]
    assert row["buffer_mb"] == 2 * 32 * 4 * 4 / 1e6


@pytest.mark.parametrize(
    ("limits", "why"),
    [({"limit_s": 0.0, "limit_mb": 1e6}, "s and"), ({"limit_s": 600, "limit_mb": -1e3}, "MB by")],
)
def test_a_point_beyond_a_limit_is_not_run_and_has_a_note(limits, why, monkeypatch):
    monkeypatch.setattr("studies.bench.memory_point._keep_within", lambda limit: None)
    row = measured("ntm/soft", **POINT, **limits)
    assert row["ms"] is None and row["peak_mb"] is None
    assert "not run: would take about" in row["note"] and why in row["note"]


def test_a_point_in_a_process_of_its_own_has_the_same_columns():
    rows = measure([16], batch=2, steps=3, width=4, models=["least used/one row"])
    assert [list(row) for row in rows] == [COLUMNS]


def test_a_point_that_does_not_fit_has_a_note():
    # links of 2 x 200,000 x 200,000 numbers
    (row,) = measure([200_000], batch=2, steps=3, width=4, models=["dnc/soft"])
    assert row["ms"] is None
    assert "does not fit in" in row["note"]


def test_a_point_that_fails_has_a_note():
    (row,) = measure([0], batch=2, steps=3, width=4, models=["ntm/soft"])
    assert list(row) == COLUMNS and row["ms"] is None
    assert row["note"].startswith("failed: ValueError: slots must be")


@pytest.mark.slow
def test_without_faiss_the_other_memories_are_measured(tmp_path, monkeypatch, capsys):
    (tmp_path / "faiss.py").write_text("raise ImportError('not here')")
    monkeypatch.syspath_prepend(tmp_path)
    sizes = ["--slots", "16", "--batch", "2", "--steps", "3", "--width", "4"]
    models = ["--models", "sam/top_k by index", "least used/one row"]
    # the status says that something failed
    assert main(["bench", "memory", *sizes, *models, "--folder", str(tmp_path)]) == 1
    rows = pd.read_csv(tmp_path / "bench" / "memory" / "results.csv").set_index("model")
    note = rows.loc["sam/top_k by index", "note"]
    assert note.startswith("failed: ImportError") and "pip install faiss-cpu" in note
    assert rows.loc["least used/one row", "ms"] > 0
