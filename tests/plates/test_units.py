"""Units of work: receipts, resuming, refusals, the same on threads and on worker processes."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hcs_plates.errors import ArgumentError, HcsError, NotThereError, RefusedUnitsError, UnreachableError
from hcs_plates.units import Unit, digest, pixel_digest, run_units, write_json


def square(payload: tuple[Path, int]) -> dict[str, Any]:
    """Leave a trace of having run, refuse 3, fail on 4."""
    folder, number = payload
    if number == 3:
        raise ArgumentError("three is refused")
    if number == 4:
        raise ZeroDivisionError
    with (folder / f"ran-{number}").open("a") as stream:
        stream.write("x")
    return {"checksum": digest(number**2)}


def units(folder: Path, numbers: list[int]) -> list[Unit]:
    """Name a unit by its number."""
    return [Unit(f"u{number}", digest(number), (folder, number)) for number in numbers]


def fails(reason: object) -> dict[str, Any]:
    """Raise what it is given; otherwise say which process it is."""
    if isinstance(reason, BaseException):
        raise reason
    return {"checksum": "", "pid": os.getpid()}


def test_each_unit_runs_once_over_two_runs(tmp_path: Path) -> None:
    """A unit with a valid receipt is skipped, and its output is known all the same."""
    first = run_units(square, units(tmp_path, [1, 2]), tmp_path / "receipts")
    second = run_units(square, units(tmp_path, [1, 2, 5]), tmp_path / "receipts")
    assert first.skipped == ()
    assert second.skipped == ("u1", "u2")
    assert list(second.outputs) == ["u1", "u2", "u5"]
    assert [(tmp_path / f"ran-{n}").read_text() for n in (1, 2, 5)] == ["x", "x", "x"]


def test_changed_inputs_run_again(tmp_path: Path) -> None:
    """A receipt of other inputs does not count."""
    run_units(square, units(tmp_path, [1, 2]), tmp_path / "receipts")
    changed = [Unit("u1", digest("other"), (tmp_path, 1)), units(tmp_path, [2])[0]]
    assert run_units(square, changed, tmp_path / "receipts").skipped == ("u2",)
    assert (tmp_path / "ran-1").read_text() == "xx"


DAMAGED = [b"", b'{"inputs": ', b"\xff\xfe\x00", b"[1]", b"[" * 10**5, b'{"output": {}}']


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_receipt_is_none(tmp_path: Path, content: bytes) -> None:
    """What is no receipt of this unit, whatever it holds, is written anew."""
    run_units(square, units(tmp_path, [2]), tmp_path / "receipts")
    (tmp_path / "receipts" / "u2.json").write_bytes(content)
    assert run_units(square, units(tmp_path, [2]), tmp_path / "receipts").skipped == ()
    assert run_units(square, units(tmp_path, [2]), tmp_path / "receipts").skipped == ("u2",)
    assert (tmp_path / "ran-2").read_text() == "xx"


def test_refused_units_are_listed_and_others_go_on(tmp_path: Path) -> None:
    """Bad input is recorded with its sentence; it leaves no receipt, so it is tried again."""
    summary = run_units(square, units(tmp_path, [1, 3, 5]), tmp_path / "receipts")
    assert summary.failed == {"u3": "three is refused"}
    assert list(summary.outputs) == ["u1", "u5"]
    assert not (tmp_path / "receipts" / "u3.json").exists()
    with pytest.raises(RefusedUnitsError) as told:
        summary.check()
    assert str(told.value).splitlines() == [
        "1 of 3 units were refused; the others are done and kept:",
        "  u3  three is refused",
    ]


def test_faults_of_the_program_are_raised(tmp_path: Path) -> None:
    """Only refusals are recorded; anything else is a fault and stops the run."""
    with pytest.raises(ZeroDivisionError):
        run_units(square, units(tmp_path, [4]), tmp_path / "receipts")


def test_units_run_in_order_and_none_begins_after_a_fault(tmp_path: Path) -> None:
    """On threads what stands first is begun first; when one fails the others are left alone."""
    with pytest.raises(ZeroDivisionError):
        run_units(square, units(tmp_path, [1, 2, 4, 5, 6]), tmp_path / "receipts", workers=1)
    assert sorted(path.name for path in tmp_path.glob("ran-*")) == ["ran-1", "ran-2"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        *(
            (OSError(number, os.strerror(number), "/s/x.tif"), f"/s/x.tif: {reason}")
            for number, reason in (
                (errno.EIO, "the disk or the network share fails"),
                (errno.EACCES, "you have no permission"),
                (errno.ENOSPC, "the disk is full"),
                (errno.EMFILE, "too many files are open"),
                (errno.ESTALE, "the network share was taken away"),
                (errno.ENOENT, "it is not there (any more)"),
            )
        ),
        (OSError("No array found"), "{place}: No array found"),
        (TimeoutError(), "{place}: TimeoutError"),
        (MemoryError("61 GiB"), "Memory ran out while"),
    ],
)
def test_what_the_machine_denies_stops_the_run(tmp_path: Path, error: Exception, sentence: str) -> None:
    """A share that drops or a full disk is no refusal of the input: one sentence; what is done is kept."""
    work = [Unit(name, "x", payload) for name, payload in (("good", None), ("bad", error), ("later", None))]
    with pytest.raises(HcsError, match=r"working on bad.* What is done is kept") as stopped:
        run_units(fails, work, tmp_path / "receipts", workers=1)
    assert str(stopped.value).startswith(sentence.format(place=tmp_path))
    assert isinstance(stopped.value, OSError) == isinstance(error, OSError)
    assert [path.name for path in (tmp_path / "receipts").iterdir()] == ["good.json"]


def test_receipts_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in the way of the receipts is a sentence that names it."""
    (tmp_path / "file").touch()
    with pytest.raises(UnreachableError, match=r"file/receipts: a file stands where a folder should be"):
        run_units(fails, [Unit("a", "x", None)], tmp_path / "file" / "receipts")


