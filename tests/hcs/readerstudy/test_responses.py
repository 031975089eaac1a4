"""The log of answers: append-only, safe in two tabs, ordered without a clock, refused where it is damaged."""

import errno
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs.readerstudy.clicks import Click, ReaderState, StaleError
from hcs.readerstudy.responses import FILE, Responses
from hcs_plates.errors import HcsError, NotThereError, StoreError, UnreachableError

MOVES = ("answer", "undo", "again", "look")


def empty_pack(folder: Path) -> Path:
    """A folder with what a pack's digest is taken of."""
    folder.mkdir(exist_ok=True)
    for name in ("pack.json", "schedule.json"):
        (folder / name).write_text("{}")
    return folder


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """An empty pack."""
    return empty_pack(tmp_path / "pack")


def answer(position: int, revision: int, click: str = "", call: str | None = "ALS") -> Click:
    """An answer of reader R01, or, without a call, its withdrawal."""
    sure = None if call is None else True
    return Click("R01", position, f"image{position}", call, sure, revision, click or f"{revision}", 1.5)


def test_a_click_is_read_back_as_it_was_made(pack: Path) -> None:
    """What was stored is there when the file is opened again, every field of it."""
    with Responses(pack, create=True) as responses:
        given = replace(answer(0, 0), answered_at="2020-01-01T00:00:00+00:00", seconds=2.346)
        assert responses.record([given]) == ReaderState(1, 1)
    with Responses(pack) as responses:
        (row,) = responses.table().to_dict("records")
    assert row == {
        "reader": "R01",
        "position": 0,
        "image": "image0",
        "call": "ALS",
        "sure": True,
        "seconds": 2.346,
        "answered_at": "2020-01-01T00:00:00+00:00",
        "revision": 1,
    }


def test_an_undo_is_a_row_and_nothing_leaves_the_log(pack: Path) -> None:
    """A withdrawn answer stays in the log; the table has the one that was given after it."""
    with Responses(pack, create=True) as responses:
        responses.record([answer(0, 0), answer(1, 1), answer(1, 2, call=None), answer(1, 3, call="control")])
        assert list(responses.table()["call"]) == ["ALS", "control"]
        assert list(responses.log()["call"].fillna("withdrawn")) == ["ALS", "ALS", "withdrawn", "control"]
        responses.record([answer(1, 4, call=None), answer(0, 5, call=None)])
        assert responses.table().empty
        assert list(responses.table().columns)[:3] == ["reader", "position", "image"]


@pytest.mark.parametrize(
    "click",
    [
        pytest.param(answer(1, 0, "late"), id="made before the first answer was stored"),
        pytest.param(answer(0, 1, "late"), id="a position that is answered"),
        pytest.param(answer(2, 1, "late"), id="a position ahead"),
        pytest.param(answer(1, 1, "late", call=None), id="an answer that is not there withdrawn"),
        pytest.param(answer(0, 0, "late", call=None), id="withdrawn on an older state"),
    ],
)
def test_a_click_on_another_state_is_refused_with_the_state_that_stands(pack: Path, click: Click) -> None:
    """Nothing is stored, and the refusal carries where the reader stands."""
    with Responses(pack, create=True) as responses:
        stands = responses.record([answer(0, 0)])
        with pytest.raises(StaleError) as refused:
            responses.record([click])
        assert refused.value.state == stands == responses.state("R01")
        assert len(responses.log()) == 1


