"""Where the plates of a heatmap stand: geometry without drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from hcs_plates.wells import PlateFormat

WIDTH = 10.0
"""Width of the report's column, inches."""

TALLEST = 14.0
"""Height beyond which plates are drawn smaller and more of them side by side, inches."""

SMALLEST_CELL = 0.04
"""Side of a well below which plates are not made smaller any more, inches."""

SMALL_CELL = 0.08
"""Side of a well below which margins are narrow, inches."""

LEGEND_COLUMNS = 6


@dataclass(frozen=True)
class PlatePlaces:
    """Where plates and key stand, inches; wells are squares of one size in all plates.

    Laid out by hand: matplotlib's automatic layout cuts off the titles of axes with a fixed aspect.

    Parameters
    ----------
    across, down
        Plates side by side, and rows of them.
    cell
        Side of a well.
    columns
        Of the largest format.
    tall
        Wells down the tallest plate of each row of plates.
    foot
        Height of the legend.
    side, top
        Room for the names of rows, and for those of columns and the plate.
    gap
        Between plates.
    legend
        Names of the legend side by side.
    page
        Most that the figure is wide.
    """

    across: int
    down: int
    cell: float
    columns: int
    tall: tuple[int, ...]
    foot: float
    side: float = 0.35
    gap: float = 0.2
    top: float = 0.5
    legend: int = LEGEND_COLUMNS
    page: float = WIDTH
    bar: ClassVar[float] = 1.0

    @classmethod
    def of(
        cls,
        formats: Sequence[PlateFormat],
        n_categories: int,
        legend: int = LEGEND_COLUMNS,
        page: float = WIDTH,
    ) -> "PlatePlaces":
        """Find the places for plates of these formats and a legend of so many categories (0: a bar)."""
        columns = max(shape.columns for shape in formats)
        foot = 0.4 if n_categories == 0 else 0.5 + 0.2 * (1 + n_categories // legend)

        def beside(across: int) -> "PlatePlaces":
            for margins in ((0.35, 0.2, 0.5), (0.2, 0.12, 0.36)):
                room = page - cls.bar - across * (margins[0] + margins[1])
                cell = min(0.62, room / (across * columns))
                if cell > SMALL_CELL:
                    break
            starts = range(0, len(formats), across)
            tall = tuple(max(shape.rows for shape in formats[start : start + across]) for start in starts)
            return cls(across, len(tall), cell, columns, tall, foot, *margins, legend, page)

        place = beside(max(1, min(len(formats), int(_plates_across(columns) * page / WIDTH))))
        while place.height > TALLEST and place.across < len(formats):
            smaller = beside(place.across + 1)
            if smaller.cell < SMALLEST_CELL:
                break
            place = smaller
        return place

    @property
    def width(self) -> float:
        """Width of the figure."""
        return max(
            min(6.0, self.page), self.across * (self.side + self.gap + self.cell * self.columns) + self.bar
        )

    @property
    def height(self) -> float:
        """Height of the figure."""
        return self._down(self.down) + self.foot

    @property
    def step(self) -> int:
        """Rows and columns from one name at the edge to the next, so that names stay apart."""
        return max(1, -(-self.columns // 24), -(-max(self.tall) // 16), round(0.2 / self.cell - 0.2))

    def plate(self, number: int, shape: PlateFormat) -> tuple[float, float, float, float]:
        """Rectangle of a plate's wells as matplotlib wants it, in parts of the figure."""
        row, column = divmod(number, self.across)
        left = self.side + column * (self.side + self.gap + self.cell * self.columns)
        upper = self.height - self.top - self._down(row)
        return self._part(left, upper, self.cell * shape.columns, self.cell * shape.rows)

    def colour_bar(self) -> tuple[float, float, float, float]:
        """Rectangle of the colour bar, right of the plates."""
        left = self.across * (self.side + self.gap + self.cell * self.columns) + 0.05
        beside = self._down(self.down) - self.top - 0.1
        return self._part(left, self.height - self.top, 0.16, min(2.8, max(1.2, beside)))

    def _down(self, rows: int) -> float:
        """Height of so many rows of plates."""
        return sum(self.top + self.cell * tall + 0.1 for tall in self.tall[:rows])

    def _part(
        self, left: float, upper: float, width: float, height: float
    ) -> tuple[float, float, float, float]:
        lower = upper - height
        return left / self.width, lower / self.height, width / self.width, height / self.height


def _plates_across(columns: int) -> int:
    """Plates in a row of the figure: wide ones stand alone."""
    return 3 if columns <= 6 else 2 if columns <= 24 else 1
