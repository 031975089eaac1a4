"""What the header of a VCF declares: annotations, how many values each field has, and the genome build."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from hcs.design.eligibility.alleles import spelt_chrom
from hcs.design.eligibility.columns import BUILDS
from hcs_plates.errors import InputFileError

LENGTHS = dict(
    zip(
        [*map(str, range(1, 23)), "X", "Y"],
        zip(
            (
                249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
                141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753,
                81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
            ),
            (
                248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
                138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
                83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
            ),
            strict=True,
        ),
        strict=True,
    )
)  # fmt: skip
"""Bases of each chromosome in GRCh37 and GRCh38 (Genome Reference Consortium, GCA_000001405.1 and .15)."""

CHROMOSOMES = (*LENGTHS, "MT")
NAMES_37 = re.compile(r"grch37|hg19|hs37|g1k_v37|(?<![a-z0-9])b37(?![a-z0-9])", re.IGNORECASE)
NAMES_38 = re.compile(r"grch38|hg38|hs38|assembly38|(?<![a-z0-9])b38(?![a-z0-9])", re.IGNORECASE)

_INFO = re.compile(r'##INFO=<ID=([^,]+),Number=([^,]+),Type=[^,]+,Description="(.*?)"?[^"]*>?$')
_SNPEFF = re.compile(r"functional annotations:", re.IGNORECASE)
_FORMAT = re.compile(r"format:\s*", re.IGNORECASE)
_CONTIG = re.compile(r"##contig=<(.*)>")
_ATTRIBUTE = re.compile(r'(\w+)=("[^"]*"|[^,>\s]*)')


@dataclass(frozen=True)
class Nested:
    """An INFO field with one entry for each allele and transcript, in parts between bars.

    Attributes
    ----------
    key
        Its name, as CSQ or ANN.
    program
        ``"VEP"`` or ``"SnpEff"``.
    fields
        Names of the parts, in order.
    """

    key: str
    program: str
    fields: tuple[str, ...]

    @cached_property
    def allele(self) -> int:
        """Place of the part that names the allele."""
        return self.fields.index("Allele")


@dataclass(frozen=True)
class VcfHeader:
    """What a header declares.

    Attributes
    ----------
    numbers
        For each INFO field how many values it has: A one for each alternate allele, R one for the reference
        too.
    nested
        Fields of VEP and SnpEff.
    annovar
        Fields that ANNOVAR wrote.
    build
        ``"GRCh37"``, ``"GRCh38"`` or None.
    notices
        Sentences on the build where it is not known.
    """

    numbers: dict[str, str]
    nested: tuple[Nested, ...]
    annovar: frozenset[str]
    build: str | None
    notices: tuple[str, ...]


def read_header(path: Path, lines: Sequence[str]) -> VcfHeader:
    """Read what a header declares.

    Raises
    ------
    InputFileError
        Parts of the header that name different genome builds.
    """
    numbers: dict[str, str] = {}
    annovar = set()
    nested = {}
    for line in lines:
        declared = _INFO.match(line)
        if declared is None:
            continue
        name, number, said = declared.groups()
        if said.endswith("provided by ANNOVAR"):
            annovar.add(name)
        numbers.setdefault(name, number)
        found = _nested(name, said)
        if found is not None:
            nested[name] = found
    build, notices = genome_build(path, lines)
    return VcfHeader(numbers, tuple(nested.values()), frozenset(annovar), build, notices)


def _nested(name: str, said: str) -> Nested | None:
    program = "SnpEff" if _SNPEFF.search(said) else "VEP"
    parts = (_SNPEFF if program == "SnpEff" else _FORMAT).split(said, maxsplit=1)
    fields = tuple(field.strip(" '\"") for field in parts[-1].split("|"))
    # SpliceAI has a format too; it writes ALLELE, and names alleles in another way.
    if len(parts) < 2 or len(fields) < 2 or "Allele" not in fields:
        return None
    return Nested(name, program, fields)


def genome_build(path: Path, lines: Iterable[str]) -> tuple[str | None, tuple[str, ...]]:
    """Tell the genome build from the reference, the contigs and the programs that a header names.

    Returns
    -------
    build, notices
        None where nothing tells it, with a sentence.
    """
    said: dict[str, str] = {}
    others = []
    for line in lines:
        for build, where in _told(line):
            if build is None:
                others.append(where)
            else:
                said.setdefault(build, where)
    if len(said) > 1:
        named = " and ".join(f"{build} ({said[build]})" for build in BUILDS)
        raise InputFileError(
            path,
            f"its header names two genome builds, {named}; positions of one are wrong in the other",
        )
    if said:
        return next(iter(said)), ()
    why = f"{others[0]} is of neither GRCh37 nor GRCh38" if others else "its header does not tell"
    return None, (f"The genome build is not known: {why}.",)


def _told(line: str) -> list[tuple[str | None, str]]:
    contig = _CONTIG.match(line)
    if contig is not None:
        parts = {key.lower(): value.strip('"') for key, value in _ATTRIBUTE.findall(contig[1])}
        chrom = chromosome(parts.get("id", ""))
        named = parts.get("assembly", "")
        found: list[tuple[str | None, str]] = [(build, f"contig assembly={named}") for build in _named(named)]
        if chrom in LENGTHS and parts.get("length", "").isdigit():
            length = int(parts["length"])
            builds = [build for build, known in zip(BUILDS, LENGTHS[chrom], strict=True) if known == length]
            where = f"chromosome {chrom} of {length:,} bases"
            found += [(build, where) for build in builds or (None,)]
        return found
    if line.startswith("##VEP="):
        text = dict(_ATTRIBUTE.findall(line)).get("assembly", "")
    elif line.lower().startswith(("##reference=", "##assembly=", "##snpeffcmd=")):
        text = line.partition("=")[2]
    else:
        return []
    return [(build, line if len(line) <= 60 else f"{line[:60]}…") for build in _named(text)]


def _named(text: str) -> list[str]:
    """Give the build that a text names; one that names both, as a path of a lift-over, tells none."""
    found = [build for build, names in zip(BUILDS, (NAMES_37, NAMES_38), strict=True) if names.search(text)]
    return found if len(found) == 1 else []


@cache
def chromosome(name: str) -> str:
    """Spell a chromosome as the variant table does; names of other contigs stay.

    Examples
    --------
    >>> chromosome("chr21"), chromosome("chrM"), chromosome("GL000220.1")
    ('21', 'MT', 'GL000220.1')
    """
    return spelt_chrom(name) or name
