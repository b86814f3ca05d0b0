"""The site of the docs: every page has its place, and the build lets nothing pass."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
yaml = pytest.importorskip("yaml")
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def pages(nav) -> set[str]:
    """The files that the navigation names."""
    if isinstance(nav, str):
        return {nav}
    parts = nav.values() if isinstance(nav, dict) else nav
    return set().union(*(pages(part) for part in parts))


def test_every_page_has_its_place_in_the_navigation():
    there = {path.name for path in (ROOT / "docs").glob("*.md")}
    named = {name for name in pages(SITE["nav"]) if "/" not in name}
    assert there == named


def test_the_gallery_names_every_result():
    gallery = (ROOT / "docs/results/index.md").read_text(encoding="utf-8")
    results = [path.name for path in (ROOT / "docs/results").glob("*.md")]
    missing = [name for name in results if name != "index.md" and f"({name})" not in gallery]
    assert missing == []


def test_a_warning_of_the_build_is_an_error():
    assert SITE["strict"] is True
    assert SITE["validation"]["links"]["anchors"] == "warn"
    assert "mkdocs build" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "make docs" in (ROOT / ".ci/run").read_text(encoding="utf-8")
