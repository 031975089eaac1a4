"""Platemaps, tables and study files to be mutated."""

import csv
import gzip
import io
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
from tests.mutations.changes import EVIL_NUMBERS, EVIL_TEXTS, of_bytes, of_cells, of_zip
from tests.mutations.kinds import Kind

from hcs.heatmaps.heatmap import heatmap
from hcs.study.settings import read_config, template
from hcs.study.wells import select_wells
from hcs.tables.file import read_table
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate
from hcs_plates.platemap import read_platemap
from hcs_plates.readers.acquisition import Channel
from hcs_plates.wells import FORMATS

WELLS = ("A01", "A02", "B01", "B03")
ROWS = [
    ["well", "plate", "clone", "donor", "diagnosis", "passage", "dose", "included", "own"],
    ["A01", "P1", "c1", "d1", "ALS", "27", "0.5", "true", "3.5"],
    ["A02", "P1", "c2", "d2", "control", "31", "1", "true", "4"],
    ["B01", "P1", "c1", "d1", "ALS", "28", "", "true", "-1"],
    ["B03", "P1", "c3", "d3", "control", "30", "2", "false", "7"],
]


def written(random: Random, rows: list[list[str]], place: Path) -> str:
    """Save rows as one of the formats of tables; give its name."""
    suffix = random.choice((".csv", ".csv", ".tsv", ".txt", ".xlsx", ".xlsx"))
    if suffix == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows:
            # XML has no control characters, and openpyxl writes none.
            book.active.append([cell.replace("\0", "").replace("\n", " ") for cell in row])
        book.save(place / "t.xlsx")
        return "t.xlsx"
    stream = io.StringIO()
    sign = "\t" if suffix == ".tsv" else random.choice(",;\t") if suffix == ".csv" else ","
    csv.writer(stream, delimiter=sign).writerows(rows)
    (place / f"t{suffix}").write_bytes(stream.getvalue().encode("utf-8", "surrogatepass"))
    return f"t{suffix}"


def mutate_table(random: Random, folder: Path, _: Any) -> str:
    """Change cells, then save; or save, then change bytes or the parts of the workbook."""
    said, rows = of_cells(random, ROWS) if random.random() < 0.6 else ("whole", ROWS)
    name = written(random, rows, folder)
    path = folder / name
    if said == "whole":
        change = (lambda r, c: of_zip(r, c, r"\.xml$")) if name.endswith("xlsx") else of_bytes
        said, content = change(random, path.read_bytes())
        path.write_bytes(content)
    return f"{name}: {said}"


def mutate_any_table(random: Random, folder: Path, known: Any) -> str:
    """As a platemap, and as Parquet or packed."""
    if random.random() < 0.6:
        return mutate_table(random, folder, known)
    table = pd.DataFrame(ROWS[1:], columns=ROWS[0]).assign(own=[3.5, 4, -1, 7])
    what = random.choice(("gz", "parquet", "parquet", "column"))
    if what == "gz":
        said, content = of_bytes(random, gzip.compress(table.to_csv(index=False).encode()))
        (folder / "t.csv.gz").write_bytes(content)
    elif what == "parquet":
        table.to_parquet(folder / "t.parquet")
        said, content = of_bytes(random, (folder / "t.parquet").read_bytes())
        (folder / "t.parquet").write_bytes(content)
    else:
        cells = random.choice(([[1]] * 4, [{"a": 1}] * 4, [b"x"] * 4, [None] * 4, [10**30] * 4, [1e308] * 4))
        said = str(cells[0])
        table.assign(own=pd.Series(cells, dtype=object)).astype(
            {"own": str} if isinstance(cells[0], int) else {}
        ).to_parquet(folder / "t.parquet")
    return f"{what}: {said}"


def the_table(folder: Path) -> Path:
    """Place of the table in a folder."""
    return next(path for path in sorted(folder.iterdir()) if path.name.startswith("t."))


