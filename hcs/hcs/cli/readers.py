"""Commands on people who judge a study's images: new, serve, export, collect, score, simulate."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hcs.cli.options import Json, Overwrite, Results, tell_next

PackFolder = Annotated[Path, typer.Argument(help="The pack, a folder.")]

PackKey = Annotated[
    Path | None, typer.Option("--key", help="The pack's key; PACK.key.json beside it if left out.")
]


def new(
    results: Results,
    out: Annotated[Path, typer.Option(help="Folder of the pack to make; its key and tokens go beside it.")],
    readers: Annotated[int, typer.Option(help="How many readers: reader 1, reader 2, …")] = 10,
    reader: Annotated[
        list[str] | None, typer.Option(help="A reader's name, in place of --readers; repeat for more.")
    ] = None,
    per_reader: Annotated[
        int | None, typer.Option(help="Images that each judges; 100, or as many as there are, if left out.")
    ] = None,
    training: Annotated[
        int | None,
        typer.Option(help="Labelled images before; 0 for none. 20, or as many as there are, if left out."),
    ] = None,
    training_clones: Annotated[
        int | None,
        typer.Option(help="Clones (donors) of each class kept for training; 2 of 8, 1 of 4 if left out."),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(help="Judged images that come twice; 10, or a quarter if that is less, if left out."),
    ] = None,
    images: Annotated[
        str, typer.Option(help="tiles (what the network saw) or fields (whole, up to 1024 pixels).")
    ] = "tiles",
    same_images: Annotated[
        bool,
        typer.Option(
            "--same-images/--own-images",
            help="All judge the same images, so that agreement can be told; or each their own, so that more "
            "images are judged.",
        ),
    ] = True,
    scale: Annotated[
        str,
        typer.Option(help="Black and white by plate (staining shows less), by pack, or by image."),
    ] = "plate",
    title: Annotated[str, typer.Option(help="Shown on top of readers' pages.")] = "Reader study",
    key: Annotated[Path | None, typer.Option(help="File of the key; OUT.key.json if left out.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the draw; drawn itself if left out, and kept in the key.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a pack of coded images for people to judge without knowing the diagnosis.

    Example: hcs readers new als-results --out reading --readers 10
    """
    from hcs.readerstudy.packing import new_pack, open_named
    from hcs.readerstudy.spec import PackSpec

    spec = PackSpec(
        readers=reader or readers,
        per_reader=per_reader,
        training=training,
        repeats=repeats,
        training_groups=training_clones,
        images=images,
        same_images=same_images,
        scale=scale,
        title=title,
        seed=seed,
    )
    made = new_pack(open_named(results), out, spec, key=key)
    record = made.pack.info.record
    if as_json:
        places = {"pack": str(out), "key": str(made.key), "tokens": str(made.tokens)}
        typer.echo(json.dumps({**record.model_dump(), **places}, indent=1, ensure_ascii=False))
        return
    typer.echo(f"{out}: {record.headline}")
    for sentence in record.sentences:
        typer.echo(f"note: {sentence}")
    typer.echo(f"key: {made.key}; keep it where no reader, and no server of theirs, can read it")
    typer.echo(f"tokens: {made.tokens}; give each reader their own, once")
    tell_next("hcs", "readers", "serve", out)


