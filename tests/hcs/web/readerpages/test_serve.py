"""`hcs readers serve` as a process: what it opens, what it imports, who it waits for, what a kill leaves."""

import http.client
import json
import random
import shutil
import socket
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.hcs.web.readerpages.packs import make_pack
from tests.hcs.web.readerpages.process import Reader, interrupt, serving

from hcs.readerstudy.clicks import SIMULATED, Click
from hcs.readerstudy.responses import Responses
from hcs.web.readerpages.serve import served_readers
from hcs_plates.errors import StoreError

WATCHED = """
import json, sys
opened = []
def note(event, given):
    if event in ("open", "sqlite3.connect", "os.listdir", "os.scandir"):
        opened.append(str(given[0]))
sys.addaudithook(note)
from hcs.cli import main
try:
    main(sys.argv[1:])
finally:
    print("WATCHED" + json.dumps([opened, sorted(sys.modules)]), flush=True)
"""
NEVER = (
    "tensorflow",
    "keras",
    "matplotlib",
    "sklearn",
    "hcs.study",
    "hcs.readerstudy.key",
    "hcs.web.browser",
)


@pytest.mark.slow
def test_the_server_opens_the_pack_and_nothing_of_the_study(tmp_path: Path) -> None:
    """In a whole session, start to end; and it loads nothing that could read a study or a key."""
    made = make_pack(tmp_path / "pack")
    (tmp_path / "pack.key.json").write_text("secret")
    (tmp_path / "pack.tokens.csv").write_text("secret")
    with serving(made.pack.folder, WATCHED) as (process, port):
        reader = Reader(port, "reader 1", made.tokens["reader 1"])
        for _ in range(10):
            reader.image()
            reader.answer("ALS")
        reader.close()
        said = interrupt(process)
    opened, modules = json.loads(said.partition("WATCHED")[2].splitlines()[0])
    here = {Path(path) for path in opened if path.startswith(str(tmp_path))}
    pack = made.pack.folder
    own = ("", "pack.json", "schedule.json", "responses.sqlite", "responses.sqlite-wal", "images")
    assert {path for path in here if path.parent != pack / "images"} == {pack / name for name in own}
    assert [name for name in modules if name.startswith(NEVER)] == []
    with Responses(pack) as responses:
        assert len(responses.table()) == 10


def test_a_pack_is_served_without_its_key(tmp_path: Path) -> None:
    """On another machine there is the folder of the pack and nothing else."""
    made = make_pack(tmp_path / "here" / "pack")
    elsewhere = shutil.copytree(made.pack.folder, tmp_path / "there" / "pack")
    with served_readers(elsewhere, port=0) as server, server:
        server.start()
        port = server.listening.socket.getsockname()[1]
        reader = Reader(port, "reader 2", made.tokens["reader 2"])
        assert reader.image()[0] == 200
        reader.close()


def test_people_do_not_go_on_from_simulated_answers(tmp_path: Path) -> None:
    """A pack that was tried with simulated readers is refused until their answers are moved away."""
    made = make_pack(tmp_path / "pack")
    image = made.pack.items("reader 1")[0].image
    with Responses(made.pack.folder, create=True) as responses:
        responses.record([Click("reader 1", 0, image, "ALS", True, 0, "a", session=SIMULATED)])
    with (
        pytest.raises(StoreError, match="simulated readers, from which people would go on"),
        served_readers(made.pack.folder, port=0),
    ):
        pass


def test_a_client_that_dawdles_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty connections with half a request each are closed in time; a reader is answered meanwhile."""
    monkeypatch.setattr("hcs.web.timely.ARRIVAL_S", 0.5)
    made = make_pack(tmp_path / "pack")
    with served_readers(made.pack.folder, port=0) as server, server:
        server.start()
        port = server.listening.socket.getsockname()[1]
        slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(40)]
        for one in slow:
            one.sendall(b"POST /click HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-le")
        reader = Reader(port, "reader 1", made.tokens["reader 1"])
        reader.answer("ALS")
        reader.close()
        assert {one.recv(1) for one in slow} == {b""}
        for one in slow:
            one.close()


@pytest.mark.faults
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """`kill -9` while two readers click: every acknowledged answer is there, and at most one more each."""
    made = make_pack(tmp_path / "pack", images=800, training=0, side=4)
    rng = random.Random(20)
    acknowledged = dict.fromkeys(made.tokens, 0)
    for _ in range(3):
        with serving(made.pack.folder) as (process, port):

            def click(name: str, port: int = port) -> None:
                with (
                    suppress(OSError, http.client.HTTPException),
                    closing(Reader(port, name, made.tokens[name])) as reader,
                ):
                    # The one that was on its way when the server was killed may be there too.
                    assert acknowledged[name] <= reader.answered <= acknowledged[name] + 1
                    while reader.answered < 800:
                        reader.answer(["ALS", "control"][reader.answered % 2])
                        acknowledged[name] = reader.answered

            threads = [threading.Thread(target=click, args=(name,)) for name in made.tokens]
            for thread in threads:
                thread.start()
            time.sleep(rng.uniform(0.3, 1.0))
            process.kill()
            for thread in threads:
                thread.join()
    with Responses(made.pack.folder) as responses:
        table = responses.table()
    assert min(acknowledged.values()) > 10
    for name, count in acknowledged.items():
        calls = list(table.loc[table["reader"] == name, "call"])
        assert count <= len(calls) <= count + 1
        assert calls == [["ALS", "control"][place % 2] for place in range(len(calls))]
