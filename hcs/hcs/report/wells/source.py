"""Wells to be scored, wherever they stand: plates that were measured, tables, files of plate readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from hcs.measure.measured import RECORD, Measurements, default_place
from hcs.statistics.frames import well_names
from hcs.tables.columnnames import plain_name
from hcs.tables.file import read_table
from hcs.tables.measuredcolumns import measured_columns
from hcs.tables.screen import is_screen, read_screen
from hcs.tables.types import read_typed
from hcs.wording import counted, listed, noted
from hcs_plates.errors import ArgumentError, NotThereError, nearest
from hcs_plates.names import as_names
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate, open_plate
from hcs_plates.store import is_plate
from hcs_plates.wells import Formats, PlateFormat, format_of, full_format, guessed_format

Source: TypeAlias = Path | str | Plate | Measurements | pd.DataFrame | Sequence[Path | str | Plate]

KNOWN_AS: Mapping[str, frozenset[str]] = {
    "plate": frozenset(
        {"image_metadata_plate", "assay_plate_barcode", "plate_barcode", "barcode", "plate_id", "plate_name"}
    ),
    "well": frozenset({"image_metadata_well", "well_position", "well_name", "well_id", "wellname"}),
    "layout": frozenset({"plate_map_name", "platemap", "plate_map", "plate_layout", "library_plate"}),
    "replicate": frozenset({"rep", "replicate_number", "biological_replicate", "technical_replicate"}),
    "role": frozenset({"content", "well_role", "well_type", "control_type", "pert_type"}),
    "gene": frozenset({"gene_symbol", "geneid", "gene_id", "target_gene"}),
    "compound": frozenset({"broad_sample", "compound_id", "compound_name", "drug", "drug_name"}),
}
"""What other programs call the columns that are known by name, in plain spelling."""
SCORED = ("gene", "compound", "treatment", "clone", "donor")
"""What wells are scored by where nothing is asked for: the first of these that has several values."""
NAMING = ("plate", "well", "layout", "replicate", "role", *SCORED)
PLACE = ["plate", "well"]


@dataclass(frozen=True)
class WellSource:
    """Wells to be scored.

    Parameters
    ----------
    wells
        One row per well: plate, well, and what is known and measured of it.
    values
        Columns that hold measurements.
    formats
        Of every plate.
    title
        What the source is called.
    notices
        How it was read, and what was not as expected.
    fields
        Rows of fields behind the wells, where plates were measured: plate, well, field, included.
    """

    wells: pd.DataFrame
    values: tuple[str, ...]
    formats: Mapping[str, PlateFormat]
    title: str
    notices: tuple[str, ...] = ()
    fields: pd.DataFrame = field(default_factory=pd.DataFrame)

    def value(self, asked: str | None) -> str:
        """Choose the column to score: the one asked for, or the only one there is.

        Raises
        ------
        ArgumentError
            No such column, or several and none chosen.
        """
        means = f"{asked}_mean"
        if asked is not None and (asked in self.wells or means in self.wells):
            return asked if asked in self.wells else means
        if asked is not None:
            raise ArgumentError(f"The wells have no column {asked!r}; {nearest(asked, list(self.wells))}")
        if len(self.values) == 1:
            return self.values[0]
        if not self.values:
            raise ArgumentError("No column of the wells holds a measurement; name one with --value.")
        raise ArgumentError(
            f"The wells have {len(self.values)} measurements ({listed(self.values)}); name one with --value."
        )


def read_wells_of(
    source: Source,
    *,
    annotation: Sequence[Path | str] = (),
    sheet: str | None = None,
    plate_format: Formats = None,
) -> WellSource:
    """Read wells from where they stand.

    Parameters
    ----------
    source
        A table of wells or its file (or several, one a plate); plates or measurements; a folder of files of
        plate readers with a list of plates (`hcs.tables.screen`).
    annotation
        Tables of what plates, layouts or wells hold, joined by the columns of these names that they have.
    sheet
        Of a workbook.
    plate_format
        Of a table's plates, or how many wells they have.

    Raises
    ------
    NotThereError, InputFileError, StoreError
        A file or folder is not there, or cannot be read.
    ArgumentError
        A row without plate or well, a well outside the plate's format, a well that stands twice, plates that
        were not measured, an annotation that fits nothing.
    """
    several = list(source) if isinstance(source, list | tuple) else [source]
    if not several:
        raise ArgumentError("There are no wells to score; give plates, a table, or a folder of plate files.")
    one, paths = several[0], [local_path(one) for one in several if isinstance(one, str | Path)]
    for path in paths:
        if not path.exists():
            raise NotThereError(f"There is no '{path}'; give plates, a table, or a folder of plate files.")
    if isinstance(one, pd.DataFrame):
        found = _of_tables([("table", one)], plate_format)
    elif len(several) == 1 and paths and is_screen(paths[0]):
        found = _of_screen(paths[0])
    elif paths and all(path.is_file() for path in paths):
        tables = [(path.stem, read_table(path, sheet=sheet)) for path in paths]
        found = _of_tables(tables, plate_format)
    else:
        found = _of_plates(several)
    if annotation:
        found = _annotated(found, [local_path(one) for one in annotation])
    return _numbered(found)


def _of_screen(path: Path) -> WellSource:
    """Wells of a screen's files."""
    found = read_screen(path)
    formats = dict.fromkeys(found.wells["plate"].unique(), found.plate_format)
    folder = path if path.is_dir() else path.parent
    return WellSource(found.wells, found.values, formats, folder.resolve().name, found.notices)


