"""Alleles are shortened without changing what they say, and annotations find theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.design.eligibility.vcf_alleles import meant_by_snpeff, meant_by_vep, spelt_out, trimmed, vep_names

BASES = st.text("ACGT", min_size=1, max_size=6)
AROUND = "ACGTACGTGGCCTTAA"


@given(ref=BASES, alt=BASES, left=st.text("ACGT", max_size=4), right=st.text("ACGT", max_size=4))
def test_trimming_keeps_the_haplotype_and_does_nothing_twice(
    ref: str, alt: str, left: str, right: str
) -> None:
    """The sequence with the alternate allele is the same, whatever both alleles were padded with."""
    ref, alt = left + ref + right, left + alt + right
    genome = AROUND + ref + AROUND
    start = len(AROUND)
    pos, short_ref, short_alt = trimmed(start, ref, alt)
    assert genome[pos : pos + len(short_ref)] == short_ref
    mutated = genome[:pos] + short_alt + genome[pos + len(short_ref) :]
    assert mutated == AROUND + alt + AROUND
    assert trimmed(pos, short_ref, short_alt) == (pos, short_ref, short_alt)
    assert min(len(short_ref), len(short_alt)) == 1 or (
        short_ref[0] != short_alt[0] and short_ref[-1] != short_alt[-1]
    )


@pytest.mark.parametrize(
    ("names", "numbers", "ref", "alts", "places", "trouble"),
    [
        # As VEP names them: whole where nothing is shared, without the first base where all share it.
        (("T",), (), "C", ("T",), (0,), ""),
        (("T", "A", "T"), (), "C", ("A", "T"), (1, 0, 1), ""),
        (("-",), (), "CA", ("C",), (0,), ""),
        (("TT",), (), "C", ("CTT",), (0,), ""),
        (("-", "A"), (), "CAA", ("C", "CA"), (0, 1), ""),
        (("T", "CA"), (), "C", ("T", "CA"), (0, 1), ""),
        (("AC",), (), "GT", ("AC",), (0,), ""),
        # A spanning deletion has no annotation of its own.
        (("T",), (), "C", ("T", "*"), (0,), ""),
        # With --minimal, both deletions are "-": the number tells, and without it neither does.
        (("-", "-"), ("1", "2"), "CAA", ("C", "CA"), (0, 1), ""),
        (("-", "-"), (), "CAA", ("C", "CA"), (None, None), "split"),
        (("-",), (), "CAA", ("CA",), (0,), ""),
        # With --pick one allele alone is annotated.
        (("A",), (), "C", ("A", "T"), (0,), ""),
        # Split after annotating: C>T keeps its own; of two deletions none can be told.
        (("T", "G"), (), "C", ("T",), (0, None), "split"),
        (("-", "A"), (), "CA", ("C",), (None, None), "split"),
        (("T", "G"), ("1", "2"), "C", ("G",), (None, 0), "split"),
        (("G",), (), "C", ("T",), (None,), "none"),
        # Masked sequence is written in small letters, by the caller or by the annotation.
        (("t",), (), "C", ("T",), (0,), ""),
        (("T",), (), "c", ("t",), (0,), ""),
        # A symbolic allele is named in several ways.
        (("deletion",), (), "C", ("<DEL>",), (0,), ""),
    ],
)
def test_an_annotation_of_vep_finds_its_allele(
    names: tuple[str, ...],
    numbers: tuple[str, ...],
    ref: str,
    alts: tuple[str, ...],
    places: tuple[int | None, ...],
    trouble: str,
) -> None:
    """Or none, where its name may mean two."""
    found = meant_by_vep(names, numbers, ref, alts)
    assert (found.places, found.trouble) == (places, trouble)


def test_snpeff_names_alleles_as_they_stand() -> None:
    """So "-" is no name of one, and a split record keeps single bases alone."""
    assert meant_by_snpeff(("CT", "A"), "C", ("A", "CT")).places == (1, 0)
    assert meant_by_snpeff(("-",), "CA", ("C",)).trouble == "none"
    assert meant_by_snpeff(("C", "CAA"), "CA", ("C",)).trouble == "split"
    assert meant_by_snpeff(("T", "G"), "C", ("T",)).places == (0, None)


def test_what_is_given_by_its_bases() -> None:
    """A spanning deletion, symbols and breakends are not."""
    assert [spelt_out(alt) for alt in ("A", "acgtn", "*", "<DEL>", "<CN0>", "N[chr1:5[", ".A")] == [
        True
    ] * 2 + [False] * 5
    assert vep_names("C", ["T", "CA"]) == ["T", "CA"]
