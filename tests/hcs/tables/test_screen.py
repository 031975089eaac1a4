"""Tests of screens as plate readers leave them: wildcards, flags, genes, and each fault by its line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hcs.tables.screen import is_screen, read_screen
from hcs_plates.errors import InputFileError, NotThereError
from hcs_plates.wells import FORMATS

WELLS = FORMATS[6].wells()
FILES = {
    "Platelist.txt": "Filename\tPlate\tReplicate\n1a.txt\t1\t1\n1b.txt\t1\t2\n2a.txt\t2\t1\n2b.txt\t2\t2\n",
    "Plateconf.txt": "Wells: 6\nPlates: 2\nPlate\tWell\tContent\n"
    "*\t*\tsample\n*\tA0[1-2]\tneg\n2\tA02\tpos\n",
    "Screenlog.txt": "Plate\tSample\tWell\tFlag\tComment\n1\t2\tB03\tNA\tspilled\n2\t1\tB03\tcheck\tlow\n",
    "GeneIDs.txt": "Plate\tWell\tID\tGeneID\n1\tA3\tx1\tCG1\n1\tB01\tx2\tNA\n2\tA03\tx3\tCG3\n",
}  # fmt: skip
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a screen of two layouts twice, with other text in some of its files."""

    def made(**other: str | None) -> Path:
        numbers = {
            f"{layout}{run}.txt": "".join(
                f"p\t{well}\t{100 * layout + 10 * ord(run) % 7 + place}\n" for place, well in enumerate(WELLS)
            )
            for layout in (1, 2)
            for run in "ab"
        }
        for name, text in (FILES | numbers | {f"{key}.txt": one for key, one in other.items()}).items():
            if text is not None:
                (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return made


def test_a_screen_is_read_whole(write: Write) -> None:
    """Numbers, replicates, roles by the last rule that fits, flags with their comments, genes."""
    found = read_screen(write())
    assert (len(found.wells), found.values, found.plate_format) == (24, ("signal",), FORMATS[6])
    wells = found.wells.set_index(["plate", "well"])
    assert wells.loc[("2b", "B03"), "signal"] == 200 + 10 * ord("b") % 7 + 5
    assert wells.loc["1a", "role"].tolist() == ["neg", "neg", "sample", "sample", "sample", "sample"]
    assert wells.loc["2a", "role"].tolist()[:2] == ["neg", "pos"]
    assert wells.loc["1b", ["layout", "replicate"]].drop_duplicates().values.tolist() == [["1", "2"]]
    assert wells.index[~wells["included"]].tolist() == [("1b", "B03")]
    assert wells.loc[("1b", "B03"), "comment"] == "spilled"
    assert wells.loc[("1b", "A03"), ["id", "gene"]].tolist() == ["x1", "CG1"]
    assert wells["gene"].isna().sum() == 20
    assert found.notices == (
        "Flags of Screenlog.txt other than NA leave their wells in (1).",
        "GeneIDs.txt does not describe 18 wells.",
    )


def test_names_in_the_description_and_in_any_case(write: Write, tmp_path: Path) -> None:
    """A description names the tables; the list itself can be given; missing numbers are counted."""
    folder = write(**{"2b": "plate\twell\tlight\np\ta1\t5\np\tA02\tNA\n"})
    (folder / "GeneIDs.txt").rename(folder / "genes.tab")
    (folder / "Platelist.txt").rename(folder / "PLATELIST.TXT")
    (folder / "Description.txt").write_text("[Files]\nannotation: genes.tab\nscreenLog:\n")
    for path in (folder, folder / "PLATELIST.TXT"):
        assert is_screen(path)
        found = read_screen(path)
        assert found.wells["gene"].notna().sum() == 4
        assert np.isnan(found.wells.set_index(["plate", "well"]).loc[("2b", "A02"), "signal"])
        assert "5 wells of the plates stand in no file or have no number there." in found.notices
    assert not is_screen(tmp_path / "2b.txt")


def test_channels_are_columns_of_their_own(write: Write) -> None:
    """A file for each channel; without a configuration all wells are samples, which is said."""
    listed = "Filename\tPlate\tReplicate\tChannel\n1a.txt\t1\t1\t1\n1b.txt\t1\t1\t2\n"
    folder = write(Platelist=listed, Screenlog=None, GeneIDs=None)
    for name in ("Plateconf.txt", "Screenlog.txt", "GeneIDs.txt"):
        (folder / name).unlink(missing_ok=True)
    found = read_screen(folder)
    assert found.values == ("channel_1", "channel_2")
    assert (found.wells["plate"].unique().tolist(), len(found.wells)) == (["1-1"], 6)
    assert found.notices == ("There is no Plateconf.txt: every well counts as a sample.",)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"Platelist": "File\tPlate\n1a.txt\t1\n"}, "has no column 'Filename'; did you mean 'File'"),
        ({"Platelist": "Filename\tPlate\nno.txt\t1\n"}, "line 2 names 'no.txt', which is not in the folder"),
        ({"Platelist": "Filename\tPlate\n1a.txt\t1\n1b.txt\t1\n"}, "line 3 has plate 1, replicate 1 again"),
        ({"Platelist": "Filename\tPlate\n1a.txt\t1\n1a.txt\t2\n"}, "line 3 names '1a.txt' again"),
        ({"1a": "p\tA01\t1\np\tA01\t2\n"}, "line 2 has well A01 again"),
        ({"1a": "p\tA01\t1\np\tC01\t2\n"}, "line 2 has another well than there are: Well 'C01' is outside"),
        ({"1a": "p\tC01\t1\np\tA02\t2\n"}, "line 1 has another well than there are"),
        ({"1a": "p\tA01\t1\np\tA02\tlow\n"}, "line 2 has 'low' for a number"),
        ({"1a": "A01,1\n"}, "line 1 has fewer than three cells"),
        ({"1a": "\n"}, "has no rows of plate, well and number"),
        ({"Plateconf": "Batch\tWell\tContent\n1\tA01\tneg\n"}, "does not begin with 'Wells:' and 'Plates:'"),
        ({"Plateconf": "Wells: 7\nPlates: 2\nPlate\tWell\tContent\n"}, "says 7 wells; plates have 6, 12, 24"),
        (
            {"Plateconf": "Wells: 6\nPlates: 2\nPlate\tWell\tContent\n*\tA.*\tsample\n"},
            "says nothing of B01, B02 and B03 on plate 1",
        ),
        (
            {"Plateconf": "Wells: 6\nPlates: 2\nPlate\tWell\tContent\n*\t*\tsample\n3\tD01\tneg\n"},
            "line 5 has '3' as plate, which no plate fits and line 5 has 'D01' as well",
        ),
        ({"Screenlog": "Plate\tWell\tFlag\n1\tA01\tNA\n"}, "line 2 does not say which of 2 replicates"),
        ({"Screenlog": "Plate\tSample\tWell\tFlag\n9\t1\tA01\tNA\n"}, "line 2 is about plate 9, replicate 1"),
        ({"Screenlog": "Plate\tSample\tWell\tFlag\n1\t1\tC01\tNA\n"}, "line 2 names another well than"),
        ({"GeneIDs": "Plate\tWell\tGeneID\n1\tA01\tx\n1\tA1\ty\n"}, "line 3 has plate 1 well A01 again"),
        ({"GeneIDs": "Plate\tWell\tGeneID\n1\tA01\tx\ty\n"}, "line 2 has 4 cells below 3 headings"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_line(write: Write, other: dict[str, str], said: str) -> None:
    """One sentence names the file, the line and the fault."""
    with pytest.raises(InputFileError) as refused:
        read_screen(write(**other))
    assert said in refused.value.message
    assert next(iter(other)) in refused.value.message


def test_files_that_are_not_there(write: Write, tmp_path: Path) -> None:
    """No list of plates, and a table that the description names."""
    with pytest.raises(NotThereError, match=r"There is no Platelist.txt in"):
        read_screen(tmp_path)
    folder = write()
    (folder / "Description.txt").write_text("[Files]\nplateConf: conf.txt\n")
    with pytest.raises(NotThereError, match=r"conf.txt', which Description.txt \(line 2\) names"):
        read_screen(folder)