def _of_plates(several: Sequence[object]) -> WellSource:
    """Wells of plates, with what was measured of them."""
    pairs = [_measured(one) for one in several]
    opened = [found for found, _ in pairs]
    wells = pd.concat([one.wells for one in opened], ignore_index=True)
    fields = pd.concat([one.fields for one in opened], ignore_index=True)
    names = [str(one.record["plate"]) for one in opened]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ArgumentError(f"Two plates are called {listed(sorted(twice))}; score them apart.")
    formats, said = {}, [one for found in opened for one in found.notices]
    for name, (found, plate) in zip(names, pairs, strict=True):
        formats[name] = format_of(name, found.wells["well"], None if plate is None else plate.spec.format)
        if plate is None and full_format(found.wells["well"]) is None:
            said.append(guessed_format(formats[name].size))
    means = [name for name in wells if name.endswith("_mean") and not name.startswith("cell_")]
    values = tuple(dict.fromkeys([*means, *(name for name in wells if name.endswith("_median"))]))
    return WellSource(wells, values, formats, listed(names, most=3), tuple(dict.fromkeys(said)), fields)


def _measured(one: object) -> tuple[Measurements, Plate | None]:
    """Open what was measured of a plate, given as such, as a plate, or as the folder of either."""
    if isinstance(one, Measurements):
        return one, None
    if isinstance(one, str | Path) and (local_path(one) / RECORD).is_file():
        return Measurements.open(one), None
    plate = one if isinstance(one, Plate) else None
    if isinstance(one, str | Path):
        if not is_plate(local_path(one)):
            raise ArgumentError(
                f"'{one}' is no plate and holds neither measurements nor a Platelist.txt of plate files."
            )
        plate = open_plate(one)
    if plate is None:
        raise ArgumentError(
            f"Wells are scored of plates, measurements, tables or folders, not of a {type(one).__name__}."
        )
    try:
        return Measurements.open(default_place(plate), plate), plate
    except NotThereError:
        raise ArgumentError(
            f"Plate {plate.name} was not measured; `hcs measure {plate.path}` does that."
        ) from None


