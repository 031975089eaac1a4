"""Names are what the file says, whatever they look like, in every reader of tables and every analysis."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hcs.analysis import group_test, position_effects, well_statistics
from hcs.analysis.clinical import read_clinical
from hcs.findings.from_table.evidence import table_evidence
from hcs.findings.reader_table import read_calls
from hcs.heatmaps.heatmap import heatmap
from hcs.tables.file import read_table
from hcs.tables.spec import TableSpec
from hcs_models.splits import clone_splits
from hcs_plates.errors import ArgumentError, HcsError, InputFileError
from hcs_plates.names import as_names, names_things, told_alike
from hcs_plates.platemap import read_platemap
from hcs_plates.wells import FORMATS

TRICKY = [
    ("1.1", "1.10"), ("1E1", "10"), ("007", "7"), ("1.0", "1"), ("TRUE", "true-2"), ("yes", "no"),
    ("0x1F", "31"), ("+5", "5"), ("1e400", "inf1"), ("12345678901234567890", "12345678901234567891"),
    ("1_000", "1000"), ("2024-01-02", "2.1.2024"), ("5E-2", "0.05"), (".5", "0.5"),
    ("Null", "None"), ("T", "F"),
]  # fmt: skip
"""Pairs of names that some reader of numbers, dates or booleans makes one, or another thing."""

ENDINGS = [".csv", ".tsv", ".xlsx", ".parquet", ".csv.gz"]


def write(table: pd.DataFrame, path: Path) -> Path:
    """A table of text in the format of its ending."""
    if path.suffix == ".xlsx":
        table.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_name_comes_back_as_written(ending: str, tmp_path: Path) -> None:
    """In columns that name things by their heading, in any case, and in those that the caller names."""
    names = [name for pair in TRICKY for name in pair]
    headings = ["Clone", "PLATE", "donor ID", "Diff batch", "Metadata_Line", "reader", "run", "Run day"]
    table = pd.DataFrame(dict.fromkeys(headings, names) | {"f": range(len(names))})
    read = read_table(write(table, tmp_path / f"t{ending}"), names=["run", "run DAY", None])
    for heading in headings:
        assert read[heading].tolist() == names, heading
    assert read["f"].tolist() == list(range(len(names)))


@pytest.mark.parametrize("pair", TRICKY)
def test_a_platemap_keeps_names_in_columns_of_its_own(pair: tuple[str, str], tmp_path: Path) -> None:
    """Any own column may be the group or the label of a study: printed, it is what the map says."""
    path = tmp_path / "m.csv"
    path.write_text(f"well,clone,own\nA01,{pair[0]},{pair[0]}\nA02,{pair[1]},{pair[1]}\nA03,x,\n")
    wells = read_platemap(path, plate="P", format=FORMATS[96], imaged=["A01", "A02", "A03"])
    if "Null" not in pair:  # which is a blank in a platemap
        assert wells["clone"].tolist()[:2] == list(pair)
        assert as_names(wells["own"], numbers=True).tolist()[:2] == list(pair)


@pytest.mark.parametrize("pair", [pair for pair in TRICKY if pair[0].casefold() not in ("null",)])
def test_readers_calls_and_clinical_tables_tell_clones_apart(pair: tuple[str, str], tmp_path: Path) -> None:
    """Two clones are two, each with its own row and call."""
    calls = pd.DataFrame({"Reader": ["1", "1"], "Clone": pair, "call": ["yes", "no"]})
    groups = pd.DataFrame({"group": pair, "label": ["yes", "no"]})
    read = read_calls(write(calls, tmp_path / "c.csv"), groups, positive="yes", negative="no", group="clone")
    assert read["group"].tolist() == list(pair)
    assert read["right"].tolist() == [True, True]
    clinical = pd.DataFrame({"clone": pair, "nfl": [1.5, 2.5], "batch": pair})
    known = read_clinical(write(clinical, tmp_path / "k.csv"), units=list(pair))
    assert known.values.loc[list(pair), "nfl"].tolist() == [1.5, 2.5]
    assert known.values["batch"].tolist() == list(pair)
    assert not known.unknown


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("R1", "P", "A1"), ("R1", "P", "A01")], "judged the same image of clone 'c' 2 times"),
        ([("R1", "P", "A1"), ("R1", "P", "a-1")], "judged the same image of clone 'c' 2 times"),
        ([("R1", "P", "A1"), ("r1", "P", "A2")], "'R1' and 'r1' look alike and would be 2 readers"),
        ([("R 1", "P", "A1"), ("R1", "P", "A2")], "'R 1' and 'R1' look alike and would be 2 readers"),
    ],
)
def test_a_reader_and_a_well_in_two_spellings(rows: list[Any], said: str, tmp_path: Path) -> None:
    """One image judged twice is found, and nobody counts as two."""
    calls = pd.DataFrame(rows, columns=["reader", "plate", "well"]).assign(clone="c", call="ALS")
    groups = pd.DataFrame({"group": ["c"], "label": ["ALS"]})
    with pytest.raises(InputFileError, match=said):
        read_calls(write(calls, tmp_path / "c.csv"), groups, positive="ALS", negative="HC")


def features(clones: list[str]) -> pd.DataFrame:
    """A table of features: three plates of wells, each clone on every plate."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "plate": plate,
            "well": f"{'BCDEFG'[place // 10]}{place % 10 + 2:02d}",
            "clone": clone,
            "affected": label,
        }
        for plate in ("1E1", "10", "1E3")
        for place, (clone, label) in enumerate(
            [(one, "yes" if k % 2 else "no") for k, one in enumerate(clones)] * 2
        )
    ]
    values = {f"Texture_{n}": rng.normal(size=len(rows)) for n in range(3)}
    return pd.DataFrame(rows).assign(**values)


