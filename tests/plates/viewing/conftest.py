"""What is read of a plate, counted."""

from typing import Any

import pytest
from zarr.storage import LocalStore


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Bytes of every piece that zarr reads from now on, by the file it is of."""
    found: dict[str, list[int]] = {}
    get = LocalStore.get

    async def counted(self: LocalStore, key: str, *args: Any, **options: Any) -> Any:
        piece = await get(self, key, *args, **options)
        if piece is not None:
            found.setdefault(key, []).append(len(piece))
        return piece

    monkeypatch.setattr(LocalStore, "get", counted)
    return found
