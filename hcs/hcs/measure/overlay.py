"""Overlays: a field with what was measured drawn on it, so that a person can judge the measuring.

Somas are outlined in orange, nuclei in blue, and every stretch of neurite between two branch points has a
colour of its own.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hcs.figures.scalebar import with_scale_bar
from hcs.measure.colours import BRANCHING, NUCLEUS, SOMA, STRETCHES, stretch_colour
from hcs.measure.fields import MeasuredField, MeasureSpec, channel_spec, measure_field
from hcs.measure.gaps import covered_part
from hcs.measure.illumination import Illumination
from hcs.measure.measured import Measurements, square_pixel
from hcs.measure.measurements import planes
from hcs.measure.pictures import Labels, Mask, Picture
from hcs_plates.files import remove, sweep, write_file
from hcs_plates.lock import Lock
from hcs_plates.members import Field
from hcs_plates.opencv import one_thread
from hcs_plates.plate import Plate
from hcs_plates.staging import RECEIPTS
from hcs_plates.units import Output, Progress, Unit, digest, run_units

SHOWN_PERCENTILES = (0.5, 99.7)
DIMMED = 0.75
"""The picture is darkened to this share, so that lines stand out on bright neurites."""


def draw_measurement(image: Picture, found: MeasuredField) -> npt.NDArray[np.uint8]:
    """Draw what was found over a field's picture.

    Parameters
    ----------
    image
        Array of shape (y, x), grey levels; shown between its 0.5 and 99.7 percentiles.
    found
        As `measure_field` gives it for this field.

    Returns
    -------
    array of shape (y, x, 3), uint8, RGB
    """
    low, high = np.percentile(image, SHOWN_PERCENTILES)
    grey = np.clip((image - low) / max(high - low, 1) * 255 * DIMMED, 0, 255).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    if found.neurites is not None:
        colours = np.array([_rgb(colour) for colour in STRETCHES], dtype=np.uint8)
        stretch = found.neurites.graph.labels
        on = found.neurites.skeleton
        chosen = colours[stretch_colour(stretch[on].astype(np.int64))]
        picture[on] = np.where((stretch > 0)[on, None], chosen, _rgb(BRANCHING))
    for labels, colour in ((found.nuclei, NUCLEUS), (found.somas, SOMA)):
        if labels is not None:
            picture[_outlines(labels)] = _rgb(colour)
    return picture


def show_measurement(field: Field, spec: MeasureSpec | None = None) -> Any:
    """Measure one field and show it with what was found drawn on it.

    Uneven illumination is left as it is: one field does not tell it.

    Parameters
    ----------
    field
        A field of a plate, ``plate["B03"][1]``.
    spec
        What is measured; channels as `channel_spec` chooses them if None.

    Returns
    -------
    matplotlib.figure.Figure
        One pixel of the figure is one of the field; notebooks show it.
    """
    from matplotlib.figure import Figure

    spec = spec or channel_spec(field.plate)
    picture, caption = measured_picture(field, spec, {})
    picture = with_scale_bar(picture, square_pixel(field.plate)[0])
    height, width = picture.shape[:2]
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(picture)
    axes.set_axis_off()
    axes.set_title(caption, y=0.96, color="white", fontsize=10)
    return figure


def write_overlays(  # noqa: PLR0913 – where and how it runs stands beside what is made
    plate: Plate,
    measurements: Measurements,
    spec: MeasureSpec,
    *,
    fields_per_well: int = 1,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Write overlays of a plate's measured fields, ``overlays/B03-1.png`` in the measurements' folder.

    Parameters
    ----------
    plate, measurements, spec
        The plate, what was measured on it, and how.
    fields_per_well
        The first so many measured fields of every well.
    client, workers, progress
        As in `hcs_plates.units.run_units`.
    """
    folder = measurements.path / "overlays"
    folder.mkdir(exist_ok=True)
    light = measurements.illumination()
    chosen = measurements.fields.groupby("well", observed=True).head(fields_per_well)
    units, files = [], []
    for well, number in chosen[["well", "field"]].itertuples(index=False):
        file = folder / f"{well}-{number}.png"
        inputs = digest(measurements.record["recipe"], well, int(number))
        units.append(Unit(f"overlay-{well}-{number}", inputs, (plate[well][int(number)], spec, light, file)))
        files.append(file)
    receipts = folder / RECEIPTS
    with Lock(folder.absolute() / ".lock", folder):
        sweep(folder)
        done = run_units(_write_overlay, units, receipts, client=client, workers=workers, progress=progress)
        remove(receipts)
    done.check()
    return files


@one_thread()
def _write_overlay(work: tuple[Field, MeasureSpec, dict[str, Illumination], Path]) -> Output:
    """Draw and write one field."""
    field, spec, light, file = work
    picture, _ = measured_picture(field, spec, light)
    picture = with_scale_bar(picture, square_pixel(field.plate)[0])
    _, encoded = cv2.imencode(".png", picture[..., ::-1])
    write_file(file, encoded.tobytes(), durable=False)
    return {"checksum": digest(picture)}


def measured_picture(
    field: Field, spec: MeasureSpec, light: dict[str, Illumination]
) -> tuple[npt.NDArray[np.uint8], str]:
    """Measure a field and draw it; the picture, and where it is with its first numbers."""
    channels = planes(field, spec.channels, spec.time)
    found = measure_field(channels, square_pixel(field.plate)[0], spec, light, covered_part(field, channels))
    said = [f"{field.plate.name} {field.well} field {field.number}, {found.values['cell_count']:.0f} cells"]
    for name, unit in (("neurite_length_um", "µm"), ("neurite_length_px", "pixels")):
        if name in found.values:
            said.append(f"{found.values[name]:,.0f} {unit} of neurite")
    return draw_measurement(channels[spec.channels[0]], found), ", ".join(said)


def _outlines(labels: Labels) -> Mask:
    """Pixels of a region that touch another region or none."""
    levels = labels.astype(np.float32)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return np.asarray((labels > 0) & (cv2.dilate(levels, cross) != cv2.erode(levels, cross)))


def _rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of a hexadecimal colour."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
