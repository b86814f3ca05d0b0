"""When a compiled kernel is out of date: when code that it is made of has changed."""

import ast
import shutil
from pathlib import Path

import pytest

pytest.importorskip("numba")

import memnets
from memnets.backends.numba.compiler import stamps
from memnets.backends.numba.compiler.stamps import stamp

PACKAGE = Path(memnets.__file__).parent


def is_kernel_file(path: Path) -> bool:
    return "@kernel\n" in path.read_text()


@pytest.fixture
def copied(tmp_path) -> Path:
    """The package's sources elsewhere."""
    target = tmp_path / "memnets"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__"))
    yield target
    clear()


def clear() -> None:
    stamp.cache_clear()
    stamps._parsed.cache_clear()


def stamps_of(copied: Path) -> dict[str, str]:
    """Of the files that hold kernels, by the name of the file."""
    clear()
    paths = sorted((copied / "backends" / "numba").rglob("*.py"))
    return {path.stem: stamp(path) for path in paths if is_kernel_file(path)}


def changed(copied: Path, file: Path, text: str = "\nADDED = 1\n") -> set[str]:
    """The kernel files whose stamps change when a text is put at the end of one file."""
    before, original = stamps_of(copied), file.read_text()
    file.write_text(original + text)
    after = stamps_of(copied)
    file.write_text(original)
    assert stamps_of(copied) == before
    return {stem for stem, one in after.items() if one != before[stem]}


def kernel_file(copied: Path, stem: str) -> Path:
    (found,) = (path for path in (copied / "backends").rglob(f"{stem}.py") if is_kernel_file(path))
    return found


def test_a_kernel_is_compiled_again_when_what_it_is_made_of_changes(copied):
    users = {"linear", "ntm_forward", "ntm_backward", "dnc_forward"}
    assert users <= changed(copied, kernel_file(copied, "linear"))
    assert {"content", "ntm_heads", "ntm_forward"} <= changed(
        copied, copied / "equations" / "content.py"
    )
    assert {"dispatch", "ntm_heads", "ntm_forward"} <= changed(
        copied, copied / "estimators" / "choices.py"
    )
    assert changed(copied, kernel_file(copied, "ntm_backward")) == {"ntm_backward"}
    assert "ntm_forward" not in changed(copied, kernel_file(copied, "recency"))
    assert "linear" not in changed(copied, kernel_file(copied, "content"))


def test_a_file_that_finds_the_modules_of_its_folder_is_made_of_them(copied):
    assert {"dispatch", "ntm_forward"} <= changed(copied, kernel_file(copied, "gumbel"))


def test_comments_docstrings_and_layout_compile_nothing_again(copied):
    file = kernel_file(copied, "linear")
    assert not changed(copied, file, "# a comment\n\n\n")
    assert not changed(copied, file, '\n"""A text."""\n')
    before, text = stamps_of(copied), file.read_text()
    file.write_text(text.replace('    """', '    """Say it otherwise: ', 1))
    assert file.read_text() != text
    assert stamps_of(copied) == before


def test_every_import_of_a_kernel_file_is_in_its_stamp():
    paths = [p for p in (PACKAGE / "backends" / "numba").rglob("*.py") if is_kernel_file(p)]
    assert paths
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                name = node.module or node.names[0].name
                file = path.parents[node.level - 1] / (name.replace(".", "/") + ".py")
                assert file in stamps._reached(path)


@pytest.mark.parametrize(
    "line",
    [
        "from .other import A",
        "from . import other",
        "from ..pack.other import A",
        "from pack.other import A",
        "from pack import other",
        "import pack.other as o",
    ],
)
def test_each_way_to_import_is_followed(tmp_path, line):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "kernel.py").write_text(line)
    (package / "between.py").write_text("from .far import A")
    (package / "other.py").write_text("from .between import A")
    (package / "far.py").write_text("A = 1")
    before = stamp(package / "kernel.py")
    (package / "far.py").write_text("A = 2")
    clear()
    assert stamp(package / "kernel.py") != before


def test_a_kernel_of_another_package_depends_on_ours(tmp_path):
    (tmp_path / "kernel.py").write_text("from memnets.backends.numba.linear import matmul")
    assert PACKAGE / "backends" / "numba" / "linear.py" in stamps._reached(tmp_path / "kernel.py")
