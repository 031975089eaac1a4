"""ImageXpress (MetaXpress): ``NAME_B02_s1_w1.TIF`` below ``TimePoint_n`` and ``ZStep_n``, mostly with an HTD.

Exports repeat an image that was taken once in every folder of a step or a time point at which it was not
taken, and put projections among the steps of a stack. Where a plate has several of either, each image's own
metadata (MetaSeries) say what it is, and an image is given once, where it was taken.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective
from hcs_plates.readers.htd import Htd, read_htd
from hcs_plates.readers.lengths import believed_step
from hcs_plates.readers.listed import ListedImage, Listing, listed_acquisition
from hcs_plates.readers.metaxpress import NAME, ImageFile, image_files, number_of, taken_once
from hcs_plates.readers.names import TIFF_SUFFIXES, shown
from hcs_plates.wells import smallest_format


def find_htd(source: Path) -> Path | None:
    """Find the HTD file of a folder, None where there is none.

    Raises
    ------
    ReaderError
        There are several.
    """
    if source.is_file():
        return source
    found = sorted(one for one in source.iterdir() if one.suffix.lower() == ".htd" and one.name[0] != ".")
    if len(found) > 1:
        raise ReaderError(
            source,
            f"holds {len(found)} HTD files ({shown([one.name for one in found])}); give the path of one",
        )
    return found[0] if found else None


def is_imagexpress(source: Path) -> str:
    """Say which HTD file it is or holds, or which image of it is named as MetaXpress' database names them."""
    if source.is_file():
        return source.name if source.suffix.lower() == ".htd" else ""
    found = sorted(
        one.name for one in source.iterdir() if one.suffix.lower() == ".htd" and one.name[0] != "."
    )
    if found:
        return found[0]
    for _, folders, names in os.walk(source):
        folders.sort()
        tiffs = sorted(name for name in names if Path(name).suffix.lower() in TIFF_SUFFIXES)
        if tiffs:
            match = NAME.match(tiffs[0])
            return tiffs[0] if match is not None and match["guid"] else ""
    return ""


def scan_imagexpress(source: Path) -> Acquisition:
    """Scan an export of MetaXpress, or a folder of its database.

    Parameters
    ----------
    source
        The folder with the HTD file and the images or their ``TimePoint_n``, or the HTD file itself.

    Raises
    ------
    ReaderError
        A damaged HTD file, images of several plates, two files for one image.
    """
    path = find_htd(source)
    folder = source.parent if source.is_file() else source
    files, notes = image_files(folder)
    htd = None if path is None else read_htd(path)
    plates = sorted({file.plate for file in files})
    if path is not None and len(plates) > 1 and path.stem in plates:
        others = [file.path.name for file in files if file.plate != path.stem]
        notes.append(f"{len(others)} images are named for another plate and are left out: {shown(others)}.")
        files, plates = [file for file in files if file.plate == path.stem], [path.stem]
    runs = {file.run(folder) for file in files}
    if len(plates) > 1 or len(runs) > 1:
        told = plates if len(plates) > 1 else sorted(one.rstrip("/") or "." for one in runs)
        raise ReaderError(
            source, f"holds images of {len(told)} plates ({shown(told)}); give the folder of one"
        )
    if not files:
        raise ReaderError(source, "holds no image named as MetaXpress names them (NAME_B02_s1_w1.TIF)")
    kept, told = taken_once(files)
    notes += [*told, *(htd.notes if htd is not None else ())]
    waves = dict(htd.waves) if htd is not None else {}
    images = [_listed(file, folder) for file in kept]
    images += _absent(htd, kept)
    format = htd.format if htd is not None else smallest_format({file.well for file in kept})
    return listed_acquisition(
        source,
        Listing(
            path=path or folder,
            folder=folder,
            reader="imagexpress",
            name=plates[0] or folder.name,
            format=format,
            format_stated=htd is not None,
            channels=_channels(kept, waves),
            images=images,
            z_step_um=_z_step(kept),
            instrument="ImageXpress",
            objective=_objective(kept),
            # The stage's y grows from row A downwards, and images are shown as the plate lies.
            y_axis="down",
            disagreements=_disagreements(htd, kept),
            notes=tuple(notes),
        ),
    )


