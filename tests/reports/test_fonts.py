"""Labels in any writing: drawn where a font has their characters, told apart by codes elsewhere."""

import warnings

import matplotlib
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.figure import Figure

from memnets.spec import ModelSpec
from reports import build, fonts, style

CHINESE, JAPANESE, KOREAN = "软地址", "ソフト", "소프트"
LABELS = [CHINESE, JAPANESE, KOREAN, "硬地址"]


@pytest.fixture
def no_font(monkeypatch):
    """A machine with matplotlib's own fonts alone."""
    own = matplotlib.get_data_path()
    mine = [entry for entry in font_manager.fontManager.ttflist if entry.fname.startswith(own)]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", mine)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    fonts._search.cache_clear()
    yield
    fonts._search.cache_clear()


@pytest.fixture
def a_font(no_font, monkeypatch, tmp_path):
    """The same with one more font, not in matplotlib's list yet, that has all labels."""
    path = tmp_path / "Han.ttf"
    made_font(path, "Test Han", "".join(LABELS))
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(path)])
    return "Test Han"


def made_font(path, family, characters):
    """A font in which every character is a bar."""
    names = [".notdef", *(f"u{ord(each):04x}" for each in dict.fromkeys(characters))]
    pen = TTGlyphPen(None)
    for place in ((100, 0), (100, 800), (300, 800), (300, 0)):
        (pen.moveTo if place == (100, 0) else pen.lineTo)(place)
    pen.closePath()
    bar = pen.glyph()
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({int(name[1:], 16): name for name in names[1:]})
    builder.setupGlyf(dict.fromkeys(names, bar))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


@style.themed
def figure(frame: pd.DataFrame, *, title: str) -> Figure:
    made = style.canvas(2)
    axes = made.subplots()
    axes.set_title(title)
    axes.set_yticks(range(len(frame)), list(frame["model"]))
    return made


def drawn(labels):
    made = figure(pd.DataFrame({"model": labels, "n": 1}), title=labels[0])
    made.draw_without_rendering()
    (axes,) = made.axes
    return axes.title, axes.get_yticklabels()


def test_a_font_of_the_machine_draws_what_the_own_one_lacks(a_font):
    title, ticks = drawn([*LABELS, "soft λ"])
    assert [tick.get_text() for tick in ticks] == [*LABELS, "soft λ"]
    for text in (title, *ticks):
        assert text.get_fontfamily() == [*fonts.FAMILIES, a_font]
    assert fonts.note(LABELS) == ()


def test_labels_stay_apart_where_no_font_has_them(no_font):
    _, ticks = drawn([*LABELS, "soft λ"])
    shown = [tick.get_text() for tick in ticks]
    assert shown[0] == r"\u8f6f\u5730\u5740" and shown[-1] == "soft λ"
    assert len(set(shown)) == len(shown)
    (sentence,) = fonts.note(LABELS)
    assert "软" in sentence and r"\u30bd" in sentence and "10 characters" in sentence


def test_a_font_that_lacks_some_leaves_these_as_codes(a_font):
    _, (tick,) = drawn([f"{CHINESE} 龘"])
    assert tick.get_text() == rf"{CHINESE} \u9f98"


def test_fonts_are_searched_for_only_where_one_is_needed(monkeypatch):
    monkeypatch.setattr(fonts, "_search", None)
    assert fonts.fonts_for(["soft λ → σ, ±"]) == fonts.Fonts((), frozenset())


@pytest.mark.slow
@pytest.mark.parametrize("place", ["a_font", "no_font"])
def test_a_report_in_any_writing_keeps_its_files_apart_and_says_once_what_it_cannot_draw(
    place, request, store_of, tmp_path
):
    request.getfixturevalue(place)
    sizes = dict(zip(LABELS, (4, 8, 16, 32), strict=True))
    specs = {label: ModelSpec("ntm", controller_size=size) for label, size in sizes.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = build(store_of(specs=specs, seeds=(0,)), tmp_path / "report")
    text = page.read_text(encoding="utf-8")
    assert text.count("No font on the machine") == (place == "no_font")
    assert all(label in text for label in LABELS)
    pictures = {path.stem for path in (page.parent / "figures").glob("addressing-*.svg")}
    assert len(pictures) == 4
