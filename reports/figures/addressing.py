"""Where the heads pointed while one sequence was read and answered (as in NTM, figure 6)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage

from studies.procedures.trace_arrays import Trace

from .. import style

_MANY_SLOTS = 40
_SIGNAL = LinearSegmentedColormap.from_list("signal", ["#f1f3f6", "#1f2429"])
_WEIGHT = "magma"


@style.themed
def addressing(trace: Trace) -> Figure:
    """Input, target and output on the left, the weights of every head on the right.

    Time runs to the right in all panels; the dashed line is where the answer begins.
    """
    heads = len(trace["heads"])
    figure = style.canvas(1.1 + (1.45 * max(heads, 2) if heads < 4 else 1.05 * heads))
    halves: Any = figure.subfigures(1, 2, width_ratios=[1, 1.15])
    _draw_signals(halves[0], trace)
    _draw_heads(halves[1], trace)
    return figure


def _draw_signals(part: SubFigure, trace: Trace) -> None:
    signals = _signals(trace)
    ratios = [float(min(max(signal_TX.shape[1], 3), 16)) for signal_TX in signals.values()]
    # beside many heads the signals keep their size, and the rest of the column stays empty
    spare = sum(ratios) * max(len(trace["heads"]) - 3, 0) / 4
    grid = part.add_gridspec(len(signals) + 1, 1, height_ratios=[*ratios, spare or 1e-3])
    for row, (name, signal_TX) in enumerate(signals.items()):
        axes = part.add_subplot(grid[row])
        axes.imshow(
            signal_TX.T, cmap=_SIGNAL, vmin=0, vmax=1, aspect="auto", interpolation="nearest"
        )
        axes.set(title=name, yticks=[])
        axes.tick_params(labelbottom=row == len(signals) - 1)
        axes.grid(False)
        _begin(axes, trace["mask_T"], style.MUTED)
    axes.set_xlabel("time step")


def _draw_heads(part: SubFigure, trace: Trace) -> None:
    weights_THN, names = trace["weights_THN"], _names([str(name) for name in trace["heads"]])
    panels = np.atleast_1d(part.subplots(len(names), 1, sharex=True))
    slots = _used(weights_THN)
    for index, (axes, name) in enumerate(zip(panels, names, strict=True)):
        image = _draw_head(axes, trace, index, slots)
        axes.set(title=name, ylabel="slot")
    panels[-1].set_xlabel("time step")
    _weight_bar(part, image, list(panels))


@style.themed
def side_by_side(models: Mapping[str, Mapping[int | None, Trace]]) -> Figure:
    """Models beside each other, and below each its heads at every length that was traced.

    Of several heads of one kind the first is drawn; a model without a head has an empty panel.
    """
    kinds = dict.fromkeys(
        str(head)
        for found in models.values()
        for trace in found.values()
        for head in trace["heads"]
    )
    lengths = dict.fromkeys(length for found in models.values() for length in found)
    rows = [(length, kind) for length in lengths for kind in kinds]
    figure = style.canvas(0.9 + 1.15 * len(rows))
    panels = figure.subplots(len(rows), len(models), squeeze=False)
    images = []
    for column, (name, found) in enumerate(models.items()):
        panels[0, column].set_title("\n".join(textwrap.wrap(name, 100 // len(models))))
        for row, (length, kind) in enumerate(rows):
            axes, trace = panels[row, column], found.get(length)
            if trace is None or kind not in trace["heads"]:
                axes.set_axis_off()
                continue
            index = list(map(str, trace["heads"])).index(kind)
            images.append(_draw_head(axes, trace, index, _used(trace["weights_THN"])))
            if not any(each.get_ylabel() for each in panels[row]):
                at = "" if length is None else f"\nlength {length}"
                axes.set_ylabel(f"{kind} head{at}")
    for shown in ([axes for axes in column if axes.axison] for column in panels.T):
        if shown:
            shown[-1].set_xlabel("time step")
    _weight_bar(figure, images[0], list(panels.flat))
    return figure


def _draw_head(axes: Axes, trace: Trace, index: int, slots: tuple[int, int]) -> AxesImage:
    """The weights that one head gave the slots from the first to before the second."""
    weights_THN, (low, high) = trace["weights_THN"], slots
    image = axes.imshow(
        weights_THN[:, index, low:high].T,
        cmap=_WEIGHT,
        norm=PowerNorm(0.5, vmin=0, vmax=1),
        aspect="auto",
        interpolation="nearest",
        extent=(-0.5, len(weights_THN) - 0.5, high - 0.5, low - 0.5),
    )
    axes.grid(False)
    _begin(axes, trace["mask_T"], "#ffffff")
    return image


def _weight_bar(part: Figure | SubFigure, image: AxesImage, panels: list[Axes]) -> None:
    ticks = [0, 0.05, 0.2, 0.5, 1]
    bar = part.colorbar(image, ax=panels, label="weight", ticks=ticks, shrink=0.9, pad=0.02)
    bar.ax.set_yticklabels([f"{tick:g}" for tick in ticks])


def _signals(trace: Trace) -> dict[str, np.ndarray]:
    outputs_TY, targets_TY = trace["outputs_TY"], trace["targets_TY"]
    # symbols have a probability for each of their vocabulary, bits have one each
    vocabulary = outputs_TY.shape[1] // targets_TY.shape[1]
    if vocabulary > 1:
        targets_TY = np.eye(vocabulary)[targets_TY.astype(int)].reshape(outputs_TY.shape)
    # outside the answer there is no target, and what the network says there is not scored
    scored_T1 = trace["mask_T"].astype(float)[:, None]
    return {
        "input": trace["inputs_TX"],
        "target": targets_TY * scored_T1,
        "output (probability)": outputs_TY * scored_T1,
    }


def _names(heads: list[str]) -> list[str]:
    counts = {name: heads.count(name) for name in heads}
    seen: dict[str, int] = {}
    names = []
    for name in heads:
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} head {seen[name]}" if counts[name] > 1 else f"{name} head")
    return names


def _used(weights_THN: np.ndarray) -> tuple[int, int]:
    """The slots worth drawing: all, or if there are many the range of those ever given 2 %."""
    slots = weights_THN.shape[2]
    if slots <= _MANY_SLOTS:
        return 0, slots
    used = np.flatnonzero(weights_THN.max(axis=(0, 1)) >= 0.02)
    if not len(used):
        return 0, slots
    return max(int(used[0]) - 2, 0), min(int(used[-1]) + 3, slots)


def _begin(axes: Axes, mask_T: np.ndarray, colour: str) -> None:
    scored = np.flatnonzero(mask_T)
    if len(scored) and scored[0]:
        axes.axvline(scored[0] - 0.5, color=colour, linewidth=0.9, linestyle=(0, (3, 2)))
