"""What comes from outside becomes a path only where that is safe."""

from pathlib import Path

import pytest

from hcs_plates.errors import ArgumentError
from hcs_plates.paths import LONGEST_NAME, check_name, local_path


@pytest.mark.parametrize(
    "address",
    ["s3://bucket/P.ome.zarr", "file:///data/P", "memory://x", "gs://b", "https://a.b/P", "s3:/b/P"],
)
def test_addresses_are_refused(address: str) -> None:
    """As text and as a path, which has one slash less."""
    for path in (address, Path(address)):
        with pytest.raises(ArgumentError, match=f"'{address.partition(':')[0]}://.*' is an address"):
            local_path(path)


@pytest.mark.parametrize(
    "path", ["P1.ome.zarr", "/data/a:b/c", "C:/data", "a b/ç", "../x", "s3/bucket", "x:y"]
)
def test_paths_are_taken(path: str) -> None:
    """Colons and drives are no addresses."""
    assert local_path(path) == Path(path)


def test_a_path_that_cannot_be() -> None:
    """No file name holds a NUL."""
    with pytest.raises(ArgumentError, match="is no path"):
        local_path("a\0b")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        (".", "it means a folder"),
        ("..", "it means a folder"),
        ("../../x", "it holds a slash"),
        ("a\\b", "it holds a slash"),
        (" P1", "begins or ends with a blank"),
        ("P1\n", "begins or ends with a blank"),
        ("P\n1", "cannot be seen"),
        ("P\x001", "cannot be seen"),
        ("P\u200b1", "cannot be seen"),
        ("P\ud800", "cannot be seen"),
        ("x" * (LONGEST_NAME + 1), "longer than"),
        ("é" * LONGEST_NAME, "longer than"),
    ],
)
def test_names_that_no_file_is_called_after(name: str, fault: str) -> None:
    """One sentence, that says what is wrong with it."""
    with pytest.raises(ArgumentError, match=f"cannot name a plate: .*{fault}") as refused:
        check_name(name, "a plate")
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("name", ["P1", "P1.rep2", "Platte 1 (neu)", "板1", "a:b", "-x", "x" * LONGEST_NAME])
def test_names_that_will_do(name: str) -> None:
    """Any letters, with blanks and dots in between."""
    assert check_name(name, "a plate") == name
