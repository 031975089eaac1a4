"""Asking guarded pages without a network, and over a socket byte by byte."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp

HERE = "http://127.0.0.1:8000"


def ask(
    app: ASGIApp, path: str | httpx.URL, *, method: str = "GET", base: str = HERE, **words: Any
) -> httpx.Response:
    """Ask for one address; nothing is followed, and no cookie is kept."""

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
            return await client.request(method, path, **words)

    return asyncio.run(asked())


def talk(port: int, *parts: bytes, timeout: float = 5) -> bytes:
    """Send bytes as they are, and read until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout) as line:
        answer = b""
        try:
            for part in parts:
                line.sendall(part)
            while got := line.recv(65536):
                answer += got
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


def headers(**more: str) -> Mapping[str, str]:
    """Give headers, an underscore as a hyphen."""
    return {name.replace("_", "-"): value for name, value in more.items()}
