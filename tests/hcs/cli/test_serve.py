import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.hcs.web.browser.wells import write_plate

import hcs
from hcs import demo
from hcs.cli import studies
from hcs.cli.app import main
from hcs.report import gather
from hcs.web import extra
from hcs.web.serving import OPENLY, Serving, listen
from hcs_plates.errors import ArgumentError


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small plate."""
    return write_plate(tmp_path_factory.mktemp("serve")).path


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Serving]:
    """Servers that were to run; each ended at once."""
    found: list[Serving] = []

    def run(server: Serving) -> None:
        found.append(server)
        server.listening.socket.close()

    monkeypatch.setattr(Serving, "run", run)
    return found


def run(*words: object) -> int:
    """Exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(str(ended.value.code))


def test_one_line(plate: Path, ended: list[Serving], capsys: pytest.CaptureFixture[str]) -> None:
    """The address comes first, in a line that says how to end it."""
    assert run("serve", plate, "--port", "0") == 0
    (server,) = ended
    assert capsys.readouterr().out == f"open http://127.0.0.1:{server.listening.port}/   (Ctrl-C ends)\n"


def test_network(plate: Path, ended: list[Serving], capsys: pytest.CaptureFixture[str]) -> None:
    """For a network the address holds the token, once; no browser is started with it."""
    assert run("serve", plate, "--port", "0", "--host", "0.0.0.0") == 0
    (server,) = ended
    said = capsys.readouterr().out
    assert said.startswith("open http://")
    assert said.count(str(server.listening.entry.token)) == 1
    assert said.endswith(f"note: {OPENLY}\n")


def test_port_taken(plate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is taken is one sentence."""
    with listen(port=0).socket as taken:
        port = taken.getsockname()[1]
        assert run("serve", plate, "--port", port) == 2
    assert capsys.readouterr().err == (
        f"hcs: Port {port} of 127.0.0.1 is taken; choose another with --port, or leave it out.\n"
    )


def test_without_the_web_server(
    plate: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the extra the command says what to install, and has imported nothing of it."""
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    assert run("serve", plate) == 2
    assert capsys.readouterr().err == (
        "hcs: Pages on this machine need starlette and uvicorn, which are not installed; install them with: "
        "pip install 'hcs[web]'\n"
    )
    with pytest.raises(ArgumentError, match="pip install"):
        hcs.serve(plate, block=False)


def test_beside_a_notebook(plate: Path) -> None:
    """`hcs.serve(block=False)` answers while it is wanted."""
    with hcs.serve(plate, port=0, block=False) as server:
        assert httpx.get(f"{server.address}api/plates").json()["plates"][0]["name"] == "P1"
    with pytest.raises(httpx.TransportError):
        httpx.get(server.address)


@pytest.mark.slow
def test_the_process(plate: Path) -> None:
    """The command itself: it answers, loads no TensorFlow, and Ctrl-C ends it with 0."""
    script = (
        "import sys; from hcs.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(sorted({'tensorflow', 'keras', 'distributed'} & set(sys.modules)))"
    )
    words = [sys.executable, "-c", script, "serve", str(plate), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.findall(r"http\S+", process.stdout.readline())[0]
        for path in ("", "api/plates", "api/heatmap", "api/field/0/A01/1", "api/well/0/A01"):
            assert httpx.get(address + path).status_code == 200, path
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "[]\n")


def test_the_demo_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hcs demo` ends with the command that opens its plates, by the path as it was given."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "run_demo", lambda out, **named: (None, out / "report.html"))
    monkeypatch.setattr(gather, "table_facts", lambda study: None)
    monkeypatch.setattr(studies, "_show", lambda study, facts, page, as_json: None)
    assert run("demo", "--out", "somewhere else") == 0
    assert capsys.readouterr().out == (
        "next: hcs serve 'somewhere else/demo-results'   # its plates in the web browser\n"
    )
