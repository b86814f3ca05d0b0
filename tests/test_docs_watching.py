"""The recipes of docs/watching.md run as they are printed, as far as their libraries are there."""

import csv
import importlib.util
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "watching.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the first recipe, which needs no library, leaves for the others."""
    monkeypatch.chdir(tmp_path)
    found: dict[str, object] = {}
    exec(BLOCKS[0], found)
    return found


def test_curves_go_to_a_csv_file(names, tmp_path):
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["step"] for row in rows} == {"10", "20"}
    assert {row["model"] for row in rows} == {"ntm"} and 0 <= float(rows[0]["accuracy"]) <= 1


@pytest.mark.parametrize("library", ["tensorboard", "wandb", "mlflow"])
@pytest.mark.filterwarnings("ignore")
def test_other_recipes_run_where_their_library_is_installed(library, names, tmp_path, monkeypatch):
    # mlflow-skinny, which has the module too, keeps no database
    needed = [library, "sqlalchemy"] if library == "mlflow" else [library]
    if not all(map(importlib.util.find_spec, needed)):
        pytest.skip(f"{library} is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    words = {
        "tensorboard": "TensorBoard(",
        "wandb": "import wandb",
        "mlflow": "import MlflowClient",
    }
    (text,) = [block for block in BLOCKS if words[library] in block]
    exec(text, names)
    left = {"tensorboard": "runs/again/tensorboard/*/events.out.*", "wandb": "wandb/offline-run-*"}
    assert list(tmp_path.glob(left.get(library, "mlflow.db")))
    if library == "mlflow":
        client = names["MlflowClient"]("sqlite:///mlflow.db")
        (made,) = client.search_runs([client.get_experiment_by_name("watched").experiment_id])
        assert made.info.status == "FINISHED" and "own 2/accuracy" in made.data.metrics
