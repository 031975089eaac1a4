"""A sealed file opens with its passphrase alone, tells nothing by its size, and is never changed unseen."""

import stat
import struct
from hashlib import sha256
from pathlib import Path

import pytest
from tests.hcs.design.blinding.conftest import PASSPHRASE

from hcs.design.blinding import seal
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, InputFileError, NotThereError, StoreError

SECRET = b"K7QX is clone Aurora of donor 3"


@pytest.fixture
def sealed(tmp_path: Path, cheap: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small sealed file."""
    monkeypatch.setattr(seal, "BLOCK", 64)
    seal.seal(tmp_path / "study.key", SECRET, PASSPHRASE)
    return tmp_path / "study.key"


def summed(whole: bytes) -> bytes:
    """Give a file the check sum of what it is now, as whoever changes it on purpose would."""
    return whole[:-32] + sha256(whole[:-32]).digest()


def test_round_trip(tmp_path: Path) -> None:
    """At the real cost: what was sealed comes back, with the file's SHA-256; only its owner may read it."""
    file = tmp_path / "keys" / "study.key"
    written = seal.seal(file, SECRET, "Grüße an die Zellen")
    assert seal.unseal(file, "Grüße an die Zellen") == (SECRET, sha256(file.read_bytes()).hexdigest())
    assert written == sha256(file.read_bytes()).hexdigest()
    # However a keyboard composes its accents.
    assert seal.unseal(file, "Gru\u0308ße an die Zellen")[0] == SECRET
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SECRET not in file.read_bytes()
    memory, passes, lanes = struct.unpack_from(">III", file.read_bytes(), 22)
    assert (memory, passes, lanes) == (64 * 1024, 3, 4)
    with pytest.raises(InputFileError, match="was sealed with another passphrase"):
        seal.unseal(file, "Grüße an die zellen")


def test_the_size_tells_nothing(tmp_path: Path, cheap: None) -> None:
    """Of two lines and of two hundred, with short names and long ones: one size."""
    sizes = set()
    for n, content in enumerate((b"", b"a", b"b" * 30_000, b"c" * (seal.BLOCK - 4))):
        seal.seal(tmp_path / f"{n}.key", content, PASSPHRASE)
        sizes.add((tmp_path / f"{n}.key").stat().st_size)
        assert seal.unseal(tmp_path / f"{n}.key", PASSPHRASE)[0] == content
    assert len(sizes) == 1
    seal.seal(tmp_path / "more.key", b"d" * (seal.BLOCK - 3), PASSPHRASE)
    assert (tmp_path / "more.key").stat().st_size == sizes.pop() + seal.BLOCK


def test_the_same_content_is_never_the_same_file(tmp_path: Path, cheap: None) -> None:
    """Salt and nonce are drawn anew, so that two files cannot be compared."""
    held = []
    for name in ("a", "b"):
        seal.seal(tmp_path / name, SECRET, PASSPHRASE)
        held.append((tmp_path / name).read_bytes()[34:])
    assert not any(held[0][at : at + 12] in held[1] for at in range(0, 4096, 12))


@pytest.mark.parametrize("on_purpose", [False, True])
def test_every_byte_counts(sealed: Path, on_purpose: bool) -> None:
    """Whichever byte is another, the file is refused in one sentence that tells nothing of the content."""
    whole = sealed.read_bytes()
    for at in range(len(whole) - 32 * on_purpose):
        changed = bytearray(whole)
        changed[at] ^= 1 + at % 255
        sealed.write_bytes(summed(bytes(changed)) if on_purpose else bytes(changed))
        with pytest.raises(HcsError) as refused:
            seal.unseal(sealed, PASSPHRASE)
        said = refused.value.message
        assert "\n" not in said
        assert "Aurora" not in said
        assert PASSPHRASE not in said
    sealed.write_bytes(whole)
    assert seal.unseal(sealed, PASSPHRASE)[0] == SECRET


def test_every_length_counts(sealed: Path) -> None:
    """A file that is cut short anywhere, or longer, is told as such."""
    whole = sealed.read_bytes()
    for length in range(len(whole)):
        sealed.write_bytes(whole[:length])
        with pytest.raises(InputFileError, match=r"cut short|is no sealed key|is empty"):
            seal.unseal(sealed, PASSPHRASE)
    sealed.write_bytes(whole + b"\0")
    with pytest.raises(StoreError, match="is damaged: its check sum is another"):
        seal.unseal(sealed, PASSPHRASE)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (16, struct.pack(">H", 2), "is a key of format 2; this hcs reads formats up to 1"),
        (16, struct.pack(">H", 0), "was changed: it asks for a derivation of 64 KiB"),
        (22, struct.pack(">I", 2**32 - 1), "was changed: it asks for a derivation of 4,294,967,295 KiB"),
        (
            26,
            struct.pack(">I", 2**31),
            "was changed: it asks for a derivation of 64 KiB, 2,147,483,648 passes",
        ),
        (30, struct.pack(">I", 0), "was changed: it asks for a derivation of 64 KiB, 1 pass and 0 lanes"),
        (18, struct.pack(">I", 2**32 - 1), "is damaged: its check sum is another"),
    ],
)
def test_a_changed_header_costs_nothing(
    sealed: Path, place: int, value: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later version, or a cost that would fill the memory, is refused before anything is derived."""
    whole = bytearray(sealed.read_bytes())
    whole[place : place + len(value)] = value
    sealed.write_bytes(summed(bytes(whole)))
    monkeypatch.setattr(seal, "_cipher", lambda *_: pytest.fail("derived a key"))
    with pytest.raises(StoreError, match=said):
        seal.unseal(sealed, PASSPHRASE)


def test_a_cheap_seal_is_refused(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was sealed at another cost than this version's does not open."""
    monkeypatch.setattr(seal, "COST", seal.Cost(64 * 1024, 3, 4))
    with pytest.raises(StoreError, match="with which no hcs seals"):
        seal.unseal(sealed, PASSPHRASE)


def test_other_files(tmp_path: Path) -> None:
    """No file, a folder, an empty file and a table are told apart."""
    with pytest.raises(NotThereError, match="There is no key file"):
        seal.unseal(tmp_path / "none.key", PASSPHRASE)
    with pytest.raises(NotThereError, match="There is no key file"):
        seal.unseal(tmp_path, PASSPHRASE)
    for held, said in ((b"", "is empty"), (b"clone,donor\n", "is no sealed key of hcs")):
        (tmp_path / "it").write_bytes(held)
        with pytest.raises(InputFileError, match=said):
            seal.unseal(tmp_path / "it", PASSPHRASE)


@pytest.mark.parametrize(
    "passphrase", ["", "short", " " * 20, "aaaaaaaaaaaaaaaa", "ababababababababab", "x   y"]
)
def test_quickly_guessed_passphrases(tmp_path: Path, passphrase: str) -> None:
    """They are refused, without being shown, before anything is written."""
    with pytest.raises(ArgumentError, match="A passphrase has at least 12 signs, 5 of them different"):
        seal.seal(tmp_path / "study.key", SECRET, passphrase)
    assert not list(tmp_path.iterdir())


def test_a_key_is_not_written_over(sealed: Path) -> None:
    """A key that stands there stays, unless it is asked for."""
    before = sealed.read_bytes()
    with pytest.raises(ExistsError, match="what it opens would be lost with it"):
        seal.seal(sealed, b"other", PASSPHRASE)
    assert sealed.read_bytes() == before
    seal.seal(sealed, b"other", PASSPHRASE, overwrite=True)
    assert seal.unseal(sealed, PASSPHRASE)[0] == b"other"
