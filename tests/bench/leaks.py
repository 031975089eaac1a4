"""Does a leak get past `hcs batch`? 200 tables with a planted leak and no disease, and 200 clean ones.

    python tests/bench/leaks.py            # 200 and 200
    python tests/bench/leaks.py 20         # 20 and 20

Each table has 3 plates or more, 12 clones and 6 features. It is written as CSV, read, scored and judged as
`hcs batch` does it; pages are not drawn. A leak is let through where the model's calls stand and what leaks
is not named: left out, tied, told, or counted otherwise. A clean table is alarmed where there is no verdict,
or where a measurement is left out; half of the clean ones hold an effect.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.batches.transfer import MODEL
from hcs.analysis.finding import Finding
from hcs.analysis.kept import KeptAnalyses, KeptFinding, sentences_of, tables_of
from hcs.analysis.question import Question
from hcs.answer.answer import Kind
from hcs.answer.basis import Basis
from hcs.findings.from_table.evidence import table_evidence
from hcs.findings.run import analyse
from hcs.report.batches.verdict import batch_verdict
from hcs.tables.compared import Classes
from hcs.tables.file import read_table
from hcs.tables.spec import TableSpec, label_values
from hcs_plates.errors import HcsError

N_TABLES = 200
FEATURES = [f"Texture_{number}" for number in range(6)]
ASKED = ("design", "baselines", "batches")
"""Analyses that the verdict rests on."""
PASSED = (Kind.YES, Kind.RESERVED, Kind.NO_SIGN, Kind.NO_SIGN_RESERVED)
"""Answers that let a model's calls stand."""


@dataclass(frozen=True)
class Case:
    """A table and what is wrong with it.

    Parameters
    ----------
    kind
        What was planted.
    table
        One row per well.
    how
        How it is named: ``column`` (left out), ``tied`` (in the headline), ``told`` (a sentence), ``unit``
        (what n counts), ``number`` (how many are counted); empty for a clean table.
    name
        What has to be named.
    """

    kind: str
    table: pd.DataFrame
    how: str = ""
    name: str = ""


@dataclass(frozen=True)
class Judged:
    """What came of a case: kind of the answer (None: refused), headline, sentences, columns left out, n."""

    kind: Kind | None
    headline: str
    told: str = ""
    left_out: tuple[str, ...] = ()
    unit: str = ""
    n: int = 0


def screen(rng: np.random.Generator, effect: float = 0.0, per_class: int = 6) -> pd.DataFrame:
    """Two wells of each clone of two classes on each of three plates, dealt at random."""
    clones = [f"{kind}{number + 1}" for kind in "pc" for number in range(per_class)]
    shift = {clone: rng.normal(0, 0.3, len(FEATURES)) for clone in clones}
    direction, parts = rng.normal(0, 1, len(FEATURES)), []
    for plate in range(3):
        offset = rng.normal(0, 0.5, len(FEATURES))
        places = rng.permutation(np.repeat(clones, 2))
        rows = pd.DataFrame({"plate": f"P{plate + 1}", "clone": places})
        rows.insert(1, "well", [f"{'BCDEFG'[one // 10]}{one % 10 + 2:02d}" for one in range(len(rows))])
        rows["diagnosis"] = np.where(rows["clone"].str[0] == "p", "ALS", "HC")
        values = np.stack([shift[clone] for clone in rows["clone"]]) + offset
        values += rng.normal(0, 1, values.shape)
        values += effect * direction * (rows[["diagnosis"]] == "ALS").to_numpy()
        parts.append(rows.join(pd.DataFrame(values.round(4), columns=FEATURES)))
    return pd.concat(parts, ignore_index=True)


def shifted(table: pd.DataFrame, by: pd.Series, rng: np.random.Generator, size: float = 3.0) -> pd.DataFrame:
    """Features moved by a random vector for each value of something."""
    moves = {name: rng.normal(0, size, len(FEATURES)) for name in sorted(by.astype(str).unique())}
    moved = np.stack([moves[name] for name in by.astype(str)])
    return table.assign(**dict(zip(FEATURES, (table[FEATURES].to_numpy() + moved).round(4).T, strict=True)))


def random_name(rng: np.random.Generator) -> str:
    """A word that means nothing."""
    return "".join(rng.choice(list("bcdfghklmnprstvw"), 1)) + "".join(rng.choice(list("aeioukmnrst"), 5))


def pick(rng: np.random.Generator, *names: str) -> str:
    """One of several names."""
    return str(rng.choice(names))


def is_als(table: pd.DataFrame) -> pd.Series:
    """Which wells are of the positive class."""
    return table["diagnosis"] == "ALS"