def serve(
    pack: PackFolder,
    host: Annotated[
        str | None,
        typer.Option(help="Address here (0.0.0.0: all) that readers' machines reach; unencrypted."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 is any that is free. 8737, or else any, if left out.")
    ] = None,
) -> None:
    """Let readers judge a pack in the web browser; each logs in by a token of their own.

    Only this machine is answered, unless --host is given. A click is acknowledged once it is on the disk.

    Example: hcs readers serve reading --host 0.0.0.0
    """
    from hcs.web.readerpages.serve import served_readers

    with served_readers(pack, host=host, port=port) as server:
        server.tell()
        typer.echo(f"each reader opens {server.address}#TOKEN, or that page and types the token")
        typer.echo(f"tokens: in the file that hcs readers new wrote beside the pack ({pack.name}.tokens.csv)")
        server.run()


def export(
    pack: PackFolder,
    out: Annotated[Path, typer.Option(help="Folder for the pages, READER.html each.")],
    overwrite: Overwrite = False,
) -> None:
    """Write a page for each reader that needs no server; it saves the answers as a CSV to send back.

    The labels of the training round stand in the page, and no others. All its images do too: who looks into
    the file instead of at the page can find which of them come twice.

    Example: hcs readers export reading --out pages
    """
    from hcs.web.readerpages.export import export_pages

    for page in export_pages(pack, out, overwrite=overwrite):
        typer.echo(f"{page} ({max(1, page.stat().st_size // 1_000_000)} MB)")
    tell_next("hcs", "readers", "collect", pack, "ANSWERS.csv")


def collect(
    pack: PackFolder,
    answers: Annotated[list[Path], typer.Argument(help="Files that readers sent back.")],
    replace_earlier: Annotated[
        bool,
        typer.Option("--replace", help="Withdraw what a reader answered in another sitting."),
    ] = False,
) -> None:
    """Put the answers that readers sent back into the pack: all files, or none where one is wrong.

    Example: hcs readers collect reading "reader 1.csv" "reader 2.csv"
    """
    from hcs.readerstudy.collecting import collect_answers

    for sentence in collect_answers(pack, answers, replace_earlier=replace_earlier):
        typer.echo(sentence)
    tell_next("hcs", "readers", "score", pack)


def score(
    pack: PackFolder,
    key: PackKey = None,
    study: Annotated[
        Path | None,
        typer.Option(help="Results of the study, for the model's scores; where the key says if left out."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for calls, responses and figures; PACK.scores if left out.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Say how often readers are right, whether they agree, and how the model does on the same images.

    Opens the key, which is written down. calls.csv goes into the study's report by hcs study report.

    Example: hcs readers score reading --out reading-scores
    """
    from hcs.readerstudy.scoring import CALLS, score_pack

    folder = out or pack.with_name(f"{pack.name}.scores")
    found = score_pack(pack, key, study, folder, overwrite=overwrite)
    if as_json:
        told = {"scores": str(folder), "interim": found.interim, "headline": found.headline()}
        told |= {"findings": {name: one.summary() for name, one in found.findings.items()}}
        typer.echo(json.dumps(told | {"notices": found.notices}, indent=1, ensure_ascii=False))
        return
    typer.echo(found.headline())
    for one in found.findings.values():
        typer.echo(one.summary().removeprefix(found.findings["readers"].headline()).strip())
    for notice in found.notices:
        typer.echo(f"note: {notice}")
    typer.echo(f"tables and figures: {folder}")
    tell_next("hcs", "study", "report", found.study, "--readers", folder / CALLS)


def simulate(
    pack: PackFolder,
    reader: Annotated[
        list[str],
        typer.Option(help="guessing, biased=0.8, seeing=0.7 or tiring=0.8; repeat for more, taken in turn."),
    ],
    key: PackKey = None,
    clones: Annotated[
        float, typer.Option(help="How much clones differ in how hard they are (SD, probit).")
    ] = 0.5,
    readers: Annotated[float, typer.Option(help="How much readers differ in what they see.")] = 0.2,
    steady: Annotated[
        float, typer.Option(help="Correlation of what a reader makes of an image shown again.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="Of the answers.")] = 0,
) -> None:
    """Answer a pack as simulated readers would, to see what its scores would look like.

    Every answer, and every table made of it, says that it is simulated.

    Example: hcs readers simulate trial --reader guessing --reader seeing=0.7
    """
    from hcs.readerstudy.simulated import SimulatedReader, Spread, simulate_answers

    kinds = [SimulatedReader.of(name) for name in reader]
    answers = simulate_answers(pack, key, kinds, Spread(clones, readers, steady), seed=seed)
    typer.echo(f"{pack}: {answers} answers of simulated readers, and of no person")
    tell_next("hcs", "readers", "score", pack)
