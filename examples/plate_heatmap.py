"""Values of wells as a picture of the plate: a page that answers to the pointer, and a figure for print.

python examples/plate_heatmap.py TABLE VALUE OUT

TABLE has a column well, and plate if there are several; VALUE is one of its columns.
"""

import sys
from pathlib import Path

import hcs


def main(table: Path, value: str, out: Path) -> hcs.WellHeatmap:
    """Draw the value, and its difference from the median of each plate."""
    wells = hcs.read_table(table)
    shown = hcs.heatmap(wells, value)
    print(shown.summary())
    shown.save(out / f"{value}.html")
    shown.save(out / f"{value}.pdf")
    hcs.heatmap(wells, value, view="difference").save(out / f"{value}_difference.png")
    return shown


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
