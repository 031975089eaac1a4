"""`hcs readers serve` as a process of its own, and a reader who speaks to it over one connection."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVE = "import sys; from hcs.cli import main; main(sys.argv[1:])"


@contextmanager
def serving(pack: Path, program: str = SERVE, *words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Serve a pack on a free port: the process and the port. It is killed at the end if it still runs."""
    command = [sys.executable, "-c", program, "readers", "serve", str(pack), "--port", "0", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert process.stdout
        said = process.stdout.readline()
        if "http://" not in said:
            raise AssertionError(process.communicate()[1])
        yield process, int(said.split("http://127.0.0.1:")[1].split("/")[0])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def interrupt(process: subprocess.Popen[str]) -> str:
    """End it as Ctrl-C does, and give what it printed."""
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=20)
    return said + complained


class Reader:
    """A reader's browser as a connection: logged in, and at the place where the server says.

    Raises
    ------
    OSError, http.client.HTTPException
        The server is gone.
    """

    def __init__(self, port: int, name: str, token: str) -> None:
        self.name = name
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._cookie = ""
        try:
            _, headers, _ = self.ask("/login", {"token": token})
            self._cookie = dict(headers)["set-cookie"].partition(";")[0]
            self.about: dict[str, Any] = json.loads(self.ask("/state")[2])
        except BaseException:
            self.close()
            raise
        self.revision, self.answered = self.about["revision"], self.about["answered"]

    def ask(self, path: str, body: Any = None) -> tuple[int, list[tuple[str, str]], bytes]:
        """Send a request: status, headers in order, body."""
        headers = {"cookie": self._cookie} if self._cookie else {}
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body)
        self._link.request("GET" if body is None else "POST", path, content, headers)
        answer = self._link.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def image(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """Get the image that is asked now."""
        return self.ask(f"/image/{self.answered}")

    def answer(self, call: str, sure: bool = True) -> tuple[int, list[tuple[str, str]], bytes]:
        """Answer it; the state moves on once that is acknowledged."""
        body = {
            "reader": self.name,
            "position": self.answered,
            "call": call,
            "sure": sure,
            "revision": self.revision,
            "click": f"{self.revision:024x}",
            "seconds": 0.5,
        }
        status, headers, content = self.ask("/click", body)
        assert status == 200, content
        state = json.loads(content)["state"]
        self.revision, self.answered = state["revision"], state["answered"]
        return status, headers, content

    def close(self) -> None:
        """Hang up."""
        self._link.close()
