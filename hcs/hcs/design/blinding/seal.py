"""A sealed file: bytes that only a passphrase opens, and that nobody changes unseen.

The file is a header, a ciphertext and a check sum. The header says the version, the cost of the key
derivation (Argon2id, RFC 9106) and its salt, the nonce, and the length of the ciphertext; it is
authenticated with the content (AES-256-GCM, NIST SP 800-38D). The content is padded to whole blocks, so
that the file's size does not tell how much is in it. The check sum (SHA-256) is no protection: it tells
damage from a wrong passphrase.
"""

import secrets
import struct
import unicodedata
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.wording import counted
from hcs_plates.errors import ArgumentError, ExistsError, InputFileError, NotThereError, StoreError
from hcs_plates.files import write_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"hcs sealed key\r\n"
VERSION = 1
BLOCK = 2**16
"""Bytes to whose multiples the content is padded."""
MOST_BLOCKS = 256
SHORTEST, FEWEST_SIGNS = 12, 5
"""Signs of a passphrase, and different ones among them."""
_HEADER = struct.Struct(">16sHIIII16s12s")
_TAG, _SUM, _LENGTH = 16, 32, 4


@dataclass(frozen=True)
class Cost:
    """What Argon2id takes: memory in KiB, passes over it, and lanes."""

    memory: int
    passes: int
    lanes: int


COST = Cost(64 * 2**10, 3, 4)
"""The second recommendation of RFC 9106, section 4. Files of any other cost are refused: a header that
somebody changed must not ask for a terabyte of memory."""


def passphrase_bytes(passphrase: str) -> bytes:
    """Give a passphrase's bytes: however a keyboard composes its accents, they are the same (NFC, UTF-8)."""
    # Bytes of the environment that are no UTF-8 come as surrogates, and go as they came.
    return unicodedata.normalize("NFC", passphrase).encode(errors="surrogateescape")


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is quickly guessed.

    Raises
    ------
    ArgumentError
        Fewer than `SHORTEST` signs, or fewer than `FEWEST_SIGNS` different ones; it does not show them.

    Examples
    --------
    >>> check_passphrase("secret")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: A passphrase has at least 12 signs, 5 of them different; take some words.
    """
    text = unicodedata.normalize("NFC", passphrase)
    if len(text.strip()) < SHORTEST or len(set(text)) < FEWEST_SIGNS:
        raise ArgumentError(
            f"A passphrase has at least {SHORTEST} signs, {FEWEST_SIGNS} of them different; take some words."
        )


def seal(path: Path | str, content: bytes, passphrase: str, *, overwrite: bool = False) -> str:
    """Write a sealed file that its owner alone may read (mode 0600).

    Parameters
    ----------
    path
        The file.
    content
        What is sealed.
    passphrase
        What opens it.
    overwrite
        Replace a file that stands there.

    Returns
    -------
    str
        The file's fingerprint: its SHA-256, which tells nothing of what is in it.

    Raises
    ------
    ArgumentError, ExistsError, PlaceError
        A passphrase that is quickly guessed, a file that stands there, a place that cannot be written to.
    """
    place = Path(path)
    check_passphrase(passphrase)
    if place.exists() and not overwrite:
        raise ExistsError(
            f"{place} is there already, and what it opens would be lost with it; choose another name "
            "(or replace it with --overwrite)."
        )
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    filled = struct.pack(">I", len(content)) + content
    blocks = -(-len(filled) // BLOCK)
    if blocks > MOST_BLOCKS:
        raise ArgumentError(f"{place}: more than {MOST_BLOCKS * BLOCK // 2**20} MiB are no key; seal less.")
    header = _HEADER.pack(MAGIC, VERSION, blocks, *astuple(COST), salt, nonce)
    sealed = _cipher(passphrase, salt).encrypt(nonce, filled.ljust(blocks * BLOCK, b"\0"), header)
    whole = header + sealed
    whole += sha256(whole).digest()
    write_file(place, whole, private=True)
    return sha256(whole).hexdigest()


def unseal(path: Path | str, passphrase: str) -> tuple[bytes, str]:
    """Open a sealed file: its content and its fingerprint.

    Raises
    ------
    NotThereError, InputFileError, StoreError
        No file; one that is no sealed key, of a later version, cut short or damaged; a wrong passphrase. None
        of them tells anything of the content.
    """
    place = Path(path)
    try:
        whole = _read(place)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotThereError(
            f"There is no key file {place}; hcs blind and hcs layout --key write one."
        ) from error
    nonce, salt, header = _checked_header(whole, place)
    from cryptography.exceptions import InvalidTag

    sealed = whole[_HEADER.size : -_SUM]
    try:
        filled = _cipher(passphrase, salt).decrypt(nonce, sealed, header)
    except InvalidTag:
        raise InputFileError(
            place, "was sealed with another passphrase (or somebody changed the file on purpose)"
        ) from None
    (length,) = struct.unpack_from(">I", filled)
    return filled[_LENGTH : _LENGTH + length], sha256(whole).hexdigest()


def _read(place: Path) -> bytes:
    """Read at most what the largest key has: another file may be of any size."""
    with place.open("rb") as stream:
        return stream.read(_HEADER.size + MOST_BLOCKS * BLOCK + _TAG + _SUM + 1)


def _checked_header(whole: bytes, place: Path) -> tuple[bytes, bytes, bytes]:
    """Hold a file against its header and check sum before anything is derived: nonce, salt and header."""
    if not whole.startswith(MAGIC):
        held = "is empty" if not whole else "is no sealed key of hcs"
        raise InputFileError(place, f"{held}; expected the key file of hcs blind or hcs layout --key")
    if len(whole) < _HEADER.size:
        raise StoreError(place, "is cut short; take the key from a copy")
    _, version, blocks, memory, passes, lanes, salt, nonce = _HEADER.unpack_from(whole)
    if version > VERSION and len(whole) > _HEADER.size:
        raise StoreError(place, f"is a key of format {version}; this hcs reads formats up to {VERSION}")
    size = _HEADER.size + blocks * BLOCK + _TAG + _SUM
    if len(whole) < size and blocks <= MOST_BLOCKS:
        raise StoreError(
            place, f"is cut short ({len(whole):,} of {size:,} bytes are there); take the key from a copy"
        )
    if len(whole) != size or sha256(whole[:-_SUM]).digest() != whole[-_SUM:]:
        raise StoreError(place, "is damaged: its check sum is another; take the key from a copy")
    if version != VERSION or Cost(memory, passes, lanes) != COST:
        raise StoreError(
            place,
            f"was changed: it asks for a derivation of {memory:,} KiB, {counted(passes, 'pass')} and "
            f"{counted(lanes, 'lane')}, with which no hcs seals; take the key from a copy",
        )
    return nonce, salt, whole[: _HEADER.size]


def _cipher(passphrase: str, salt: bytes) -> "AESGCM":
    """Derive the cipher of a passphrase; every try costs as much."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    derivation = Argon2id(
        salt=salt, length=32, iterations=COST.passes, lanes=COST.lanes, memory_cost=COST.memory
    )
    return AESGCM(derivation.derive(passphrase_bytes(passphrase)))
