"""What `memnets bench store` and `report` measured: seconds and memory of each way."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import formats, style


@style.themed
def store_loading(frame: pd.DataFrame) -> Figure:
    """Seconds and the most memory per way, a bar each; the thin line is the range."""
    figure = style.canvas(0.4 * len(frame) + 1.0)
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(frame))
    left.barh(places, frame["seconds"], height=0.6, color=style.backend_colour("auto"))
    left.hlines(places, frame["seconds_least"], frame["seconds_most"], color=style.INK, lw=1)
    right.barh(places, frame["peak_mb"], height=0.6, color=style.backend_colour("auto"))
    if "before_mb" in frame:
        right.barh(places, frame["before_mb"], height=0.6, color=style.MUTED)
    for axes, column in ((left, "seconds_most"), (right, "peak_mb")):
        for place, value, shown in zip(
            places, frame[column], frame["seconds" if axes is left else column], strict=True
        ):
            axes.annotate(
                formats.number(shown),
                (value, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        axes.set_xlim(0, 1.2 * frame[column].max())
    left.set_yticks(places, list(frame["way"]))
    left.invert_yaxis()
    left.set(title="Time", xlabel="seconds")
    right.set(title="Most memory", xlabel="MB; grey: before" if "before_mb" in frame else "MB")
    return figure