def test_a_refusal_that_is_also_an_os_error_is_a_refusal(tmp_path: Path) -> None:
    """`NotThereError` is what a unit says of its input, not a fault of the machine."""
    work = [Unit("a", "x", NotThereError("gone")), Unit("b", "x", None)]
    summary = run_units(fails, work, tmp_path / "receipts")
    assert summary.failed == {"a": "gone"}
    assert list(summary.outputs) == ["b"]


def test_where_units_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_workers: Any) -> None:
    """On the current client if there is one; with `workers`, or without a client, in this process."""
    monkeypatch.chdir(tmp_path)

    def ran_here(name: str, **where: Any) -> bool:
        summary = run_units(fails, [Unit(name, "x", None)], Path("receipts"), **where)
        return bool(summary.outputs[name]["pid"] == os.getpid())

    assert ran_here("no client")
    with two_workers.as_current():
        assert not ran_here("current client")
        assert ran_here("threads asked for", workers=1)
    assert not ran_here("client asked for", client=two_workers)
    with pytest.raises(ArgumentError, match="workers 0 is fewer than one"):
        run_units(fails, [], Path("receipts"), workers=0)


def test_a_worker_that_is_denied_says_where(tmp_path: Path, two_workers: Any) -> None:
    """The sentence of a fault on a cluster names the worker."""
    work = [Unit("a", "x", OSError(errno.EIO, "Input/output error", "/s/x.tif"))]
    with pytest.raises(
        UnreachableError, match=r"On worker tcp://\S+: /s/x.tif: the disk or the network share fails"
    ):
        run_units(fails, work, tmp_path / "receipts", client=two_workers)


def test_progress_counts_every_unit(tmp_path: Path) -> None:
    """Progress starts at what is already done and ends at all."""
    run_units(square, units(tmp_path, [1]), tmp_path / "receipts")
    seen: list[tuple[int, int]] = []
    run_units(
        square, units(tmp_path, [1, 2, 3]), tmp_path / "receipts", progress=lambda *now: seen.append(now)
    )
    assert seen[0] == (1, 3)
    assert seen[-1] == (3, 3)


def test_worker_processes_give_the_same(tmp_path: Path, two_workers: Any) -> None:
    """A Dask client with two processes gives the outputs and receipts that threads give."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    threads = run_units(square, units(tmp_path / "a", [1, 2, 3]), tmp_path / "a" / "receipts")
    processes = run_units(
        square, units(tmp_path / "b", [1, 2, 3]), tmp_path / "b" / "receipts", client=two_workers
    )
    assert threads.outputs == processes.outputs
    assert threads.failed == processes.failed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.zeros((2, 3), "u1"), np.zeros((3, 2), "u1")),
        (np.zeros(4, "u1"), np.zeros(2, "u2")),
        (np.array([1, 2]), np.array([2, 1])),
    ],
)
def test_pixel_digest_sees_shape_type_and_content(one: Any, other: Any) -> None:
    """Arrays of the same bytes but another shape or type are different."""
    assert pixel_digest(one) != pixel_digest(other)
    assert pixel_digest(one) == pixel_digest(np.asfortranarray(one))


def test_digest_separates_its_parts() -> None:
    """What is in one part cannot slide into the next."""
    assert digest("ab", "c") != digest("a", "bc")
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    """Writing leaves no scratch file behind."""
    write_json(tmp_path / "x.json", {"a": 1})
    write_json(tmp_path / "x.json", {"a": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
