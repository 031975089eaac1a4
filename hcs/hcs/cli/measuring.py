"""Commands that measure: measure, labels, positives."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hcs.cli.options import (
    Format,
    Overwrite,
    Plates,
    Scheduler,
    Time,
    Workers,
    alike,
    as_workbook,
    tell_codes,
    tell_next,
    tell_workbook,
)
from hcs.cli.progress import progress_bar
from hcs.cli.workers import connect
from hcs.wording import counted
from hcs_plates.errors import ArgumentError, nearest

if TYPE_CHECKING:
    from hcs.measure.measured import Measurements
    from hcs.measure.thresholds import ThresholdRule
    from hcs_plates.plate import Plate


def measure(
    plate: Plates,
    neurites: Annotated[str | None, typer.Option(help="Channel of the neurite stain.")] = None,
    nuclei: Annotated[
        str | None, typer.Option(help="Channel of the nuclear stain; found by its name if left out.")
    ] = None,
    marker: Annotated[
        list[str] | None, typer.Option(help="Channel to measure in every cell; repeat for more.")
    ] = None,
    time: Time = 0,
    out: Annotated[
        Path | None, typer.Option(help="Where; P1.measurements beside the plate if left out.")
    ] = None,
    overlay: Annotated[
        int, typer.Option(min=0, help="Fields a well to draw what was found on, as PNG in overlays/.")
    ] = 0,
    labels: Annotated[
        bool,
        typer.Option("--labels", help="Store what is found in the plate as labels too, as hcs labels does."),
    ] = False,
    overwrite: Overwrite = False,
    format: Format = "parquet",
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Count cells, and measure somas, nuclei and neurites.

    Example: hcs measure plates/P1.ome.zarr --neurites FITC --nuclei DAPI --overlay 1
    """
    from hcs.measure.fields import channel_spec
    from hcs.measure.measured import WORKBOOK
    from hcs.measure.measurements import measure_plate
    from hcs.measure.overlay import write_overlays
    from hcs_plates.plate import open_plate

    if out is not None and len(plate) > 1:
        raise ArgumentError("--out is for one plate; several are measured beside themselves.")
    wanted = as_workbook(format)
    opened = [open_plate(path) for path in plate]
    specs = [channel_spec(one, neurites, nuclei, tuple(marker or ()), time=time) for one in opened]
    some_left_out = False
    with connect(scheduler, workers) as client:
        for one, spec in zip(opened, specs, strict=True):
            with progress_bar(f"wells of {one.name}") as progress:
                found = measure_plate(
                    one, spec, out, labels=labels, overwrite=overwrite, client=client, progress=progress
                )
            if overlay:
                with progress_bar(f"overlays of {one.name}") as progress:
                    write_overlays(
                        one, found, spec, fields_per_well=overlay, client=client, progress=progress
                    )
                typer.echo(
                    f"overlays: {found.path / 'overlays'} (somas orange, nuclei blue, each stretch of "
                    "neurite in a colour of its own)"
                )
            typer.echo(f"{one.name}: {spec.describe()}")
            some_left_out |= _tell(found)
            _finish_labels(one, found, client, wanted=labels)
            if wanted:
                tell_workbook(found.save_tables(found.path / WORKBOOK, overwrite=True))
    tell_codes(opened)
    tell_next("hcs", "heatmap", *plate, "--value", "cell_count", "--out", "cells.html")
    if some_left_out:
        raise typer.Exit(1)


def _finish_labels(plate: "Plate", found: "Measurements", client: Any, *, wanted: bool) -> None:
    """Write wanted labels that measuring did not, since its result stood already; say which are stale."""
    from hcs.measure.fieldlabels import labels_written, write_labels
    from hcs.measure.labelstanding import label_standing

    if wanted:
        if not labels_written(plate, found):
            with progress_bar(f"labels of {plate.name}") as progress:
                write_labels(plate, found, client=client, progress=progress)
        typer.echo(f"labels of {counted(len(found.fields), 'field')}, in {plate.path}")
    if stale := label_standing(plate).stale_sentence():
        typer.echo(f"note: {stale}")


def _tell(found: "Measurements") -> bool:
    """Say what was measured and what was not; whether a field could not be measured."""
    fields = found.fields
    kept = int(fields["included"].sum())
    cells = int(found.wells["n_cells"].sum())
    typer.echo(f"{found.path}: {cells} cells in {kept} of {len(fields)} fields")
    for row in fields[~fields["included"]].itertuples(index=False):
        typer.echo(f"flagged: {row.well} field {row.field} ({row.reason})")
    left_out = ((f"{row['what']} {row['where']}", row["reason"]) for row in found.record["left_out"])
    for where, reason in alike(left_out):
        typer.echo(f"left out: {where} ({reason})")
    for notice in found.notices:
        typer.echo(f"note: {notice}")
    return any(row["what"] == "field" for row in found.record["left_out"])


