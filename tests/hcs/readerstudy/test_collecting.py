"""Files of answers: whole or refused, each click once, another sitting only when asked for."""

import random
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.hcs.web.readerpages.packs import MadePack, make_pack

from hcs.readerstudy.answerfile import COLUMNS
from hcs.readerstudy.clicks import Click, StaleError
from hcs.readerstudy.collecting import collect_answers
from hcs.readerstudy.responses import FILE, Responses, pack_digest
from hcs_plates.errors import ArgumentError, HcsError, InputFileError, NotThereError


@pytest.fixture
def made(tmp_path: Path) -> MadePack:
    """Two training images and eight of the test."""
    return make_pack(tmp_path / "pack")


def write(
    made: MadePack,
    name: str,
    calls: Sequence[str | None],
    *,
    reader: str = "reader 1",
    session: str = "5e55",
    pack: str = "",
    change: tuple[str, str] = ("", ""),
) -> Path:
    """A file as the page writes it: calls in order, None for an undo; with a change made before the sum."""
    lines, position = [",".join(COLUMNS)], 0
    for number, call in enumerate(calls):
        position -= call is None
        sure = "" if call is None else "yes"
        told = (
            reader,
            pack or pack_digest(made.pack.folder),
            session,
            f"{number:024x}",
            position,
            call or "",
        )
        lines.append(",".join(map(str, (*told, sure, "1.250", "2026-01-01T00:00:00.000Z"))))
        position += call is not None
    text = ("\n".join(lines) + "\n").replace(*change).encode()
    file = made.pack.folder.parent / name
    file.write_bytes(text + f"end,{len(calls)},{zlib.crc32(text):08x}\n".encode())
    return file


def calls(made: MadePack, reader: str = "reader 1") -> list[str]:
    """What stands for a reader."""
    with Responses(made.pack.folder) as responses:
        table = responses.table()
    return list(table.loc[table["reader"] == reader, "call"])


ANSWERS = ["ALS", "control", "ALS", None, "control", "ALS"]
STANDING = ["ALS", "control", "control", "ALS"]


def test_a_file_adds_what_it_has_more_and_nothing_twice(made: MadePack) -> None:
    """A later file of the same sitting, the same again, an older one: in any order, also at once."""
    early, late = write(made, "early.csv", ANSWERS[:3]), write(made, "late.csv", ANSWERS)
    assert (
        "3 clicks added; reader 1: 3 of 10 images answered" in collect_answers(made.pack.folder, [early])[0]
    )
    said = collect_answers(made.pack.folder, [late, early, late])
    assert ["3 clicks added" in said[0], "nothing new" in said[1], "nothing new" in said[2]] == [True] * 3
    assert calls(made) == STANDING
    with Responses(made.pack.folder) as responses:
        assert len(responses.log()) == len(ANSWERS)
        assert set(responses.table()["answered_at"]) == {"2026-01-01T00:00:00.000Z"}


def test_another_sitting_is_refused_unless_asked_for(made: MadePack) -> None:
    """A page begun anew: its answers replace the earlier ones, which stay in the log; and back again."""
    first = write(made, "first.csv", ANSWERS)
    second = write(made, "second.csv", ["control", "control"], session="0abc")
    collect_answers(made.pack.folder, [first])
    with pytest.raises(ArgumentError, match=r"4 answers in another sitting.*--replace"):
        collect_answers(made.pack.folder, [second])
    assert calls(made) == STANDING
    said = collect_answers(made.pack.folder, [second], replace_earlier=True)
    assert "2 clicks added, 4 earlier answers withdrawn; reader 1: 2 of 10 images" in said[0]
    assert calls(made) == ["control", "control"]
    collect_answers(made.pack.folder, [first], replace_earlier=True)
    assert calls(made) == STANDING
    assert "nothing new" in collect_answers(made.pack.folder, [first])[0]
    with Responses(made.pack.folder) as responses:
        assert len(responses.log()) == 6 + 4 + 2 + 2 + 6


