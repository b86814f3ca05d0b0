"""A page as a browser sees it, and the files of a report."""

from html.parser import HTMLParser

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
