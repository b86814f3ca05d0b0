"""Every block of code that README and docs print is executed, understood, or says why it is not."""

import functools
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from envs.tasks import tasks
from memnets.registry import Registry, cells, estimators
from studies.design.study import studies
from studies.procedures.base import procedures

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ANY_FENCE = re.compile(r"^ *(```|~~~)", re.MULTILINE)
REASON = re.compile(r"<!-- not run: (\S.*\S) -->\s*\Z")
# pages whose blocks of Python tests of their own run
ELSEWHERE = {
    "README.md": "tests/test_readme.py",
    "docs/models.md": "tests/memnets/test_docs_models.py",
    "docs/agents.md": "tests/memnets/sb3/test_docs_agents.py",
    "docs/tapes.md": "tests/envs/tapes/test_docs.py",
    "docs/watching.md": "tests/test_docs_watching.py",
}
# what blocks of a page take for granted: files, and names that its text speaks of
BEFORE = {
    "docs/rows.md": "import torch\ninputs_TBX = torch.randn(5, 2, 10)",
    "docs/store.md": """
from memnets import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, run

study = Study(
    "shelf_or_tape", "?", {"copy": TaskSpec("copy", {"max_length": 1, "width": 2})},
    {"ntm/soft": ModelSpec("ntm", controller_size=4, cell_options={"slots": 3, "width": 2})},
    Supervised(updates=2, evaluate_every=2, test_sequences=2, backend="reference"), seeds=(0,),
)
run(study, ResultStore("runs/shelf_or_tape"), workers=0)
""",
    "docs/tasks.md": """
from pathlib import Path

folder = Path("tasks_1-20_v1-2/en")
folder.mkdir(parents=True)
story = "1 Mary moved to the bathroom.\\n2 Where is Mary? \\tbathroom\\t1\\n"
(folder / "qa1_single-supporting-fact_train.txt").write_text(story)
""",
}
REGISTRIES: tuple[Registry[Any], ...] = (cells, estimators, tasks, studies, procedures)
"""What blocks register in is as it was afterwards."""
SHELL = {
    "memnets": "tests/test_docs_commands.py parses it",
    "make": "a target of the Makefile, which a test below looks up",
    "python docs/": "tests/test_docs_commands.py runs its --help",
    "python -m pytest": "the path of tests, which a test below looks up",
    "python -m venv": "makes a virtual environment",
    "python -m timeit": "measures for a while",
    "pip": "installs or downloads",
    "git clone": "downloads",
    "dask scheduler": "tests/studies/running/nodes.py starts it",
    "dask worker": "tests/studies/running/nodes.py starts it",
    "cd": "changes the folder",
}
"""How a line of a shell block may begin, and who looks after it."""


class Block(NamedTuple):
    page: str
    line: int
    language: str
    code: str
    reason: str

    @property
    def where(self) -> str:
        return f"{self.page}, line {self.line}"


@functools.cache
def blocks() -> tuple[Block, ...]:
    found = []
    for page in PAGES:
        text, name = page.read_text(encoding="utf-8"), str(page.relative_to(ROOT))
        for match in BLOCK.finditer(text):
            marked = REASON.search(text[: match.start()])
            line = text[: match.start()].count("\n") + 1
            found.append(Block(name, line, match[1], match[2], marked[1] if marked else ""))
    return tuple(found)


def of(language: str) -> list[Block]:
    return [block for block in blocks() if block.language == language and not block.reason]


def shell_lines() -> list[str]:
    lines: list[str] = []
    for block in of("sh"):
        lines += block.code.replace("\\\n", " ").splitlines()
    return [line.partition(" #")[0].strip() for line in lines if line.strip()]


def test_a_block_is_python_or_shell_or_says_why_it_is_not_run():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fences = len(ANY_FENCE.findall(text))
        assert fences == 2 * len(BLOCK.findall(text)), f"{page}: a fence that is not at the margin"
    odd = [b.where for b in blocks() if b.language not in ("python", "sh") and not b.reason]
    assert odd == []
    assert len(of("python")) > 25 and len(of("sh")) > 25


# long trainings of pages, as tests run them
SHORTER = {"docs/tutorial.md": ("updates=1_000", "updates=2")}
OUTPUT = "the output of the block above, which a test compares"
PYTHON_PAGES = sorted({block.page for block in of("python")} - set(ELSEWHERE))


@pytest.fixture
def registered_before():
    """Forgets what a page registers."""
    before = {registry: dict(registry._registered) for registry in REGISTRIES}
    yield
    for registry, things in before.items():
        registry._registered = things
        registry._found.clear()


@pytest.mark.parametrize("page", PYTHON_PAGES)
def test_the_python_of_a_page_runs_block_by_block(
    page, tmp_path, monkeypatch, capsys, registered_before
):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    exec(BEFORE.get(page, ""), names)
    long, short = SHORTER.get(page, ("", ""))
    assert any(long in block.code for block in blocks() if block.page == page)
    for block in blocks():
        if block.page == page and block.language == "python" and not block.reason:
            capsys.readouterr()
            code = "\n" * block.line + block.code.replace(long, short)
            exec(compile(code, str(ROOT / page), "exec"), names)
        elif block.page == page and block.reason == OUTPUT:
            assert capsys.readouterr().out == block.code, block.where


@pytest.mark.parametrize("page", ELSEWHERE)
def test_other_pages_have_a_test_that_reads_their_blocks(page):
    text = (ROOT / ELSEWHERE[page]).read_text(encoding="utf-8")
    assert Path(page).name in text and "python" in text and "exec(" in text


def test_a_line_of_shell_is_of_a_kind_that_is_looked_after():
    starts = (
        *SHELL,
        "#",
        *(f".venv/bin/{s}" for s in SHELL),
        *(f"environment/bin/{s}" for s in SHELL),
    )
    lines = [re.sub(r"^(\w+=\S+ )+", "", line) for line in shell_lines()]
    assert [line for line in lines if not line.startswith(starts)] == []


def test_what_make_and_pytest_are_asked_for_is_there():
    made = re.compile(r"^([a-z-]+):", re.MULTILINE)
    targets = set(made.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    lines = shell_lines()
    asked = [word for line in lines if line.startswith("make ") for word in line.split()[1:]]
    named = {word for word in asked if "=" not in word and not word.startswith("-")}
    assert {"demo", "test"} <= named <= targets
    tested = [word for line in lines if " pytest" in line for word in line.split()]
    paths = [word for word in tested if word.startswith("tests/")]
    assert paths and [path for path in paths if not (ROOT / path).exists()] == []
