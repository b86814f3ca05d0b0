"""The README's blocks run as they are printed."""

import re
from pathlib import Path

import pytest

from memnets.registry import cells

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def block(word: str) -> str:
    (found,) = [text for text in BLOCKS if word in text]
    return found


@pytest.fixture
def shelf():
    """The README's own memory, registered as its text says; forgotten afterwards."""
    text = block("@mn.cells.register")
    names: dict[str, object] = {"__name__": "readme"}
    exec(text, names)
    yield text
    cells._registered.pop("shelf")


def test_the_readme_registers_a_memory_in_under_forty_lines(shelf):
    assert len(shelf.splitlines()) < 40
    assert "shelf" in cells
    assert re.findall(r"^(?:import|from) .*", shelf, re.M) == ["import memnets as mn"]


def test_the_readmes_first_model_trains():
    exec(block('ModelSpec("dnc", "reinforce"'), {})


def test_the_readmes_study_and_report_run(shelf, tmp_path, monkeypatch):
    from reports import build
    from studies import ResultStore

    monkeypatch.chdir(tmp_path)
    text = block("shelf_or_tape")
    shorter = text.replace("updates=2_000", "updates=2").replace("(0, 1, 2, 3, 4)", "(0,)")
    assert shorter != text
    exec(shorter, {})
    page = build(ResultStore("runs/shelf_or_tape"), tmp_path / "report")
    assert "shelf/gumbel" in page.read_text(encoding="utf-8")


def test_the_readmes_network_is_saved_and_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(block("mn.load"), names)
    assert names["rollout"].logits_TBY.shape == (20, 32, 8) and not names["network"].training


def test_the_readmes_environments_are_there():
    names: dict[str, object] = {}
    exec(block("gym.make"), names)
    assert names["many"].num_envs == 256


def test_the_readmes_ppo_trains():
    names: dict[str, object] = {}
    exec("import envs\n" + block("PPO"), names)
    assert names["crowd"].num_envs == 8


def test_the_readme_names_every_built_in():
    from memnets.registry import controllers, estimators

    text = README.read_text(encoding="utf-8")
    # tasks are many: the README names the groups, and docs/tasks.md has a row for each
    for registry in (cells, estimators, controllers):
        for name in registry._builtins:
            assert f"`{name}`" in text, name