def test_clicks_stored_together_are_stored_all_or_none(pack: Path) -> None:
    """One that is refused takes the others of its transaction with it."""
    with Responses(pack, create=True) as responses:
        with pytest.raises(StaleError):
            responses.record([answer(0, 0), answer(2, 1)])
        assert responses.log().empty


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["answer", "undo", "again", "look"])), max_size=25
    )
)
def test_two_tabs_never_lose_or_double_an_answer(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, str]]
) -> None:
    """Two tabs answer, undo, send again and reload in any order; a list in memory is the oracle."""
    pack = empty_pack(tmp_path_factory.mktemp("tabs") / "pack")
    expected: list[str] = []
    known = {"a": ReaderState(), "b": ReaderState()}
    sent: list[Click] = []
    revision = 0
    with Responses(pack, create=True) as responses:
        for number, (tab, move) in enumerate(moves):
            state = known[tab]
            if move == "look" or (move == "undo" and state.answered == 0):
                known[tab] = responses.state("R01")
                continue
            if move == "again":
                if sent:
                    responses.record([sent[-1]])
                continue
            position = state.answered if move == "answer" else state.answered - 1
            call = f"call{number}" if move == "answer" else None
            click = answer(position, state.revision, f"{tab}{number}", call)
            if state.revision != revision:
                with pytest.raises(StaleError):
                    responses.record([click])
                continue
            known[tab] = responses.record([click])
            sent.append(click)
            revision += 1
            if call is None:
                expected.pop()
            else:
                expected.append(call)
        assert list(responses.table()["call"]) == expected
        assert responses.state("R01") == ReaderState(revision, len(expected))
        assert list(responses.log()["revision"]) == list(range(1, revision + 1))


def test_order_does_not_follow_the_clock(pack: Path) -> None:
    """A clock set back between two answers changes neither their order nor which of two stands."""
    with Responses(pack, create=True) as responses:
        late = replace(answer(0, 0), answered_at="2030-01-01T00:00:00+00:00")
        early = replace(answer(0, 2, call="control"), answered_at="1999-01-01T00:00:00+00:00")
        responses.record([late, answer(0, 1, call=None), early, answer(1, 3)])
        assert list(responses.table()["call"]) == ["control", "ALS"]
        assert list(responses.log()["sequence"]) == [1, 2, 3, 4]


def test_readers_at_once_and_two_processes_files(pack: Path) -> None:
    """Threads on two openings of one file store every click once, each reader's in order."""
    with Responses(pack, create=True) as one, Responses(pack) as two:

        def click_all(number: int) -> None:
            reader = f"R{number:02}"
            for place in range(20):
                made = replace(answer(place, place), reader=reader)
                (one if (number + place) % 2 else two).record([made])

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(click_all, range(6)))
        table = one.table()
    assert table.groupby("reader")["position"].apply(list).tolist() == [list(range(20))] * 6


def test_nobody_has_answered(pack: Path) -> None:
    """Scores of a pack without answers are refused, and no file is made."""
    with pytest.raises(NotThereError, match="no reader of this pack has answered yet"):
        Responses(pack)
    assert not (pack / FILE).exists()


def foreign(file: Path) -> None:
    """Another program's database."""
    file.unlink()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()


def changed(statement: str) -> Callable[[Path], None]:
    """A row changed by somebody who took the triggers away."""

    def change(file: Path) -> None:
        with sqlite3.connect(file) as other:
            other.execute("DROP TRIGGER log_is_not_changed")
            other.execute("DROP TRIGGER log_is_not_cut")
            other.execute(statement)
        other.close()

    return change


DAMAGES = [
    pytest.param(lambda file: file.write_bytes(b""), "is empty", id="empty"),
    pytest.param(lambda file: file.write_bytes(b"not a database, but text" * 99), "is damaged", id="text"),
    pytest.param(lambda file: file.write_bytes(file.read_bytes()[:9000]), "is damaged", id="cut"),
    pytest.param(foreign, "another program", id="of another program"),
    pytest.param(changed("UPDATE log SET call = 'x' WHERE sequence = 2"), "row 2 is not", id="call changed"),
    pytest.param(changed("DELETE FROM log WHERE sequence = 2"), "row 2 is not", id="row gone"),
    pytest.param(changed("PRAGMA user_version = 9"), "has format 9", id="newer format"),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES)
