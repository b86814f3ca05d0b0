"""The core of the figures' font: what it draws is what the whole font draws."""

import matplotlib
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from reports import core_font, style, svg


def files(folder, text, families):
    core_font.ready()
    with matplotlib.rc_context({**style.THEME, "font.family": families}):
        figure = Figure(figsize=(3, 1))
        figure.text(0.1, 0.2, text)
        figure.text(0.1, 0.6, text, weight="bold")
        svg.save(figure, folder, "text", pdf=True)
    return {end: (folder / f"text.{end}").read_bytes() for end in ("svg", "png", "pdf")}


@pytest.mark.parametrize("text", ["AVAST fi 1,024 × 10⁻³ ≤ λ → …", "Łódź, naïve Ω", "пример and Ω"])
def test_pictures_are_the_same_with_the_core_and_without(tmp_path, text):
    whole = files(tmp_path, text, [core_font.OWN])
    found = files(tmp_path, text, [core_font.CORE, core_font.OWN])
    assert found["svg"] == whole["svg"] and found["png"] == whole["png"]
    assert core_font.CORE.encode() not in found["svg"]


def test_what_the_core_lacks_is_drawn_by_the_whole_font(tmp_path):
    # a character that no font has would be a warning, which is an error here
    found = files(tmp_path, "пример and Ω", [core_font.CORE, core_font.OWN])
    assert "пример and Ω" in found["svg"].decode()


def test_the_pdf_is_the_same_each_time(tmp_path):
    found = files(tmp_path, "soft 0.5", [core_font.CORE, core_font.OWN])["pdf"]
    core_font._files.cache_clear()
    manager = font_manager.fontManager
    manager.ttflist[:] = [each for each in manager.ttflist if each.name != core_font.CORE]
    assert files(tmp_path, "soft 0.5", [core_font.CORE, core_font.OWN])["pdf"] == found


def test_it_is_made_once_and_has_a_bold_face(monkeypatch):
    core_font.ready()
    monkeypatch.setattr(core_font, "_made", None)
    core_font.ready()
    weights = [
        each.weight for each in font_manager.fontManager.ttflist if each.name == core_font.CORE
    ]
    assert sorted(weights) == [400, 700]