@pytest.mark.parametrize("ending", ENDINGS[:4])
def test_batches_labels_and_groups_of_a_table_of_features(ending: str, tmp_path: Path) -> None:
    """Eight clones, three plates, and the labels yes and no: as many as the file names."""
    clones = ["1.1", "1.10", "1.2", "1.20", "2.1", "2.10", "007", "7"]
    spec = TableSpec("affected", "yes", "no")
    table = read_table(write(features(clones), tmp_path / f"t{ending}"), names=["affected", "plate", "clone"])
    seen, _ = table_evidence(table, spec)
    assert sorted(seen.wells["group"].unique()) == sorted(clones)
    assert sorted(seen.wells["plate"].unique()) == ["10", "1E1", "1E3"]
    assert sorted(seen.wells["label"].unique()) == ["no", "yes"]
    drawn = heatmap(table, "Texture_0")
    assert list(drawn.formats) == ["1E1", "10", "1E3"]
    assert len(drawn.table) == 48


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], ["1", "2"]),
        (pd.array([1, None, 3], dtype="Int64"), ["1", None, "3"]),
        ([1.0, None, 12.0], ["1", None, "12"]),
        (pd.Categorical(["1.10", "1.1", None]), ["1.10", "1.1", None]),
        (pd.Categorical([7, 8]), ["7", "8"]),
        (pd.array(["1.10", "007"], dtype=pd.ArrowDtype(pa.string())), ["1.10", "007"]),
        (pd.array([1, 2], dtype=pd.ArrowDtype(pa.int8())), ["1", "2"]),
        (pd.Series([Decimal("1.10"), Decimal("1.1")]), ["1.10", "1.1"]),
        (pd.array([Decimal("1.10")], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), ["1.10"]),
        ([True, False], ["True", "False"]),
        (np.array(["a ", "b"], dtype=object), ["a", "b"]),
        (["C\u00a07", "K9\u200b", "Pla\u0308tte"], ["C 7", "K9", "Plätte"]),
        (pd.date_range("2024-01-02", periods=2), ["2024-01-02", "2024-01-03"]),
        (["", " ", "a"], [None, None, "a"]),
        (np.array([1, 2], dtype="uint8"), ["1", "2"]),
    ],
)
def test_any_type_gives_the_text_of_the_name(values: Any, expected: list[str | None]) -> None:
    """Missing stays missing, and is never the name nan or None."""
    named = as_names(pd.Series(values, name="clone"))
    assert [None if pd.isna(name) else name for name in named] == expected


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.1, 1.10, 2.0], "holds 1.1 as a number, which may be 1.10 in the file"),
        (np.array([0.5], dtype="float32"), "holds 0.5 as a number"),
        (pd.Series([1, "1"], dtype=object), "has '1' both as text and as a number"),
        (pd.Series([["a"], ["b"]]), "holds lists"),
        (pd.Series([{"a": 1}]), "holds lists"),
        (pd.Series([3 + 1j]), "is no name"),
    ],
)
def test_what_has_lost_its_text_is_no_name(values: Any, said: str) -> None:
    """The sentence names the column."""
    with pytest.raises(ArgumentError, match="'clone'") as refused:
        as_names(pd.Series(values, name="clone"))
    assert said in str(refused.value)