def donor(rng: np.random.Generator) -> Case:
    """Six donors with two clones each, clones of a donor alike."""
    table = screen(rng)
    of = table["clone"].str[0] + table["clone"].str[1:].astype(int).floordiv(2.01).astype(int).astype(str)
    name = pick(rng, "donor", "Donor", "Metadata_Donor", "patient_id", "Patient ID", "subject", "DonorID")
    return Case(f"donor ({name})", shifted(table.assign(**{name: "D" + of}), of, rng), "unit", "donor")


def donor_by_another_name(rng: np.random.Generator) -> Case:
    """Donors under a name that says nothing."""
    table, name = screen(rng), random_name(rng)
    of = table["clone"].str[0] + table["clone"].str[1:].astype(int).floordiv(2.01).astype(int).astype(str)
    return Case("donor (random name)", shifted(table.assign(**{name: of}), of, rng), "tied", name)


def plate(rng: np.random.Generator) -> Case:
    """Patients on plates of their own."""
    table = screen(rng)
    own = table["plate"] + np.where(is_als(table), "a", "b")
    return Case("plate", shifted(table.assign(plate=own), own, rng), "tied", "plate")


def batch(rng: np.random.Generator) -> Case:
    """A batch under any name that is the diagnosis: words, numbers, days."""
    table = screen(rng)
    name = pick(rng, "imaging_day", "Operator", "microscope", "lot", "Metadata_run", random_name(rng))
    values = [("AB", "CD"), (1, 2), (20240301, 20240307), ("2024-03-01", "2024-03-07"), (0.5, 1.5)]
    one, other = values[rng.integers(len(values))]
    made = is_als(table).map({True: one, False: other})
    return Case(f"batch ({name}: {one})", shifted(table.assign(**{name: made}), made, rng), "tied", name)


def batches_of_pairs(rng: np.random.Generator) -> Case:
    """Several batches, each of one class."""
    table, name = screen(rng), pick(rng, "differentiation_batch", "thawing", random_name(rng))
    own = table["clone"].str[0] + (table["clone"].str[1:].astype(int) % 2).astype(str)
    return Case(f"batches ({name})", shifted(table.assign(**{name: own}), own, rng), "tied", name)


def row_number(rng: np.random.Generator) -> Case:
    """A table sorted by diagnosis with a number that counts its rows."""
    table = screen(rng).sort_values(["diagnosis", "clone"]).reset_index(drop=True)
    n = len(table)
    name = pick(rng, "Unnamed: 0", "index", "id", "tile_id", random_name(rng), random_name(rng))
    numbers = [np.arange(n), np.arange(n) + 1000, np.linspace(0, 1, n).round(6), np.arange(n)[::-1]]
    column = numbers[rng.integers(len(numbers))]
    if rng.random() < 0.5:
        table = table.assign(**{name: column}).sample(frac=1, random_state=int(rng.integers(1_000_000)))
    else:
        table.insert(0, name, column)
    return Case(f"row number ({name})", table, "column", name)


def program(rng: np.random.Generator) -> Case:
    """Columns of a program's run that go with the diagnosis, in random rows."""
    table = screen(rng)
    name = pick(
        rng, "ImageNumber", "ExecutionTime_01Images", "ObjectNumber", "Metadata_Site", "Group_Index",
        "Nuclei_Location_Center_X", "PositionX", "Acquisition Time Stamp", "WellIndex", "FOV", "Time_s",
    )  # fmt: skip
    column = 100 * is_als(table) + rng.integers(0, 90, len(table))
    return Case(f"program ({name})", table.assign(**{name: column}), "column", name)


def known_property(rng: np.random.Generator) -> Case:
    """Passage, age, density: higher in patients."""
    table = screen(rng)
    name = pick(
        rng, "Passage", "PASSAGE", "passage_no", "Age", "Seeding_Density", "seed density", "Day", "Dose"
    )
    own = {c: (30 if c[0] == "p" else 14) + int(rng.integers(0, 8)) for c in table["clone"].unique()}
    return Case(f"property ({name})", table.assign(**{name: table["clone"].map(own)}), "column", name)


def hidden_property(rng: np.random.Generator) -> Case:
    """A number of each clone, under a name that says nothing."""
    table, name = screen(rng), random_name(rng)
    own = {c: (c[0] == "p") * 5 + round(float(rng.normal()), 3) for c in table["clone"].unique()}
    return Case("number of the clone", table.assign(**{name: table["clone"].map(own)}), "column", name)


