"""Annotated VCFs to be mutated, packed or not."""

import gzip
from pathlib import Path
from random import Random
from typing import Any

from tests.hcs.design.eligibility.vcf_files import ANN, CHR21, CSQ, GT, ann, csq, info, vcf
from tests.mutations.changes import EVIL_NUMBERS, EVIL_TEXTS, of_bytes
from tests.mutations.kinds import Kind

from hcs.design.eligibility.vcf import read_vcf

OWN = (
    "0/9", "./.", "1", "0/1/1", "GT", "DP:GT", "GT:GT", "<DEL>", "*", "N[chr1:5[", "CSQ=", "CSQ", ";;", "=",
    "0/99999999999", ".|1", "-1", "chr21", "T,<NON_REF>", "A" * 70_000,
)  # fmt: skip


def make(folder: Path) -> None:
    """A VCF of thirty variants of two lines, by two programs."""
    records = []
    for place in range(30):
        entries = ",".join(
            csq("T", SYMBOL=gene, SIFT="tolerated(0.3)", gnomADe_AF="0.01", CADD_PHRED="21")
            for gene in ("SOD1", "SCAF4")
        )
        said = f"DP=3;ToMMo_AF=0.00{place % 9};CSQ={entries};ANN={ann('T', 'missense_variant', 'SOD1')}"
        records.append(f"chr21 {100 + place} rs{place} C T 50 PASS {said} GT:DP 0/{place % 2}:9 ./1:8")
    vcf(folder / "t.vcf", records, (CHR21, info("ToMMo_AF"), CSQ, ANN, GT), ("L1", "L2"))


def mutate(random: Random, folder: Path, _: Any) -> str:
    """Change a column of a record, or bytes of the file as it is or packed."""
    path = folder / "t.vcf"
    content = path.read_bytes()
    if random.random() < 0.5:
        packed = random.random() < 0.4
        said, changed = of_bytes(random, gzip.compress(content) if packed else content)
        path.write_bytes(changed)
        return f"{'packed ' * packed}{said}"
    lines = content.decode().splitlines(keepends=True)
    place = random.randrange(len(lines))
    cells = lines[place].split("\t")
    cell = random.randrange(len(cells))
    cells[cell] = random.choice((*OWN, *EVIL_NUMBERS, *EVIL_TEXTS)) + "\n" * cells[cell].endswith("\n")
    lines[place] = "\t".join(cells)
    path.write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
    return f"line {place + 1} column {cell + 1}: {cells[cell][:20]!r}"


def judge(folder: Path, _: Any) -> None:
    """Every variant by single bases that a line has, or may have, is in the table, and no other."""
    path = folder / "t.vcf"
    table = read_vcf(path)
    content = path.read_bytes()
    text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    wanted = set()
    for line in text.decode().split("\n"):
        cells = line.split("\t")
        if not line or line.startswith("#") or len(cells[3]) != 1 or cells[4] not in tuple("ACGT"):
            continue
        carried = [one.split(":")[0].replace("|", "/").split("/") for one in cells[9:]]
        named = cells[8].split(":")[0] == "GT" if len(cells) > 8 else True
        wanted |= {int(cells[1]) for call in carried if not named or set(call) != {"0"}}
    single = table[(table["ref"].str.len() == 1) & table["alt"].isin(list("ACGT"))]
    assert set(single["pos"]) == wanted


KINDS = (Kind("vcf", make, mutate, judge),)