def test_a_parquet_that_has_lost_its_names_is_refused_where_they_are_used(tmp_path: Path) -> None:
    """A decimal number is no clone; a column that is not used as a name may hold any."""
    path = tmp_path / "t.parquet"
    pd.DataFrame({"clone": [1.1, 1.2], "line": [0.5, 0.25]}).to_parquet(path)
    assert read_table(path)["line"].tolist() == [0.5, 0.25]
    with pytest.raises(InputFileError, match=r"'clone' names things and holds 1\.1 as a number"):
        read_table(path, names=["clone"])


def test_a_float_group_is_refused_and_a_nullable_one_is_named() -> None:
    """Clones 1.1 and 1.10 that pandas read as one number never reach a test; 1, 2, missing are 1 and 2."""
    wells = pd.DataFrame({"clone": np.repeat([1.1, 1.2, 2.1, 2.2], 4), "label": list("aabb") * 4, "x": 1.0})
    with pytest.raises(ArgumentError, match="read it as text"):
        group_test(wells, "x", group="clone", label="label")
    whole = pd.DataFrame({"clone": [1.0, 1.0, 2.0, 3.0, 4.0, None], "label": list("aaabba"), "x": range(6)})
    assert group_test(whole, "x", group="clone", label="label").units["group"].tolist() == [
        "1",
        "2",
        "3",
        "4",
    ]


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("clone", True), ("CLONE", True), ("Cell line", True), ("line_id", True), ("Plate Barcode", True),
        ("Metadata_Batch", True), ("Image_Metadata_Plate", True), ("WellName", True), ("DonorID", True),
        ("patient-no", True), ("batch2", True), ("label", True), ("condition", True), ("stain", True),
        ("cell_count", False), ("Texture_Contrast_3", False), ("passage", False), ("replicate", False),
        ("day", False), ("neurite_line_length", False), ("Nuclei_Number_Object_Number", False), ("f1", False),
    ],
)  # fmt: skip
def test_headings_of_names(heading: str, names: bool) -> None:
    """Known in any case and spelling; measurements are none."""
    assert names_things(heading) is names


ALIKE = [
    ("C05", "c05"), ("C 05", "C05"), ("C05", "\u042105"), ("\uff23\uff10\uff15", "C05"),
    ("ALS01-a", "als01-A"), ("K 9", "K\u20099"), ("\u00c5", "\u212b"), ("\u03bd1", "v1"),
    ("x  y", "X Y"), ("\ufb01n", "FIN"),
]  # fmt: skip


@pytest.mark.parametrize("pair", ALIKE)
def test_names_that_look_alike_are_told_or_refused(pair: tuple[str, str]) -> None:
    """Told where they only count; refused where they bear two labels or would stand on both sides."""
    if as_names(pd.Series(pair)).nunique() < 2:
        return
    names = [*pair, "a", "b", "c", "d"]
    wells = pd.DataFrame({"clone": np.repeat(names, 4), "x": np.arange(24.0)})
    same = wells.assign(label=np.repeat(["A", "A", "A", "B", "B", "B"], 4))
    told = group_test(same, "x", group="clone", label="label").caveats
    assert any("look alike" in sentence and repr(pair[0]) in sentence for sentence in told)
    other = wells.assign(label=np.repeat(["A", "B", "A", "B", "B", "A"], 4))
    with pytest.raises(ArgumentError, match="look alike and have different labels"):
        group_test(other, "x", group="clone", label="label")
    labels = pd.Series(["A", "A", "A", "B", "B", "B"], index=names)
    with pytest.raises(ArgumentError, match="look alike and would be told apart"):
        clone_splits(labels, 2, {"train": 1, "validation": 0, "test": 1})
    table = features(names)
    with pytest.raises(HcsError, match="look alike"):
        table_evidence(table, TableSpec("affected", "yes", "no"))


def test_digits_apart_are_not_alike() -> None:
    """Neither are names that differ in what shows."""
    assert told_alike(pd.Series(["1 11", "11 1", "C1", "C-1", "C_1"]), "clone") == ()


@pytest.mark.parametrize("level", ["clone", "label", "plate", "well", ["plate", "well"]])
def test_an_index_may_be_called_as_a_column(level: Any) -> None:
    """As set_index(drop=False) leaves it: the same numbers."""
    wells = pd.DataFrame({"plate": "P", "well": FORMATS[24].wells(), "clone": list("abcdefgh") * 3})
    wells = wells.assign(label=wells["clone"].map(lambda name: "A" if name < "e" else "B"))
    wells["x"] = np.random.default_rng(0).normal(size=24)
    held = wells.set_index(level, drop=False)
    tests = [group_test(one, "x", group="clone", label="label").table for one in (wells, held)]
    pd.testing.assert_frame_equal(*tests)
    for look in (well_statistics, position_effects):
        pd.testing.assert_frame_equal(*(look(one, "x").table for one in (wells, held)))
