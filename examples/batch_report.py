"""Does the answer hold in every batch? The batch-effect report of a table of features.

python examples/batch_report.py TABLE LABEL POSITIVE NEGATIVE OUT

TABLE comes from any software: one row per well, field or cell image with plate, well, clone, LABEL, and
columns of numbers.
"""

import sys
from pathlib import Path

import hcs


def main(table: Path, label: str, positive: str, negative: str, out: Path) -> Path:
    """Report what is confounded with the batch, on the level of clones."""
    features = hcs.read_table(table, names=("plate", "well", "clone", label))
    spec = hcs.TableSpec(label, positive, negative, batch="plate", group="clone")
    report = hcs.batch_report(features, out / "batches.html", spec=spec, title=table.stem)
    print(report)
    return report


if __name__ == "__main__":
    source, label, positive, negative, target = sys.argv[1:6]
    main(Path(source), label, positive, negative, Path(target))