def judge_platemap(folder: Path, _: Any) -> None:
    """A map has the wells that are imaged, and of a text file the very clones that Python's csv reads."""
    path = the_table(folder)
    table = read_platemap(path, plate="P1", format=FORMATS[6], imaged=WELLS[:3])
    assert set(WELLS[:3]) <= set(table.index)
    if path.suffix == ".xlsx" or "clone" not in table:
        return
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_bytes().decode("cp1252")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_sign(text))
    said = {cell.strip() for row in lines for cell in row}
    clones = {str(clone) for clone in table["clone"].dropna()}
    assert all(clone in said or not clone.isascii() or any(clone in one for one in said) for clone in clones)


def _sign(text: str) -> str:
    first = text.splitlines()[0] if text.splitlines() else ""
    return max(",;\t", key=first.count)


def judge_table(folder: Path, _: Any) -> None:
    """A table is read, and shown well by well."""
    table = read_table(the_table(folder))
    value = "own" if "own" in table else str(table.columns[-1])
    shown = heatmap(table, value)
    assert shown.summary()
    assert len(shown.table) <= len(table)


def make_study(folder: Path) -> list[Plate]:
    """A study file, and the plates it names: their wells, without pixels."""
    table = pd.DataFrame(ROWS[1:], columns=ROWS[0]).set_index("well")
    table = table.assign(
        passage=table["passage"].astype("Int64"), dose=pd.to_numeric(table["dose"]), included=True, own=1.5
    )
    layout = FieldLayout(1, 1, 1, 16, 16, "uint16")
    fields = dict.fromkeys(WELLS, (1,))
    (folder / "P1.ome.zarr").mkdir()
    values = {"plates": ["P1.ome.zarr"], "where": "passage < 40 and clone != 'c9'"}
    (folder / "study.toml").write_text(template({"data": values}), encoding="utf-8")
    return [
        Plate(folder / "P1.ome.zarr", PlateSpec("P1", FORMATS[6], (Channel("x"),), layout, fields, table))
    ]


WORDS = (
    "passage", "clone", "dose", "included", "own", "`own`", "nosuch", "40", "-1", "'c1'", '"c2"', "True",
    "None", "<", "==", "!=", ">=", "in", "not in", "and", "or", "not", "(", ")", "[", "]", ",", "+", "**",
    "@x", ".sum()", "__import__('os').system('true')", "lambda: 0", "9" * 40, "1e999", "f'{clone}'", "&",
    "is", "if", ":=",
)  # fmt: skip


def mutate_study(random: Random, folder: Path, _: Any) -> str:
    """Change the filter, a value, a line, or the bytes of a study file."""
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    what = random.choice(("where", "where", "value", "value", "line gone", "line twice", "bytes"))
    if what == "where":
        said = " ".join(random.choice(WORDS) for _ in range(random.randrange(1, 9)))
        lines = [f"where = '''{said}'''" if line.startswith("where =") else line for line in lines]
    elif what == "value":
        place = random.choice([n for n, line in enumerate(lines) if " = " in line and line[0] != "#"])
        key = lines[place].split(" = ")[0]
        value = random.choice(
            (*EVIL_NUMBERS, *(f"'''{one}'''" for one in EVIL_TEXTS), "[]", "{}", "[[1]]", "[" * 3000)
        )
        said, lines[place] = f"{key} = {value[:20]}", f"{key} = {value}"
    elif what == "bytes":
        said, content = of_bytes(random, text.encode())
        path.write_bytes(content)
        return said
    else:
        place = random.randrange(len(lines))
        said = f"{place}"
        lines[place : place + 1] = [lines[place]] * (2 if what == "line twice" else 0)
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    return f"{what}: {said}"


def judge_study(folder: Path, plates: Any) -> None:
    """A study file gives settings and a selection of the wells there are."""
    config = read_config(folder / "study.toml")
    chosen = select_wells(plates, config.data, folder / "study.toml")
    assert set(chosen.wells["well"]) <= set(WELLS)
    assert len(chosen.wells) + len(chosen.left_out) == len(WELLS)
    assert not list(folder.glob("PWNED*"))


def _nothing(_: Path) -> None:
    return None


KINDS = (
    Kind("platemap", _nothing, mutate_table, judge_platemap),
    Kind("table", _nothing, mutate_any_table, judge_table),
    Kind("study file", make_study, mutate_study, judge_study),
)
