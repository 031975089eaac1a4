"""Write an RO-Crate of a finished study for `check_crate.py`, which runs in an environment of its own."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from hcs.report.crate.spec import CrateSpec
from hcs.report.crate.write import write_crate
from hcs.study.folder import StudyResults

PROTOCOL = {
    "culture": {
        "seeding_density": 200000.0,
        "seeding_density_unit": "cells/well",
        "differentiation_day": 23.0,
    },
    "fixation": {"fixative": "paraformaldehyde", "concentration": "4 %", "time": "15 min"},
    "antibodies": [
        {"target": "neurofilament H", "role": "primary", "dilution": "1:1,000", "channel": "FITC"}
    ],
    "imaging": {"magnification": 20.0, "exposure": {"Blue - FITC": "300 ms"}},
}


def main(results: Path, out: Path) -> None:
    """Copy the results, say of each plate how it was made, and write the crate with all that it can say."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "results"
        shutil.copytree(results, folder, ignore=shutil.ignore_patterns("*.zarr"))
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
        for plate in record["plates"].values():
            plate["protocol"] = PROTOCOL
        (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
        spec = CrateSpec(
            "CC-BY-4.0",
            ("A. Author", "B. Author <https://orcid.org/0000-0000-0000-0000>"),
            "A <https://a.example>",
        )
        made = write_crate(StudyResults.open(folder), out, spec)
    print(f"{made.path}: {made.files} files")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
