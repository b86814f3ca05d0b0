"""A page as a browser sees it, and the files of a report."""

from html.parser import HTMLParser

from reports.blocks import Picture
from reports.chapters import chapters
from reports.document import _sections, _unique, render
from reports.results import read

PAIR = ("ntm/soft", "ntm/reinforce")


class Page(HTMLParser):
    """What a browser would make of a page: elements, links, section ids."""

    void = frozenset(["meta", "link", "br", "img", "input", "hr"])

    def __init__(self, text):
        super().__init__()
        self.sections, self.links, self.tags, self.open = [], [], set(), []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        if tag not in self.void:
            self.open.append(tag)
        if tag == "section":
            self.sections.append(found["id"])
        for name in ("href", "src", "xlink:href"):
            if name in found:
                self.links.append(found[name])

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.void:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def files(folder):
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def without_figures(store):
    """The page of a report with nothing drawn in it, for what it says in words."""
    results = read(store)
    found = list(chapters(results))
    named = _unique(list(_sections(found, results)))
    blocks = [block for section in named for block in section.blocks]
    pictures = [block.name for block in blocks if isinstance(block, Picture)]
    return render(results, found, named, dict.fromkeys(pictures, ""))