def test_answers_on_the_served_page_are_not_mixed_with_a_file(made: MadePack) -> None:
    """They are another sitting; a page that is open on the withdrawn ones is refused its next click."""
    item = made.pack.items("reader 1")[0].image
    with Responses(made.pack.folder, create=True) as responses:
        responses.record([Click("reader 1", 0, item, "ALS", True, 0, "ab")])
        file = write(made, "file.csv", ANSWERS)
        with pytest.raises(ArgumentError, match="1 answer on the served page"):
            collect_answers(made.pack.folder, [file])
        collect_answers(made.pack.folder, [file], replace_earlier=True)
        with pytest.raises(StaleError):
            responses.record([Click("reader 1", 1, item, "ALS", True, 1, "cd")])
    assert calls(made) == STANDING


def test_files_of_several_readers_are_taken_together_or_not_at_all(made: MadePack) -> None:
    """One that is wrong keeps the others out; all that is wrong with all of them is told at once."""
    good = write(made, "good.csv", ANSWERS, reader="reader 2")
    foreign = write(made, "foreign.csv", ANSWERS, pack="0" * 64)
    nobody = write(made, "nobody.csv", ANSWERS, reader="reader 3")
    with pytest.raises(InputFileError) as refused:
        collect_answers(made.pack.folder, [good, foreign, nobody, made.pack.folder / "none.csv"])
    for part in ("another pack than pack", "no reader of the pack: 'reader 3'", "There is no file"):
        assert part in refused.value.message
    assert not (made.pack.folder / FILE).exists()
    collect_answers(made.pack.folder, [good, write(made, "one.csv", ["ALS"])])
    assert (calls(made), calls(made, "reader 2")) == (["ALS"], STANDING)


def test_every_cut_and_every_flipped_bit_is_noticed(made: MadePack) -> None:
    """A file that lost its end, wherever, or that has one bit another, is refused in a sentence."""
    file = write(made, "file.csv", ANSWERS)
    content = file.read_bytes()
    rng = random.Random(1)
    # The line's end at the file's end says nothing.
    damaged = [content[:length] for length in range(0, len(content) - 1, 7)]
    for _ in range(150):
        place, bit = rng.randrange(len(content) - 1), rng.randrange(8)
        damaged.append(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    for one in damaged:
        file.write_bytes(one)
        with pytest.raises(HcsError):
            collect_answers(made.pack.folder, [file])
    assert not (made.pack.folder / FILE).exists()
    file.write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    collect_answers(made.pack.folder, [file])
    assert calls(made) == STANDING


WRONG = [
    ((",0,ALS,yes", ",0,healthy,yes"), "row 1: 'healthy' is none of the classes"),
    ((",0,ALS,yes", ",7,ALS,yes"), "row 1 is about position 7, out of order"),
    ((",0,ALS,yes", ",99,ALS,yes"), "no image at position 99"),
    ((",0,ALS,yes", ",0,ALS,"), "row 1: An answer is either sure or unsure"),
    ((",0,ALS,yes", ",0,ALS,maybe"), "row 1 is no click"),
    ((",0,ALS,yes", ",x,ALS,yes"), "row 1 has no number"),
    ((",0,ALS,yes,1.250", ",0,ALS,yes,-1"), "row 1 is no click"),
    ((",0,ALS,yes,1.250", ",0,ALS,yes,nan"), "row 1 is no click"),
    (("reader,pack", "reader,file"), "is no file of answers"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_a_file_that_does_not_fit_the_pack_is_refused(
    made: MadePack, change: tuple[str, str], sentence: str
) -> None:
    """Rows are named; a sum that is right does not make them so."""
    file = write(made, "file.csv", ANSWERS, change=change)
    with pytest.raises(HcsError, match=sentence):
        collect_answers(made.pack.folder, [file])


def test_an_undo_of_training_or_of_nothing_is_refused(made: MadePack) -> None:
    """A label was told; and there is nothing to take back before the first answer."""
    for answers in (["ALS", None], [None]):
        with pytest.raises(HcsError):
            collect_answers(made.pack.folder, [write(made, "file.csv", answers)])


def test_a_file_without_answers_is_told(made: MadePack) -> None:
    """It was saved before the first click."""
    with pytest.raises(ArgumentError, match="holds no answer yet"):
        collect_answers(made.pack.folder, [write(made, "file.csv", [])])


def test_no_pack(tmp_path: Path) -> None:
    """The sentence names how one is made."""
    with pytest.raises(NotThereError, match="hcs readers new"):
        collect_answers(tmp_path / "none", [])
