"""A sheet of A4 paper to draw on, in mm from its upper left corner."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hcs.design.maps.lettering import in_print
from hcs.design.maps.paper import HEIGHT, WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLACK, GREY, PALE, RULE = "#000000", "#555555", "#e4e4e4", "#8c8c8c"
BOX = 2.9
"""Side of a box to tick, mm."""

Corner = tuple[float, float]


@dataclass
class Pen:
    """What is drawn on one sheet, kept until the sheet is made: many lines are drawn at once."""

    texts: list[tuple[float, float, str, dict[str, Any]]] = field(default_factory=list)
    lines: list[tuple[list[Corner], str, float]] = field(default_factory=list)
    areas: list[tuple[list[Corner], str]] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float, **look: Any) -> None:
        """Write a text; its size in pt."""
        words = {"fontsize": size, "color": BLACK, "va": "baseline", **look}
        self.texts.append((x, y, in_print(text), words))

    def line(self, *corners: Corner, color: str = BLACK, width: float = 0.6) -> None:
        """Draw a line through corners; its width in pt."""
        self.lines.append((list(corners), color, width))

    def area(self, *corners: Corner, color: str) -> None:
        """Fill what lies between corners."""
        self.areas.append((list(corners), color))

    def frame(self, left: float, top: float, side: float, width: float = 0.6) -> None:
        """Draw a square."""
        right, bottom = left + side, top + side
        self.line((left, top), (right, top), (right, bottom), (left, bottom), (left, top), width=width)

    def box(self, left: float, top: float, side: float = BOX) -> None:
        """Draw a box to tick."""
        self.frame(left, top, side)

    def sheet(self) -> "Figure":
        """Make the sheet."""
        from matplotlib.collections import LineCollection, PolyCollection
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH / 25.4, HEIGHT / 25.4))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        axes.set_axis_off()
        paths, colors = zip(*self.areas, strict=True) if self.areas else ((), ())
        axes.add_collection(PolyCollection(paths, facecolors=colors, edgecolors="none"), autolim=False)
        paths, colors, widths = zip(*self.lines, strict=True) if self.lines else ((), (), ())
        strokes = LineCollection(paths, colors=colors, linewidths=widths, capstyle="projecting")
        axes.add_collection(strokes, autolim=False)
        for x, y, text, words in self.texts:
            axes.text(x, y, text, **words)
        return figure
