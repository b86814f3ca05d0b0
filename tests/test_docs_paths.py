"""What the pages for contributors name is there, and they name every group of plug-ins."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("memnets", "envs", "studies", "reports", "tests", "docs")
PATH = re.compile(rf"`((?:{'|'.join(PACKAGES)})/[^`\s]*)`")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_path_that_a_page_names_is_there(page):
    named = PATH.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(named) > 10
    # <name> stands for a name of the contributor's own, * for any
    patterns = {re.sub(r"<[^>]*>", "*", path) for path in named}
    missing = [path for path in sorted(patterns) if not list(ROOT.glob(path.rstrip("/")))]
    assert missing == []


def test_contributing_names_every_group_of_entry_points():
    files = [path for name in PACKAGES[:4] for path in (ROOT / name).rglob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    homes = "|".join(PACKAGES[:4])
    groups = set(re.findall(rf'"(memnets\.[a-z_]+)",\s+(?:home=)?"(?:{homes})\.', source))
    assert {"memnets.cells", "memnets.sections", "memnets.triton_cells"} <= groups
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [group for group in sorted(groups) if f"`{group}`" not in page] == []