def _of_tables(tables: Sequence[tuple[str, pd.DataFrame]], plate_format: Formats) -> WellSource:
    """Wells of a table, or of several, of which each may be a plate."""
    parts, said = [], []
    for name, table in tables:
        named, told = known_as(table)
        said += told
        parts.append(named if "plate" in named else named.assign(plate=name))
    wells = pd.concat(parts, ignore_index=True)
    if "well" not in wells:
        raise ArgumentError(f"The table has no column 'well'; {nearest('well', list(wells))}")
    wells = read_typed(wells, NAMING)
    said += wells.attrs.get("notices", ())
    for what in PLACE:
        if without := int(wells[what].isna().sum()):
            raise ArgumentError(
                f"The table has {counted(without, 'row')} without a {what}; name it, or drop them."
            )
    wells = wells.assign(plate=as_names(wells["plate"]).astype(object), well=well_names(wells["well"]))
    formats = {}
    for plate, own in wells.groupby("plate", sort=False)["well"]:
        shape = formats[str(plate)] = format_of(str(plate), own, plate_format)
        for well in own.unique():
            shape.parse(well)
    if len(twice := wells[wells.duplicated(PLACE)]):
        raise ArgumentError(
            f"The table has plate {twice['plate'].iloc[0]} well {twice['well'].iloc[0]} twice; give one row "
            "a well, as `hcs.analysis.well_statistics` makes from rows of cells or fields."
        )
    if plate_format is None and full_format(wells["well"].unique()) is None:
        said.append(guessed_format(max(shape.size for shape in formats.values())))
    found = measured_columns(wells, [name for name in wells if pd.api.types.is_numeric_dtype(wells[name])])
    values = tuple(name for name in found.used if name not in NAMING)
    return WellSource(
        wells, values, formats, listed([name for name, _ in tables], most=3), tuple(dict.fromkeys(said))
    )


def known_as(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Call the columns that are known by name by that name, however the table spells them; and say so.

    Examples
    --------
    >>> table = pd.DataFrame(columns=["Image_Metadata_Plate", "Well Position", "GeneID"])
    >>> known_as(table)[0].columns.tolist()
    ['plate', 'well', 'gene']
    """
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    renamed = {}
    for known, others in KNOWN_AS.items():
        exact = [name for name in table if plain_name(name) == known]
        fitting = exact or [name for name in table if plain_name(name) in others]
        if known not in table and len(fitting) == 1:
            renamed[fitting[0]] = known
    said = [f"Read {listed(f'{old} as {new}' for old, new in renamed.items())}."] if renamed else []
    return table.rename(columns=renamed), said


def _annotated(found: WellSource, paths: Sequence[Path]) -> WellSource:
    """Join tables of what plates, layouts and wells hold; tables with the same headings are one."""
    wells, said = found.wells, list(found.notices)
    groups: dict[tuple[str, ...], list[tuple[Path, pd.DataFrame]]] = {}
    for path in paths:
        table = read_table(path, names=NAMING)
        groups.setdefault(tuple(map(str, table.columns)), []).append((path, table))
    for held in groups.values():
        name = listed([path.name for path, _ in held], most=2)
        table, told = known_as(pd.concat([one for _, one in held], ignore_index=True))
        keys = [key for key in ("plate", "layout", "well") if key in table and key in wells]
        if not keys:
            raise ArgumentError(f"{name} has no column plate, layout or well that the wells have too.")
        table = table.assign(**{key: as_names(table[key]).astype(object) for key in keys})
        if "well" in keys:
            table["well"] = well_names(table["well"])
        if len(twice := table[table.duplicated(keys)]):
            place = ", ".join(f"{key} {twice[key].iloc[0]}" for key in keys)
            raise ArgumentError(f"{name} has {place} twice; give one row each.")
        fresh = [one for one in table if one in keys or one not in wells]
        left = wells.assign(**{key: as_names(wells[key]).astype(object) for key in keys})
        wells = left.merge(table[fresh], on=keys, how="left", indicator="_met")
        without = int((wells.pop("_met") == "left_only").sum())
        if without == len(wells):
            raise ArgumentError(f"{name} describes none of the wells; its {listed(keys)} are others.")
        said += [
            *told,
            *noted((without, f"{counted(without, 'well')} {'is' if without == 1 else 'are'} not in {name}.")),
        ]
    return replace(found, wells=wells, notices=tuple(said))


def _numbered(found: WellSource) -> WellSource:
    """Call the plates of each layout its replicates, by number, where nothing says which they are."""
    wells = found.wells
    if "layout" not in wells or "replicate" in wells or wells["layout"].isna().any():
        return found
    plates = wells[["layout", "plate"]].drop_duplicates()
    number = (plates.groupby("layout").cumcount() + 1).astype(str)
    runs = dict(zip(plates["plate"], number, strict=True))
    if number.nunique() == 1:
        return found
    said = "Plates of one layout are its replicates, numbered in the order of the table."
    return replace(
        found, wells=wells.assign(replicate=wells["plate"].map(runs)), notices=(*found.notices, said)
    )