def _listed(file: ImageFile, folder: Path) -> ListedImage:
    x, y = number_of(file.said, "OffsetFromWellCenterUmX"), number_of(file.said, "OffsetFromWellCenterUmY")
    stamp = re.fullmatch(
        r"(\d{4})(\d\d)(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)", file.said.get("acquisition-time-local", "")
    )
    return ListedImage(
        well=file.well,
        field=file.site,
        channel=str(file.wave),
        time=file.time,
        z=file.z,
        file=file.path.relative_to(folder).as_posix(),
        position_um=None if x is None or y is None else (x, y),
        imaged_at=None if stamp is None else f"{stamp[1]}-{stamp[2]}-{stamp[3]}T{stamp[4]}",
    )


def _absent(htd: Htd | None, files: Sequence[ImageFile]) -> list[ListedImage]:
    """List the images of selected wells and sites that have none at all."""
    if htd is None:
        return []
    usual = sorted({(file.wave, file.time, file.z) for file in files})
    there = {(file.well, file.site) for file in files}
    return [
        ListedImage(
            well, site, str(wave), time, z, "", failed=f"{htd.path.name} selects it and it has no image"
        )
        for well in sorted(htd.wells)
        for site in sorted(htd.sites)
        if (well, site) not in there
        for wave, time, z in usual
    ]


def _channels(files: Sequence[ImageFile], waves: Mapping[int, str]) -> dict[str, Channel]:
    """Describe each wave by the HTD file and by its first image."""
    channels = {}
    for wave in sorted({file.wave for file in files}):
        said = next((file.said for file in files if file.wave == wave and file.said), {})
        name = waves.get(wave) or re.sub("^Copy of ", "", said.get("image-name", "")) or f"w{wave}"
        exposure = number_of(said, "Exposure Time") if said.get("Exposure Time", "").endswith(" ms") else None
        channels[str(wave)] = Channel(name, None, number_of(said, "wavelength") or None, exposure)
    return channels


def _z_step(files: Iterable[ImageFile]) -> float | None:
    """Take the distance of two steps of the first stack."""
    stack: dict[tuple[str, int, int, int], dict[int, float]] = defaultdict(dict)
    for file in files:
        place = number_of(file.said, "z-position")
        if place is not None and not file.projection:
            stack[file.well, file.site, file.wave, file.time][file.z] = place
    for places in stack.values():
        steps = sorted(places)
        if len(steps) > 1:
            return believed_step(round(abs(places[steps[1]] - places[steps[0]]) / (steps[1] - steps[0]), 2))
    return None


def _objective(files: Sequence[ImageFile]) -> Objective | None:
    said = files[0].said
    name = said.get("_MagSetting_")
    found = re.match(r"(\d+(?:\.\d+)?)\s*X", name or "", re.IGNORECASE)
    return Objective(float(found[1]) if found else None, number_of(said, "_MagNA_"), name) if name else None


def _disagreements(htd: Htd | None, files: Sequence[ImageFile]) -> tuple[str, ...]:
    """Say what the HTD file states and the images do not have, or the other way round."""
    if htd is None:
        return ()
    told = []
    waves, times = {file.wave for file in files}, {file.time for file in files}
    steps = {file.z for file in files if file.z > 0}
    if absent := sorted(set(htd.waves) - waves):
        names = [f"{number} ({htd.waves[number]})" if htd.waves[number] else str(number) for number in absent]
        told.append(
            f"{htd.path.name} states {len(htd.waves)} waves; there is no image of {', '.join(names)}."
        )
    if beyond := sorted(waves - set(htd.waves) - htd.skipped):
        told.append(f"{htd.path.name} states {len(htd.waves)} waves; there are images of {shown(beyond)}.")
    if taken := sorted(waves & htd.skipped):
        told.append(f"{htd.path.name} says that waves {shown(taken)} were not collected; there are images.")
    if len(times) != htd.n_times:
        told.append(f"{htd.path.name} states {htd.n_times} time points; there are {len(times)}.")
    if steps and len(steps) != htd.n_z:
        told.append(f"{htd.path.name} states {htd.n_z} steps in z; there are {len(steps)}.")
    if wells := sorted({file.well for file in files} - htd.wells):
        told.append(f"{htd.path.name} does not select {len(wells)} wells that have images: {shown(wells)}.")
    if beyond := sorted({file.site for file in files} - htd.sites):
        told.append(f"{htd.path.name} does not select {len(beyond)} sites that have images: {shown(beyond)}.")
    return tuple(told)
