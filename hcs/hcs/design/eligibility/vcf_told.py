"""What a reader of a VCF passed over or took on trust, as sentences with how often and where first."""

from collections.abc import Mapping, Sequence

from hcs.wording import counted, listed

SENTENCES: Mapping[str, tuple[str, str]] = {
    "filter": ("Not passed by the caller's filters", "kept, with the filter's name"),
    "call set": ("INFO/AF, the call set's own frequency and no population's, is not read", ""),
    "several": ("Several frequencies of one source for an allele", "taken as missing"),
    "shared": (
        "Several alternate alleles with annotations that do not say which one they are about",
        "taken as missing; split such records (bcftools norm -m -) before annotating",
    ),
    "count": ("Annotations for another number of alleles than the record has", "taken as missing"),
    "split": (
        "Annotations of alleles that the record does not have, as after splitting records",
        "left out, and those of insertions and deletions beside them too",
    ),
    "plain": ("No annotation that names a gene", "the gene is not known"),
    "symbolic": (
        "Alleles not given by bases, as <DEL> or *",
        "kept without predictions and frequencies",
    ),
    "reference": ("No alternate allele", "passed over"),
    "contig": ("Outside chromosomes 1 to 22, X, Y and MT", "kept under the names of the file"),
    "genes": ("Two programs name different genes", "rows of both are kept"),
    "genotype": ("No genotypes", "whether a line carries the alleles is not known"),
    "partial": ("Genotypes with one copy not called", "zygosity is not known"),
    "x": (
        "Two alike alleles on X",
        "called homozygous; in a male line, whose sex a VCF does not tell, it is one copy",
    ),
}
"""What was met in a record, and what was done."""


class Told:
    """Counts of what was met, each once a record."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, str] = {}
        self._last: dict[str, str] = {}

    def add(self, kind: str, where: str) -> None:
        """Count a record, named by its place (``chr21:100``), for a kind of `SENTENCES`."""
        if self._last.get(kind) == where:
            return
        self._last[kind] = where
        self._first.setdefault(kind, where)
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def sentences(self) -> list[str]:
        """Give one sentence for each kind that was met."""
        said = []
        for kind, (met, done) in SENTENCES.items():
            if kind in self._counts:
                number = counted(self._counts[kind], "record")
                said.append(f"{met}: {number} (first {self._first[kind]}){f'; {done}' if done else ''}.")
        return said


def several_fields(column: str, names: Sequence[str]) -> str:
    """Say which field of several was taken for a column."""
    return f"{column}: {names[0]} is read, and {listed(names[1:])} where that is missing."


def unread_frequencies(names: Sequence[str]) -> str:
    """Say which fields of frequencies are of no known population."""
    return f"Not read, since it is not known of which population they are frequencies: {listed(names)}."
