"""Powers of ten as plain text, and labels that stay text."""

import matplotlib.text
import pytest

from reports import style
from reports.powers import plain


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (r"$\mathdefault{10^{-3}}$", "10⁻³"),
        (r"$\mathdefault{-10^{1}}$", "−10¹"),
        (r"$\mathdefault{2\times10^{12}}$", "2×10¹²"),
        (r"$\mathdefault{0}$", "0"),
        ("", ""),
    ],
)
def test_a_power_is_written_without_mathematics(written, wanted):
    assert plain(written) == wanted


def test_a_logarithmic_axis_has_plain_numbers_and_any_label():
    @style.themed
    def drawn():
        figure = style.canvas(2.0)
        axes = figure.subplots()
        axes.plot([1, 1000], [0.001, 1], label="$x_{$")
        axes.set(xscale="log", yscale="log", title="$x_{$")
        axes.legend()
        return figure

    figure = drawn()
    figure.draw_without_rendering()
    texts = {text.get_text() for text in figure.findobj(matplotlib.text.Text)}
    assert {"$x_{$", "10²", "10⁻¹"} <= texts
    assert not any("mathdefault" in text for text in texts)