def test_a_file_that_is_not_the_log_is_refused_and_left(
    pack: Path, damage: Callable[[Path], object], sentence: str
) -> None:
    """One sentence with what to do; not a byte of it is changed, by a server that may create it either."""
    with Responses(pack, create=True) as responses:
        responses.record([answer(place, place) for place in range(30)])
    damage(pack / FILE)
    before = (pack / FILE).read_bytes()
    for create in (False, True):
        with pytest.raises(StoreError, match=sentence):
            Responses(pack, create=create)
    assert (pack / FILE).read_bytes() == before


def test_answers_to_another_pack_are_refused(pack: Path) -> None:
    """A schedule that was changed since the answers were given makes them answers to something else."""
    Responses(pack, create=True).close()
    (pack / "schedule.json").write_text("{ }")
    with pytest.raises(StoreError, match="another pack"):
        Responses(pack)


def test_a_copy_without_the_last_answers_is_refused(pack: Path, tmp_path: Path) -> None:
    """Copied alone while the server runs, the file lacks them; once the server has ended it is whole."""
    copy = empty_pack(tmp_path / "copy")
    with Responses(pack, create=True) as responses:
        responses.record([answer(0, 0)])
        shutil.copy(pack / FILE, copy)
        with pytest.raises(StoreError, match=f"without {FILE}-wal"):
            Responses(copy)
        (copy / f"{FILE}-wal").touch()
        with Responses(copy) as part:
            assert part.table().empty
        for name in (FILE, f"{FILE}-wal"):
            shutil.copy(pack / name, copy)
        with Responses(copy) as whole:
            assert len(whole.table()) == 1
    shutil.copy(pack / FILE, copy)
    with Responses(copy) as whole:
        assert len(whole.table()) == 1


def test_the_log_takes_no_change(pack: Path) -> None:
    """Neither a row's change nor its removal, whoever opens the file."""
    with Responses(pack, create=True) as responses:
        responses.record([answer(0, 0)])
    other = sqlite3.connect(pack / FILE)
    for statement in ("UPDATE log SET call = 'x'", "DELETE FROM log"):
        with pytest.raises(sqlite3.IntegrityError, match="a log is not"):
            other.execute(statement)
    other.close()


def test_a_place_that_cannot_be_written_is_told(pack: Path) -> None:
    """A sentence, where a folder stands in the file's place."""
    (pack / FILE).mkdir()
    with pytest.raises(HcsError, match="cannot be written"):
        Responses(pack, create=True)
    shutil.rmtree(pack)


def test_an_answer_is_acknowledged_after_a_flush_that_began_when_it_was_stored(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who come while the disk is busy share the next flush; nobody returns before one of their own."""
    began, release, flushes = threading.Event(), threading.Event(), []

    def slow(held: int) -> None:
        flushes.append(held)
        began.set()
        assert release.wait(10)

    with Responses(pack, create=True) as responses, ThreadPoolExecutor(12) as pool:
        monkeypatch.setattr("hcs.readerstudy.flushing.os.fsync", slow)
        first = pool.submit(responses.record, [answer(0, 0)])
        assert began.wait(10)
        others = [
            pool.submit(responses.record, [replace(answer(0, 0), reader=f"R{number}")])
            for number in range(10, 20)
        ]
        while len(responses.log()) < 11:
            time.sleep(0.01)
        assert not any(one.done() for one in (first, *others))
        release.set()
        assert {one.result() for one in (first, *others)} == {ReaderState(1, 1)}
        assert 2 <= len(flushes) <= 3


def test_after_a_flush_that_failed_nothing_is_acknowledged(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that refused once may have dropped what it was given: every click is refused from then on."""

    def full(held: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with Responses(pack, create=True) as responses:
        with monkeypatch.context() as patched:
            patched.setattr("hcs.readerstudy.flushing.os.fsync", full)
            with pytest.raises(UnreachableError, match="the disk is full"):
                responses.record([answer(0, 0)])
        with pytest.raises(UnreachableError, match="was not stored"):
            responses.record([answer(1, 1)])
