"""Who carries an allele: genotypes of a record as copies of each alternate allele."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from hcs.design.eligibility.columns import HEMI, HET, HOM, UNKNOWN

Calls: TypeAlias = tuple[tuple[int, ...], tuple[str | None, ...]]
"""Places of lines among the samples, and their zygosities."""

MISSING, PADDING = -1, -2
"""Of an allele that was not called, and of the second one of a call of one copy, as cyvcf2 gives them."""


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


@lru_cache(maxsize=2000)
def carriers(genotypes: bytes, ploidy: int, n_alts: int) -> Mapping[int, Calls] | None:
    """Give who has each alternate allele, or may have it.

    Genotypes of a few lines are the same in many records, so that each set of them is looked at once.

    Parameters
    ----------
    genotypes
        Array of shape (n_lines, ploidy) of 16-bit numbers as bytes, as cyvcf2 gives them without the phase.
    ploidy
        Copies of the line that has most.
    n_alts
        Alternate alleles of the record.

    Returns
    -------
    Mapping of int to Calls
        By the place of the allele, from 0; alleles that nobody has are not there. None where a genotype names
        an allele that the record does not have.
    """
    calls = np.frombuffer(genotypes, dtype=np.int16).reshape(-1, ploidy)
    if calls.max(initial=0) > n_alts:
        return None
    found: dict[int, tuple[list[int], list[str | None]]] = {}
    for who in np.flatnonzero(calls.any(axis=1)).tolist():
        for place, zygosity in carried(tuple(calls[who].tolist()), n_alts):
            lines, zygosities = found.setdefault(place, ([], []))
            lines.append(who)
            zygosities.append(zygosity)
    held = sorted(found.items())
    return MappingProxyType({place: (tuple(who), tuple(how)) for place, (who, how) in held})