def label_as_number(rng: np.random.Generator) -> Case:
    """The diagnosis as 0 and 1."""
    table, name = screen(rng), random_name(rng)
    return Case("label as number", table.assign(**{name: is_als(table).astype(int)}), "column", name)


def position(rng: np.random.Generator) -> Case:
    """Patients in the upper rows, or the left columns, of plates with a gradient."""
    table = screen(rng).sort_values(["plate", "diagnosis", "clone"]).reset_index(drop=True)
    across = rng.random() < 0.5
    place = table.groupby("plate").cumcount()
    row, column = (place // 4, place % 4) if across else (place % 6, place // 6)
    wells = [f"{'BCDEFG'[one]}{other + 2:02d}" for one, other in zip(row, column, strict=True)]
    gradient = 0.8 * (row if across else column).to_numpy()[:, None] * rng.normal(0, 1, len(FEATURES))
    values = (table[FEATURES].to_numpy() + gradient).round(4)
    table = table.assign(well=wells, **dict(zip(FEATURES, values.T, strict=True)))
    return Case("position", table, "tied", "row" if across else "column")


def role(rng: np.random.Generator) -> Case:
    """Some patients' wells are positive controls, which look like nothing else."""
    table = screen(rng)
    name = pick(rng, "poscon", "positive_control", "Positive Control", "blank", "killed")
    treated = is_als(table) & (rng.random(len(table)) < 0.5)
    moved = table[FEATURES].to_numpy() + 6 * treated.to_numpy()[:, None]
    table = table.assign(**dict(zip(FEATURES, moved.round(4).T, strict=True)))
    return Case(f"role ({name})", table.assign(role=np.where(treated, name, "sample")), "told", "role")


def names_apart(rng: np.random.Generator) -> Case:
    """Clones that are spelt in two ways, so that one stands on both sides."""
    table = screen(rng)
    table = shifted(table, table["clone"], rng)
    ways: list[Callable[[str], str]] = [str.upper, lambda name: f"{name} ", lambda name: f" {name.upper()}"]
    way = ways[rng.integers(len(ways))]
    spelt = table["clone"].where(table["plate"] != "P2", table["clone"].map(way))
    return Case("name spelt twice", table.assign(clone=spelt), "number", "12")


def names_merged(rng: np.random.Generator) -> Case:
    """Clones that would become one as numbers: 1.1 and 1.10, one of each class."""
    table = screen(rng)
    names = {f"{kind}{n}": f"{n}.1{'0' * (kind == 'c')}" for n in range(1, 7) for kind in "pc"}
    return Case("names as numbers", table.assign(clone=table["clone"].map(names)), "number", "12")


def plates_anew(rng: np.random.Generator) -> Case:
    """Plates numbered anew in two batches, which are the diagnosis."""
    table = screen(rng)
    name = pick(rng, "differentiation_batch", "Experiment", "run", "screen_date")
    own = pd.Series(np.where(is_als(table), "a", "b"), index=table.index)
    table = shifted(table.assign(**{name: own}, plate=table["plate"].str[1:]), own, rng)
    return Case(f"plates numbered anew ({name})", table, "tied", name)


LEAKS: tuple[Callable[[np.random.Generator], Case], ...] = (
    donor, donor_by_another_name, plate, batch, batch, batches_of_pairs, row_number, row_number, program,
    program, known_property, known_property, hidden_property, label_as_number, position, role, names_apart,
    names_merged, plates_anew,
)  # fmt: skip


PROPERTIES = ("passage", "Imaging day")
"""Columns of clean tables that are no measurements."""


def clean(rng: np.random.Generator) -> Case:
    """Nothing is wrong: batches, days and properties dealt at random; half of the tables hold an effect."""
    effect = rng.random() < 0.5
    table = screen(rng, effect=1.5 if effect else 0.0)
    clones = table["clone"].unique()
    extra: dict[str, Callable[[], Any]] = {
        "operator": lambda: table["plate"].map({"P1": "AB", "P2": "CD", "P3": "AB"}),
        "Imaging day": lambda: table["plate"].str[1].astype(int),
        "differentiation_batch": lambda: table["clone"].map({c: f"B{int(c[1:]) % 2}" for c in clones}),
        "passage": lambda: table["clone"].map({c: int(rng.integers(12, 40)) for c in clones}),
        "donor": lambda: "D" + table["clone"],
        "thawed": lambda: "T" + table["clone"],
        "Count_Cells": lambda: rng.poisson(400, len(table)),
        "Count_Mitotic": lambda: rng.poisson(0.3, len(table)),
        "Nuclei_AreaShape_EulerNumber": lambda: rng.integers(-3, 2, len(table)),
        "cell_density": lambda: rng.normal(1, 0.1, len(table)).round(3),
        "mitotic_index": lambda: rng.beta(2, 20, len(table)).round(3),
    }
    for name in rng.choice(sorted(extra), 4, replace=False):
        table[str(name)] = extra[str(name)]()
    if rng.random() < 0.5:
        table = table.sort_values(["diagnosis", "clone"])
    return Case("clean, with an effect" if effect else "clean", table)


def judged(case: Case, folder: Path, seed: int = 0) -> Judged:
    """Write, read, score and judge a table as `hcs batch` does; a refusal is an answer too."""
    path = folder / "wells.csv"
    case.table.to_csv(path, index=False)
    try:
        table = read_table(path, names=("diagnosis", "plate", "clone"))
        classes = label_values(table, "diagnosis", None, None)
        spec = TableSpec("diagnosis", classes.positive, classes.negative, chosen=classes.reason)
        evidence, said = table_evidence(table, spec, seed=seed)
    except HcsError as error:
        return Judged(None, str(error))
    found = analyse(Question(evidence, model=MODEL, batch=spec.batch, seed=seed), ASKED)
    basis = Basis(
        Classes(spec.positive, spec.negative, spec.label, evidence.classes.noun), spec.batch,
        models=(MODEL,) if len(evidence.groups) else (), scores=evidence.groups, splits=evidence.splits,
        wells=evidence.wells, analysed=KeptAnalyses(_kept(found.findings), found.left_out, found.asked),
    )  # fmt: skip
    left_out = pd.DataFrame(evidence.left_out, columns=["what", "where", "reason"])
    n = evidence.wells["group"].nunique()
    made = batch_verdict(basis, n, evidence.notices)
    columns = tuple(left_out.loc[left_out["what"] == "column", "where"])
    told = " ".join([*evidence.notices, *said])
    return Judged(made.kind, made.headline, told, columns, evidence.classes.noun, n)


def _kept(findings: Mapping[str, Finding]) -> dict[str, KeptFinding]:
    """Findings as they are kept, without a picture."""
    made = {}
    for name, found in findings.items():
        words = sentences_of(found)
        said = (words["headline"], words["summary"], tuple(words["caveats"]))
        made[name] = KeptFinding(name, *said, tables_of(name, found), "")
    return made


def named(case: Case, found: Judged) -> bool:
    """Whether what leaks is named; a refusal names it."""
    plain, headline = case.name.replace("_", " ").lower(), found.headline.replace("_", " ").lower()
    # Of plates that are numbered anew the plate, too, is the diagnosis.
    tied = plain in headline or ("anew" in case.kind and "plate" in headline)
    ways = {
        "column": case.name in found.left_out,
        "tied": found.kind is Kind.NONE and tied,
        "told": plain in f"{found.told} {headline}".lower(),
        "unit": found.unit == case.name,
        "number": str(found.n) == case.name,
    }
    return found.kind is None or ways[case.how]


def let_through(case: Case, found: Judged) -> bool:
    """Whether a leak is not named, and the model's calls stand."""
    return not named(case, found) and found.kind in (*PASSED, Kind.DEPENDS, Kind.UNDECIDED)


def alarmed(found: Judged) -> str:
    """Why a clean table was alarmed; nothing where it was not."""
    if found.kind is None or found.kind is Kind.NONE:
        return found.headline
    wrong = [name for name in found.left_out if name not in PROPERTIES]
    return f"left out {wrong}" if wrong else ""


def main(n: int) -> None:
    """Judge so many tables with leaks and as many clean ones, and print what went wrong."""
    start, passed, silent, alarms, stood, effects = time.perf_counter(), 0, 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(n):
            case = LEAKS[number % len(LEAKS)](np.random.default_rng(number))
            found = judged(case, folder)
            passed += let_through(case, found)
            silent += not named(case, found)
            if not named(case, found):
                how = "let through" if let_through(case, found) else "not named"
                print(f"{how}: table {number}, {case.kind}: {found.headline}")
        for number in range(10_000, 10_000 + n):
            case = clean(np.random.default_rng(number))
            found = judged(case, folder)
            effects += case.kind != "clean"
            stood += case.kind != "clean" and found.kind in PASSED
            if why := alarmed(found):
                alarms += 1
                print(f"false alarm: table {number}, {case.kind}: {why}")
    print(f"{n} tables with a leak: {passed} let through, {silent} not named.")
    print(f"{n} clean tables: {alarms} false alarms; calls stand in {stood} of {effects} with an effect.")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else N_TABLES)
