"""Figures as a test looks at them."""

import matplotlib
from matplotlib.figure import Figure


def drawn(figure):
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    return figure


def texts(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
