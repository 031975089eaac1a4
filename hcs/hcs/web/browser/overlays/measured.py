"""What was measured in a field: outlines of nuclei and somas, centre-lines of neurites.

The field is measured again, as it was for the stored measurements, and its numbers are held against theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from hcs.heatmaps.plates import Key
from hcs.measure.again import differences, measure_again, measuring_spec
from hcs.measure.colours import NUCLEUS, SOMA
from hcs.measure.fields import MeasuredField, MeasureSpec
from hcs.measure.measured import RECORD, Measurements, default_place
from hcs.measure.outlines import NEURITES, NUCLEI, SOMAS, Outline, field_outlines
from hcs.measure.pictures import Labels, unit_of
from hcs.tables.stored import Unchanged
from hcs.web.browser.overlays.overlay import Drawn, Offer, Overlay, Shown
from hcs.wording import capital, counted, listed
from hcs_models.engine import release_memory
from hcs_plates.errors import ArgumentError, HcsError, NotThereError, StoreError
from hcs_plates.plate import Plate
from hcs_plates.units import digest

TITLES = {NUCLEI: "Nuclei", SOMAS: "Somas", NEURITES: "Neurites"}
KEYS = {
    NUCLEI: Key("Nuclei", entries=((NUCLEUS, "outline of a nucleus"),)),
    SOMAS: Key("Somas", entries=((SOMA, "outline of a soma"),)),
    NEURITES: Key("Neurites: a colour for each stretch between two branch points"),
}


@dataclass(frozen=True)
class _Stored:
    """What is stored of a field: its plate's measurements, their settings, its row of the fields table."""

    measurements: Measurements
    spec: MeasureSpec
    row: pd.Series
    source: str


class Measured(Overlay):
    """Nuclei, somas and neurites, as `hcs measure` or a study found them."""

    slow = True

    def __init__(self) -> None:
        self._read = Unchanged()

    def offers(self, shown: Shown) -> list[Offer]:
        """Offer what was looked for in a field; nothing is measured for that."""
        try:
            stored = self._stored(shown)
        except HcsError as error:
            return [Offer(name, title, "outlines", why=error.message) for name, title in TITLES.items()]
        offers = []
        for name, title in TITLES.items():
            what = "nuclei" if name == NUCLEI else "neurites"
            channel = getattr(stored.spec, what)
            if channel is None:
                why = f"Not measured: no channel of {what} was named."
                offers.append(Offer(name, title, "outlines", why=why))
            else:
                said, time = tuple(_told(stored, shown, channel)), stored.spec.time
                offers.append(Offer(name, title, "outlines", said=said, time=time, key=KEYS[name]))
        return offers

    def mark(self, shown: Shown) -> str:
        """Give a digest of the measurements' record, which has those of their tables."""
        stored = self._stored(shown)
        return digest(stored.source, stored.measurements.record)

    def draw(self, shown: Shown) -> Mapping[str, Drawn]:
        """Measure the field again, and outline what is found."""
        stored = self._stored(shown)
        found = measure_again(stored.measurements, shown.ours())
        # What measuring leaves in its thread's pool would stand beside the outlines until they are drawn.
        release_memory()
        others = differences(found, stored.row)
        return {
            name: Drawn.of_json(
                shapes=map(_shape, lines),
                said=[_counted(name, found), _agreement(others, stored, shown)],
                agrees=not others,
            )
            for name, lines in field_outlines(found).items()
        }

    def _stored(self, shown: Shown) -> _Stored:
        """Find what was measured in a field: beside the plate, or by the study.

        Raises
        ------
        HcsError
            Nothing was, or not on the plate as it is now.
        """
        plate = shown.ours().plate
        found, source = self._measurements(shown, plate)
        fields = found.fields
        rows = fields[(fields["well"] == shown.well) & (fields["field"] == shown.number)]
        if len(rows) != 1:
            places = (shown.well, shown.name)
            reasons = [one["reason"] for one in found.record["left_out"] if one["where"] in places]
            raise ArgumentError(f"Not measured: {reasons[0] if reasons else 'the field has no row'}.")
        return _Stored(found, measuring_spec(found), rows.iloc[0], source)

    def _measurements(self, shown: Shown, plate: Plate) -> tuple[Measurements, str]:
        """Find measurements of the plate as it is now, and say whose they are."""
        folder = default_place(plate).absolute()
        known = []
        if (folder / RECORD).is_file():
            beside = self._read.once(folder / RECORD, lambda: Measurements.read(folder))
            known.append((beside, "`hcs measure`"))
        if shown.study is not None:
            of_plates = shown.study.measurements()
            known += [(one, "the study") for one in of_plates if one.record["plate"] == plate.name]
        refused: HcsError = NotThereError(f"Not measured; `hcs measure {plate.path}` does it.")
        for found, source in known:
            try:
                found.check(plate)
            except StoreError as error:
                refused = error
            else:
                return found, source
        raise refused


def _told(stored: _Stored, shown: Shown, channel: str) -> list[str]:
    """Say where things were found, and whether the field counts."""
    said, row = [f"In {channel}, measured by {stored.source}."], stored.row
    said.append("The field is included." if row["included"] else f"The field is left out: {row['reason']}.")
    if shown.ours().plate.spec.layout.n_z > 1:
        said.append("Measured in the maximum over z.")
    return said


def _shape(one: Outline) -> dict[str, Any]:
    return {"colour": one.colour, "closed": one.closed, "points": one.points.tolist()}


def _counted(name: str, found: MeasuredField) -> str:
    """Say how much was found."""
    if name == NEURITES:
        assert found.neurites is not None
        unit, _ = unit_of(found.neurites.pixel_um)
        length = found.values[f"neurite_length_{unit}"]
        points = counted(int(found.values["branch_points"]), "branch point")
        stretches = counted(int(found.values["neurite_segments"]), "stretch")
        return f"{length:,.0f} {'µm' if unit == 'um' else 'pixels'} of neurite: {stretches}, {points}."
    regions = _regions(found.nuclei if name == NUCLEI else found.somas)
    noun = name[:-1] if name == SOMAS else "nucleus"
    said = f"{regions:,} {noun if regions == 1 else name}"
    if name == SOMAS and found.nuclei is not None:
        return f"{said}."
    return f"{said}, {int(found.values['cell_count']):,} of them with their centre in the field: its cells."


def _regions(labels: Labels | None) -> int:
    """Count the labels that there are."""
    return 0 if labels is None else int(np.count_nonzero(np.bincount(labels.ravel())[1:]))


def _agreement(others: list[str], stored: _Stored, shown: Shown) -> str:
    """Say whether what is drawn is what was counted."""
    if not others:
        return "Measured again just now: the numbers are those of the stored table."
    then, now = stored.measurements.record.get("hcs", "an earlier version"), version("hcs")
    return capital(
        f"these are not the outlines that were counted: {listed(others, most=3)}. Measured by hcs {then}, "
        f"drawn by hcs {now}; `hcs measure {shown.ours().plate.path} --overwrite` measures the plate again."
    )
