"""Headings of variant tables as other programs write them: ANNOVAR, VEP, dbNSFP, Ion Reporter, and people."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hcs.design.eligibility import columns as c
from hcs.wording import listed
from hcs_plates.headings import SYNONYMS, plain

LOCUS, UPLOADED, GENOTYPE, ALLELE = "locus", "uploaded_variation", "genotype", "allele"
"""Columns that say where a variant is, or which allele a line has, in one text."""
HG19_CHROM, HG19_POS = "hg19_chrom", "hg19_pos"
"""Second places of dbNSFP, whose first ones are of GRCh38."""

_BUILD = r"(?:gh?rch3[78]|hg(?:19|38))?"
_PATTERNS: Mapping[str, tuple[str, ...]] = {
    c.LINE: (
        *(name.replace(" ", "") for name in ("clone", *SYNONYMS["clone"])),
        "sample",
        "samples?(?:id|name|no|identifier)",
        "ind(?:ividual)?",
    ),
    c.BUILD: ("build", "(?:genome|ncbi|ref|reference)build", "(?:genome)?assembly", "referencegenome"),
    c.CHROM: ("chrom", "chr", "chromosome"),
    c.POS: ("pos", "position", "start", "(?:genomic|chrom|chr)?pos(?:ition)?", "startposition"),
    c.REF: ("ref", "refallele", "reference", "referenceallele", "givenref", "usedref"),
    c.ALT: ("alt", "altallele", "alternate", "alternateallele", "(?:variant|observed)allele", "observed"),
    c.GENE: (
        "symbol",
        "gene(?:symbol|name)s?",
        "hgnc(?:symbol)?",
        "gene(?:refgene|ensgene|knowngene|refgenewithver)",
        "genes?",
    ),
    c.TRANSCRIPT: (
        "transcripts?",
        "transcript(?:id|name)",
        "feature",
        "ensembltranscriptid",
        "refseq(?:id)?",
    ),
    c.HGVS_C: (
        "hgvsc",
        "c",
        "coding",
        "cdna(?:change)?",
        "(?:nucleotide|coding|dna)change",
        "hgvscoding",
        "aachange\\w*",
    ),
    c.HGVS_P: ("hgvsp", "p", "protein", "(?:protein|aa|aminoacid)change", "hgvsprotein"),
    c.CONSEQUENCE: (
        "consequence",
        "exonicfunc\\w*",
        "(?:variant)?effect",
        "function",
        "func\\w*",
        "variantclassification",
    ),
    c.ZYGOSITY: ("zyg(?:osity)?",),
    c.FILTER: ("filters?",),
    c.RSID: ("rsid", "(?:rs|dbsnp)(?:id|no|rs)?", "avsnp\\d*", "(?:db)?snp\\d+", "existingvariation"),
    c.CLINVAR: (
        "clinvar",
        "clnsig",
        "clinsig",
        "clinvar(?:clnsig|sig|significance|class(?:ification)?|clinicalsignificance)",
        "(?:clinical)significance",
        "clinvar\\d+",
    ),
    c.SIFT: ("sift", "sift(?:pred(?:iction)?)", "siftscore"),
    c.POLYPHEN2: (
        "polyphen2?",
        "polyphen2?(?:hvar)?pred(?:iction)?",
        "polyphen2?hdivpred(?:iction)?",
        "polyphen2?(?:hvar)?score",
        "polyphen2?hdivscore",
    ),
    c.MUTATIONTASTER: ("mutationtaster", "mutationtasterpred(?:iction)?"),
    c.CADD: (
        f"cadd(?:v?\\d+)*{_BUILD}phred(?:score)?",
        f"cadd(?:v?\\d+)*phred(?:score)?{_BUILD}",
        "cadd(?:score)?",
    ),
    LOCUS: ("locus", "location", "variant", "coordinates?", "genomiccoordinates?", "hgvsg"),
    UPLOADED: ("uploadedvariation",),
    GENOTYPE: ("genotype", "gt"),
    ALLELE: ("allele",),
    HG19_CHROM: ("hg19chr(?:om)?",),
    HG19_POS: ("hg19pos(?:ition)?",),
}
_COMPILED = {name: [re.compile(one) for one in patterns] for name, patterns in _PATTERNS.items()}
SEVERAL = (c.SIFT, c.POLYPHEN2, c.MUTATIONTASTER, c.CADD, c.CLINVAR, c.HGVS_C)
"""Columns that further headings may fill where the likeliest is blank."""

_SOURCES = (
    ("gnomad_exomes", r"gnomad(?:v?\d+)*(?:e|exomes?)"),
    ("gnomad_genomes", r"gnomad(?:v?\d+)*(?:g|genomes?)"),
    ("gnomad", r"gnomad(?:v?\d+)*(?:joint)?"),
    ("exac", r"exac(?:nontcga|nonpsych)?"),
    (
        "1000g",
        r"(?:1000g(?:enomes?)?(?:p3|phase3)?(?:20\d\d[a-z]{3})?|1kgp?3?|(?:1)?kgp|tgp|thousandgenomes)",
    ),
    ("tommo", r"(?:tommo|jmorp)(?:\d*kjpn(?:v?\d+)?|\d+)?|\d+kjpn(?:v?\d+)?"),
    ("dbsnp", r"dbsnp(?:\d+)?"),
    ("esp", r"(?:esp|evs)(?:6500)?(?:si)?(?:v2)?"),
    ("hgvd", r"hgvd"),
    ("topmed", r"topmed"),
    ("alfa", r"alfa"),
    ("uk10k", r"uk10k(?:twins|alspac)?"),
)
POPULATIONS = (
    "afr|amr|asj|eas|fin|nfe|sas|eur|mid|ami|oth|remaining|other|jpt|jpn|kor|chb|chs|aa|ea|male|female|xx|xy"
    "|adj|popmax|grpmax|max|raw|controls|nonneuro|noncancer|nontopmed"
)
"""Parts of a source that have frequencies of their own."""
_WORD = r"(?:af|maf|gmaf|caf|freq(?:uency)?|allelefreq(?:uency)?|minorallelefreq(?:uency)?|altaf|aafs?)"
_AFTER = rf"(?P<a>{POPULATIONS})?(?:{_WORD}|all|alleles)?(?P<b>{POPULATIONS})?(?:{_WORD}|all)?{_BUILD}"
_FREQUENCIES = [(source, re.compile(rf"(?:{_WORD})?(?:{name}){_AFTER}")) for source, name in _SOURCES]
_MAYBE_FREQUENCY = re.compile(r"(?:.*[a-z0-9])?(?:af|maf|gmaf|vaf|freq|frequency)")


@dataclass(frozen=True)
class Headings:
    """What the columns of a table of variants are.

    Parameters
    ----------
    places
        Places of the headings by what they are, the likeliest first.
    frequencies
        Place of each population's frequencies, by the column's name (``af_gnomad``, ``af_gnomad_eas``).
    per_cent
        Places of frequencies that are per cent by their heading.
    unused
        Headings of columns that are not used.
    notices, faults
        What was guessed, and headings that leave open what is meant.
    """

    places: Mapping[str, tuple[int, ...]]
    frequencies: Mapping[str, int]
    per_cent: frozenset[int]
    unused: tuple[str, ...]
    notices: tuple[str, ...]
    faults: tuple[str, ...]


def folded(heading: str) -> str:
    """Reduce a heading to its letters and digits in small letters.

    Examples
    --------
    >>> folded("#CHROM"), folded("pos(1-based)"), folded("Polyphen2_HVAR_pred"), folded("3.5KJPN")
    ('chrom', 'pos', 'polyphen2hvarpred', '35kjpn')
    """
    return re.sub(r"[^a-z0-9]", "", plain(heading.strip().lstrip("#").replace("%", " ")))


def frequency_name(heading: str) -> str | None:
    """Name the column of frequencies that a heading stands for; None where it is none.

    Examples
    --------
    >>> [frequency_name(one) for one in ("gnomADe_EAS_AF", "1000g2015aug_all", "ToMMo_8.3KJPN_AF", "af_lab")]
    ['af_gnomad_exomes_eas', 'af_1000g', 'af_tommo', 'af_lab']
    >>> [frequency_name(one) for one in ("AF", "gnomAD_AC", "dbSNP")]
    [None, None, None]
    """
    own = heading.strip().casefold()
    spelt = folded(heading)
    for source, pattern in _FREQUENCIES:
        found = pattern.fullmatch(spelt)
        if found and not (source == "dbsnp" and not re.search(_WORD, spelt)):
            population = found["a"] or found["b"]
            return f"{c.FREQUENCY}{source}" + (f"_{population}" if population else "")
    if re.fullmatch(r"af_[a-z0-9][a-z0-9_]*", own):
        return own
    return None


def names_variants(cells: Sequence[str]) -> bool:
    """Whether a row of cells are the headings of a table of variants: several of them are known."""
    # Every row of a file is asked: one with a number in it is none of headings.
    if any(cell.replace(".", "", 1).isdecimal() for cell in cells):
        return False
    found = {name for cell in cells if cell and (name := _meant(cell)[0])}
    where = {c.CHROM, c.HGVS_C, c.HGVS_P, LOCUS, UPLOADED, c.RSID, HG19_CHROM}
    return len(found) > 2 and bool(found & where)


def read_headings(headings: Sequence[str]) -> Headings:
    """Find what the columns of a table of variants are."""
    ranked: dict[str, list[tuple[int, int]]] = defaultdict(list)
    frequencies: dict[str, list[int]] = defaultdict(list)
    unused = []
    vep = any(folded(one) == "uploadedvariation" for one in headings)
    for place, heading in enumerate(headings):
        name, rank = _meant(heading)
        frequency = frequency_name(heading)
        if frequency is None and vep:
            frequency = _of_vep(folded(heading))
        if frequency is not None:
            frequencies[frequency].append(place)
        elif name:
            ranked[name].append((rank, place))
        else:
            unused.append(heading)
    places, faults, notices = {}, [], []
    for name, found in ranked.items():
        best = min(found)[0]
        same = [place for rank, place in found if rank == best]
        if len(same) > 1:
            spelt = ", ".join(repr(headings[place]) for place in same)
            faults.append(f"column {name!r} is there {len(same)} times ({spelt}); keep one")
        places[name] = tuple(place for _, place in sorted(found))
        others = [headings[place] for place in places[name][1:]]
        if others and name in SEVERAL:
            notices.append(
                f"{headings[places[name][0]]!r} is read as {name}, and where it is blank "
                f"{listed(map(repr, others))}."
            )
        else:
            unused += others
    for name, found_at in frequencies.items():
        if len(found_at) > 1:
            spelt = ", ".join(repr(headings[place]) for place in found_at)
            faults.append(f"{spelt} are both frequencies of {name.removeprefix(c.FREQUENCY)}; keep one")
    taken = {name: found_at[0] for name, found_at in frequencies.items()}
    marked = frozenset(
        place for place in taken.values() if re.search(r"%|per ?cent", headings[place].casefold())
    )
    return Headings(places, taken, marked, tuple(unused), (*notices, *_doubtful(unused)), tuple(faults))


@lru_cache(maxsize=4096)
def _meant(heading: str) -> tuple[str, int]:
    """Find what a heading may stand for, and how far down its list of names; an empty text if nothing."""
    spelt = folded(heading)
    for name, patterns in _COMPILED.items():
        for rank, pattern in enumerate(patterns):
            if pattern.fullmatch(spelt):
                return name, rank
    return "", 0


def _of_vep(spelt: str) -> str | None:
    """Name VEP's own columns of frequencies, which are of the 1000 Genomes where no source is said."""
    found = re.fullmatch(rf"({POPULATIONS})?(?:af|maf)|gmaf", spelt)
    if not found or spelt.startswith("max"):
        return None
    return f"{c.FREQUENCY}1000g" + (f"_{found[1]}" if found[1] else "")


def _doubtful(unused: Sequence[str]) -> list[str]:
    """Say which columns look like frequencies and are not known to be a population's."""
    doubtful = [one for one in unused if _MAYBE_FREQUENCY.fullmatch(folded(one))]
    raw = [one for one in unused if folded(one).startswith("cadd")]
    return [
        *(
            [
                f"{listed(map(repr, doubtful))} may be a share of reads or a population's frequency and "
                f"{'is' if len(doubtful) == 1 else 'are'} not used; call a population's af_NAME."
            ]
            if doubtful
            else []
        ),
        *([f"{listed(map(repr, raw))} is not CADD's PHRED score and is not used."] if raw else []),
    ]
