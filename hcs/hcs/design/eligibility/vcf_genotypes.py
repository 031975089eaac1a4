"""Who carries an allele: genotypes of a record as copies of each alternate allele."""

from functools import lru_cache

from hcs.design.eligibility.columns import HEMI, HET, HOM, UNKNOWN

MISSING, PADDING = -1, -2
"""Of an allele that was not called, and of the second one of a call of one copy, as cyvcf2 gives them."""


@lru_cache(maxsize=100_000)
def carried(call: tuple[int, ...], n_alts: int) -> tuple[tuple[int, str | None], ...]:
    """Give the alternate alleles that a line has, or may have.

    Parameters
    ----------
    call
        Alleles of the genotype: 0 the reference, -1 not called, -2 no such copy.
    n_alts
        Alternate alleles of the record.

    Returns
    -------
    tuple of (place, zygosity)
        Place of the allele, from 0. One copy of one is hemi, all copies hom, some het; unknown where another
        copy was not called. None is a no-call: each allele that may hide behind it is given. An allele that
        the line does not have is not given.

    Examples
    --------
    >>> carried((1, 2), 2)
    ((0, 'het'), (1, 'het'))
    >>> carried((-1, 1), 2)
    ((0, 'unknown'), (1, None))
    """
    copies = [allele for allele in call if allele != PADDING]
    hidden = MISSING in copies or not copies
    found: list[tuple[int, str | None]] = []
    for allele in range(1, n_alts + 1):
        number = copies.count(allele)
        if number and hidden:
            found.append((allele - 1, UNKNOWN))
        elif number:
            some = HET if number < len(copies) else HOM
            found.append((allele - 1, HEMI if len(copies) == 1 else some))
        elif hidden:
            found.append((allele - 1, None))
    return tuple(found)