def labels(
    plate: Annotated[Path, typer.Argument(help="The plate, such as P1.ome.zarr; a measured one of hcs.")],
    measurements: Annotated[
        Path | None, typer.Option(help="What was measured; P1.measurements beside the plate if left out.")
    ] = None,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Store nuclei, somas and neurites in the plate as label images, which any OME-Zarr viewer shows.

    Example: hcs labels plates/P1.ome.zarr
    """
    from hcs.measure.fieldlabels import write_labels
    from hcs.measure.labelstanding import label_standing
    from hcs.measure.measured import Measurements
    from hcs_plates.plate import open_plate

    one = open_plate(plate)
    found = None if measurements is None else Measurements.open(measurements, one)
    before = label_standing(one)
    with connect(scheduler, workers) as client, progress_bar("fields") as progress:
        written = write_labels(one, found, client=client, progress=progress)
    typer.echo(f"{plate}: labels of {counted(written, 'field')} of plate {one.name}, beside their levels")
    if stale := {(label.well, label.number) for label in before.stale}:
        typer.echo(f"note: stale labels of {counted(len(stale), 'field')}, of earlier measurements, are gone")
    for sentence in label_standing(one).sentences():
        typer.echo(f"note: {sentence}")


def positives(
    measurements: Annotated[list[Path], typer.Argument(help="Folders that `hcs measure` made.")],
    marker: Annotated[str, typer.Option(help="Column of cells.parquet, such as CASP3_nucleus_mean.")],
    rule: Annotated[
        str,
        typer.Option(
            help="fixed=LEVEL, otsu, controls (wells of the role negative_control) or controls=ROLE, such as "
            "'controls=2nd only'."
        ),
    ],
    out: Annotated[Path, typer.Option(help="CSV to write, one row per well.")],
    reference: Annotated[
        str | None, typer.Option(help="Column that says which cells count, such as TUJ1_soma_mean.")
    ] = None,
    reference_rule: Annotated[str, typer.Option(help="As --rule, for the reference.")] = "otsu",
    group: Annotated[
        str | None, typer.Option(help="Column of the unit of evidence; donor, else clone, if left out.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Column of the two classes; diagnosis, where there is one.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Count the cells of each well that are positive in a marker, and compare the two classes.

    Example: hcs positives P1.measurements --marker CASP3_nucleus_mean --rule controls --reference
    TUJ1_soma_mean --out casp3.csv
    """
    import pandas as pd

    from hcs.measure.measured import Measurements
    from hcs.measure.positives import compare_positives, count_positives, positives_by_group
    from hcs_plates.csvcells import csv_text
    from hcs_plates.files import write_files

    tests = out.with_suffix(".test.csv")
    if not overwrite and (there := next((file for file in (out, tests) if file.exists()), None)):
        raise ArgumentError(
            f"{there} exists already; choose another --out or ask to overwrite it (--overwrite)."
        )
    opened = [Measurements.open(path) for path in measurements]
    wells = pd.concat([one.wells for one in opened], ignore_index=True)
    cells = pd.concat([one.cells for one in opened], ignore_index=True)
    counted = cells[cells["included"] & cells["counted"]]
    if group is None:
        group = "donor" if "donor" in wells and wells["donor"].notna().all() else "clone"
    if label is None and "diagnosis" in wells and wells["diagnosis"].notna().any():
        label = "diagnosis"
    for option, name in (("--group", group), ("--label", label)):
        if name is not None and name not in wells:
            raise ArgumentError(f"{option}: the wells have no column {name!r}; {nearest(name, list(wells))}")
    known = ["plate", "well", group, label, "role", "treatment", "dose"]
    metadata = list(dict.fromkeys(name for name in known if name is not None and name in wells))
    roles = ["plate", "well"] + ["role"] * ("role" in wells)
    counted = counted.merge(wells[roles], on=["plate", "well"], how="left")
    second = None if reference is None else (reference, threshold_rule(reference_rule))
    table = count_positives(counted, marker, threshold_rule(rule), second, wells=wells[metadata])
    # Compared before anything is written: a class that a clone cannot have is a fault of the map.
    compared = None if label is None else compare_positives(table, label, group)
    written = {out: table} | ({} if compared is None else {tests: compared.table})
    write_files({file: csv_text(rows).encode() for file, rows in written.items()})
    typer.echo(f"{out}: {int(table['n_positive'].sum())} of {int(table['n_reference'].sum())} cells positive")
    typer.echo(positives_by_group(table, group).to_string(index=False))
    if compared is None:
        # That of an earlier run is of other numbers.
        tests.unlink(missing_ok=True)
        typer.echo("classes not compared: the wells have no diagnosis (--label names another column)")
    else:
        typer.echo(f"{tests}: {compared.summary()}")
    tell_next("hcs", "heatmap", out, "--value", "share", "--out", out.with_suffix(".html"))


def threshold_rule(words: str) -> "ThresholdRule":
    """Read a rule as the command line spells it.

    Examples
    --------
    >>> threshold_rule("fixed=120").level, threshold_rule("controls=2nd only").role
    (120.0, '2nd only')
    >>> threshold_rule("median")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Rule 'median' is unknown; give fixed=LEVEL, otsu, controls or \
controls=ROLE.
    """
    from hcs.measure.thresholds import ThresholdRule

    if words == "otsu":
        return ThresholdRule("otsu")
    if words == "controls":
        return ThresholdRule("controls")
    kind, _, level = words.partition("=")
    if kind == "controls" and level.strip():
        return ThresholdRule("controls", role=level.strip())
    if kind != "fixed":
        raise ArgumentError(f"Rule {words!r} is unknown; give fixed=LEVEL, otsu, controls or controls=ROLE.")
    try:
        return ThresholdRule("fixed", level=float(level))
    except ValueError as error:
        raise ArgumentError(f"{level!r} in rule {words!r} is not a number.") from error
