"""One field measured: a row of measurements, a table of cells, and outlines to look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from hcs.measure.background import subtract_background
from hcs.measure.cells import cell_table, cells_at_gaps
from hcs.measure.flags import QualitySpec
from hcs.measure.gaps import fill_gaps, without_gaps
from hcs.measure.illumination import Illumination
from hcs.measure.neurites import Neurites, NeuriteSpec, trace_neurites
from hcs.measure.nuclei import NucleiSpec, segment_nuclei
from hcs.measure.pictures import Image, Labels, Mask, Picture, scale_of, unit_of
from hcs.measure.quality import measure_quality
from hcs.measure.somas import SomaSpec, segment_somas
from hcs.measure.spots import find_spots, granularity
from hcs_plates.errors import ArgumentError
from hcs_plates.plate import Plate

NUCLEAR_STAINS = ("dapi", "hoechst", "dna", "nuclei", "draq5")
NEURITE_STAINS = ("neurite", "neurofilament", "nfh", "nf-h", "nefh", "smi32", "tuj1", "tubb3", "map2")
BACKGROUND_UM = 40.0
DEBRIS_UM = 30.0


@dataclass(frozen=True)
class MeasureSpec:
    """What is measured, and in which channel.

    Parameters
    ----------
    neurites
        Channel of the neurite stain: neurites and somas are measured in it. None measures nuclei alone.
    nuclei
        Channel of the nuclear stain. None counts somas instead, which is far less exact.
    markers
        Further channels whose intensity is measured in every cell.
    nucleus, soma, neurite, quality
        What counts as one.
    even_light
        Whether uneven illumination is learnt from the plate's fields and taken out.
    time
        Time point, counted from 0; a z stack is projected by its maximum.

    Examples
    --------
    >>> MeasureSpec(None, None)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Nothing to measure: name the channel of neurites, of nuclei, or both.
    """

    neurites: str | None
    nuclei: str | None
    markers: tuple[str, ...] = ()
    nucleus: NucleiSpec = field(default_factory=NucleiSpec)
    soma: SomaSpec = field(default_factory=SomaSpec)
    neurite: NeuriteSpec = field(default_factory=NeuriteSpec)
    quality: QualitySpec = field(default_factory=QualitySpec)
    even_light: bool = True
    time: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "markers", tuple(self.markers))
        if self.neurites is None and self.nuclei is None:
            raise ArgumentError("Nothing to measure: name the channel of neurites, of nuclei, or both.")
        if len(set(self.channels)) < len(self.channels):
            raise ArgumentError(f"A channel is named twice: {', '.join(self.channels)}; give each one part.")

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that are read, in order."""
        return (*self.judged, *self.markers)

    @property
    def judged(self) -> tuple[str, ...]:
        """Channels whose quality decides about a field: those that cells are found in.

        A marker without positive cells is dark, and that is an answer.
        """
        return tuple(name for name in (self.neurites, self.nuclei) if name is not None)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make it again from what `dataclasses.asdict` gave, after JSON too.

        Examples
        --------
        >>> from dataclasses import asdict
        >>> spec = MeasureSpec("FITC", None, nucleus=NucleiSpec(diameter_um=9.0))
        >>> MeasureSpec.from_record(asdict(spec)) == spec
        True
        """
        parts = {"nucleus": NucleiSpec, "soma": SomaSpec, "neurite": NeuriteSpec, "quality": QualitySpec}
        return cls(**{**record, **{name: part(**record[name]) for name, part in parts.items()}})

    def describe(self) -> str:
        """Say which channel is taken for what.

        Examples
        --------
        >>> MeasureSpec(None, "DAPI", ("GFP",)).describe()
        'nuclei in DAPI; neurites in none (neurites, or --neurites, names one); marker: GFP'
        """
        said = [
            f"nuclei in {self.nuclei}" if self.nuclei else "nuclei in none (nuclei, or --nuclei, names one)"
        ]
        said.append(f"neurites in {self.neurites or 'none (neurites, or --neurites, names one)'}")
        if self.markers:
            said.append(f"marker{'s' * (len(self.markers) > 1)}: {', '.join(self.markers)}")
        return "; ".join(said)


@dataclass(frozen=True)
class MeasuredField:
    """What was found in a field.

    Parameters
    ----------
    values
        Measurements of the field by name.
    cells
        One row per cell (`hcs.measure.cells.cell_table`).
    nuclei, somas
        Arrays of shape (y, x), labels; None where not looked for.
    neurites
        None where not looked for.
    """

    values: dict[str, float]
    cells: pd.DataFrame
    nuclei: Labels | None
    somas: Labels | None
    neurites: Neurites | None


def channel_spec(
    plate: Plate,
    neurites: str | None = None,
    nuclei: str | None = None,
    markers: tuple[str, ...] = (),
    *,
    time: int = 0,
) -> MeasureSpec:
    """Choose channels: those asked for, else a stain by its name; all that are neither are markers.

    A channel is never taken for the neurites because it is the only one left: a marker of the cytoplasm or of
    the nucleus would be traced as well, and the result would look like any other.

    Raises
    ------
    ArgumentError
        A channel that the plate lacks or that was not imaged at the time point (counted from 0), or nothing
        that says which channel shows neurites or nuclei.
    """
    # By their whole names from here on: "FITC" and "Blue - FITC" are one channel.
    neurites, nuclei, *rest = (
        None if name is None else plate.channels[plate.channel_index(name)]
        for name in (neurites, nuclei, *markers)
    )
    markers = tuple(name for name in rest if name is not None)
    if nuclei is None:
        nuclei = _named(plate, NUCLEAR_STAINS, {neurites, *markers})
    if neurites is None:
        neurites = _named(plate, NEURITE_STAINS, {nuclei, *markers})
    if neurites is None and nuclei is None:
        raise ArgumentError(
            f"Plate {plate.name} has the channels {', '.join(plate.channels)}; say which shows the neurites "
            "(neurites, or --neurites; [forest] neurites in a study) or the nuclei (nuclei, or --nuclei)."
        )
    others = tuple(name for name in plate.channels if name not in (neurites, nuclei, *markers))
    spec = MeasureSpec(neurites, nuclei, (*markers, *others), time=time)
    plate.spec.check_acquired(map(plate.channel_index, spec.channels), time)
    return spec


def _named(plate: Plate, stains: tuple[str, ...], taken: set[str | None]) -> str | None:
    """Find the first channel that is free and named by a stain."""
    free = (name for name in plate.channels if name not in taken)
    return next((name for name in free if any(stain in name.lower() for stain in stains)), None)


def measure_field(
    channels: Mapping[str, Picture],
    pixel_um: float | None,
    spec: MeasureSpec,
    illumination: Mapping[str, Illumination] | None = None,
    covered: Mask | None = None,
) -> MeasuredField:
    """Measure one field.

    Parameters
    ----------
    channels
        Arrays of shape (y, x), raw grey levels, by channel name.
    pixel_um
        Side of a pixel, µm; None if not known or not square: then lengths are in pixels and their names say
        so.
    spec
        What is measured.
    illumination
        By channel name; channels without one are taken as they are.
    covered
        Array of shape (y, x): where a stitched well shows anything (`hcs.measure.gaps.covered_part`); all of
        it if None. Nothing is found or measured elsewhere.

    Returns
    -------
    MeasuredField
        ``values`` has ``cell_count`` (nuclei, or somas without a nuclear channel), ``cells_per_mm2``,
        ``mean_soma_area_um2``, what `Neurites.measures` lists, ``neurite_length_per_cell_um``, for each
        marker ``CHANNEL_spots`` and ``CHANNEL_granularity_1`` to ``_8`` (`find_spots`, `granularity`), and
        for each channel ``CHANNEL_`` and what `measure_quality` lists.
    """
    even = {name: _even(channels[name], (illumination or {}).get(name), covered) for name in spec.channels}
    nuclei, somas, neurites = None, None, None
    if spec.nuclei is not None:
        nuclei = without_gaps(segment_nuclei(even[spec.nuclei], pixel_um, spec.nucleus), covered)
    if spec.neurites is not None:
        outlined = segment_somas(even[spec.neurites], pixel_um, spec.soma, nuclei=nuclei)
        somas = without_gaps(outlined, covered)
    per_um = scale_of(pixel_um)
    above = {name: subtract_background(image, BACKGROUND_UM * per_um) for name, image in even.items()}
    spots = {name: find_spots(even[name], pixel_um).within(covered) for name in spec.markers}
    cells = cell_table(nuclei, somas, above, pixel_um, levels=even, spots=spots)
    cells = cells_at_gaps(cells, somas if nuclei is None else nuclei, covered, pixel_um)
    grains = {name: granularity(without_gaps(above[name], covered), pixel_um) for name in spots}
    # Tracing takes the most memory, so it comes last, with what nothing else needs any more gone.
    del above
    even = {name: image for name, image in even.items() if name == spec.neurites}
    if spec.neurites is not None and somas is not None:
        closed = somas > 0 if covered is None else (somas > 0) | ~covered
        neurites = trace_neurites(even.pop(spec.neurites), pixel_um, spec.neurite, somas=closed)
    shown = channels[spec.channels[0]].size if covered is None else int(covered.sum())
    values = _field_values(cells, neurites, shown, pixel_um)
    for name, found in spots.items():
        values[f"{name}_spots"] = float(len(found.places))
        values |= {f"{name}_{measure}": value for measure, value in grains[name].items()}
    for name in spec.channels:
        quality = measure_quality(channels[name], debris_px=DEBRIS_UM * per_um, covered=covered)
        values |= {f"{name}_{measure}": value for measure, value in quality.items()}
    return MeasuredField(values, cells, nuclei, somas, neurites)


def _even(picture: Picture, light: Illumination | None, covered: Mask | None) -> Image:
    """Take the unevenness of the light out of a picture, and fill its gaps."""
    even: Image = picture.astype(np.float32) if light is None else light.correct(picture)
    return even if covered is None else fill_gaps(even, covered)


def _field_values(
    cells: pd.DataFrame, neurites: Neurites | None, n_pixels: int, pixel_um: float | None
) -> dict[str, float]:
    """Count and average what lies in a field of so many pixels."""
    unit, _ = unit_of(pixel_um)
    counted = cells[cells["counted"]]
    values: dict[str, float] = {"cell_count": float(len(counted))}
    if pixel_um is not None:
        values["cells_per_mm2"] = len(counted) / (n_pixels * pixel_um**2 / 1e6)
    for region in ("nucleus", "soma"):
        if f"{region}_area_{unit}2" in cells:
            values[f"mean_{region}_area_{unit}2"] = float(counted[f"{region}_area_{unit}2"].mean())
    if neurites is not None:
        values |= neurites.measures()
        length = values[f"neurite_length_{unit}"]
        values[f"neurite_length_per_cell_{unit}"] = length / len(counted) if len(counted) else float("nan")
    return values
