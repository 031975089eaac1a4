"""An S3 API on loopback (moto's), which counts what it is asked and fails when it is told to."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from hcs_plates.objects import ObjectPath, server

BUCKET = "screens"


class Faulty:
    """A WSGI application in front of another: what was asked, and a share of it answered with 503 or late.

    Parameters
    ----------
    application
        The real one.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self.asked: list[str] = []
        self.refused, self.late, self.late_s = 0.0, 0.0, 0.0
        self.forbidden = False
        self._random = random.Random(7)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        listing = "?list" if "list-type" in environ.get("QUERY_STRING", "") else ""
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{listing}")
        if self.forbidden:
            start("403 Forbidden", [])
            return [b"<Error><Code>AccessDenied</Code><Message>secret-detail</Message></Error>"]
        drawn = self._random.random()
        if drawn < self.refused:
            start("503 Slow Down", [])
            return [b""]
        if drawn > 1 - self.late:
            time.sleep(self.late_s)
        return self.application(environ, start)


@contextmanager
def s3_server() -> Iterator[tuple[Faulty, dict[str, str]]]:
    """Serve an empty bucket; give the server's front and the environment of its clients."""
    front = Faulty(DomainDispatcherApplication(create_backend_app))
    serving = make_server("127.0.0.1", 0, front, threaded=True)
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{serving.server_port}"
    environment = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "of-the-tests",
        "AWS_SECRET_ACCESS_KEY": "of-the-tests",
    }
    login = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **login).create_bucket(Bucket=BUCKET)
    try:
        yield front, environment
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()


def put_folder(folder: Path, address: str) -> None:
    """Copy a folder to an address, as the storage's own tools would."""
    import obstore

    place = ObjectPath.of(address)
    for file in folder.rglob("*"):
        if file.is_file():
            key = f"{place.key}/{file.relative_to(folder).as_posix()}"
            obstore.put(server(place.root), key, file.read_bytes())


def set_environment(values: dict[str, str]) -> None:
    """Set the environment of a worker's process."""
    os.environ.update(values)
