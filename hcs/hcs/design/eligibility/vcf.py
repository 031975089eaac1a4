"""An annotated VCF as the variant table: one row per line, alternate allele and transcript.

htslib (cyvcf2) reads alleles and genotypes. Annotations are read from the text of the line, since
htslib keeps numbers in 32 bits, where 0.001 is more than 0.001, and one value of a key that stands twice.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.design.eligibility.columns import BUILD, CADD, COLUMNS, FREQUENCY, LINE, POS
from hcs.design.eligibility.vcf_header import VcfHeader, read_header
from hcs.design.eligibility.vcf_rows import VariantRows
from hcs.design.eligibility.vcf_text import VcfText, open_text
from hcs_plates.errors import ArgumentError, InputFileError, nearest

if TYPE_CHECKING:
    from cyvcf2 import VCF, Variant

TYPES = {POS: "Int64", CADD: "float64"}
"""Of columns that hold numbers; the others hold text."""


def read_vcf(
    path: Path | str,
    *,
    samples: Collection[str] | None = None,
    genes: Collection[str] | None = None,
    line: str | None = None,
) -> pd.DataFrame:
    """Read an annotated VCF into the variant table.

    Annotations are those of VEP (CSQ, its plugins' fields too), SnpEff (ANN), SnpSift (dbNSFP), ANNOVAR,
    ClinVar and dbSNP; frequencies are named as in tables of variants. A record of several alternate alleles
    is a row for each, with what is said of it; alleles are shortened to what differs.

    Parameters
    ----------
    path
        Plain, or packed with bgzip or gzip.
    samples
        Of these columns alone; None takes all.
    genes
        Symbols of genes, in any case; None takes all. Variants without an annotation that names a gene stay,
        and are told.
    line
        Whose variants a VCF without samples lists, or the name of the line in a VCF of one sample.

    Returns
    -------
    DataFrame
        Columns of `columns.COLUMNS`, and ``af_SOURCE`` for each population source of the file; missing is
        None or NaN. Alleles that a line does not carry have no row; a no-call has one, with zygosity None.
        ``attrs``: notices (sentences), samples (lines, those without rows too), build, name of the file.

    Raises
    ------
    NotThereError, ArgumentError, InputFileError
        No such file; a sample that the file does not have, a VCF without samples and without `line`; a file
        that is damaged, cut off or contradicts itself, with all its faults.
    """
    wanted = None if genes is None else frozenset(gene.upper() for gene in genes)
    with open_text(path) as text:
        header = read_header(text.path, text.header)
        chosen = _chosen(text, samples, line)
        rows = VariantRows(header, text, wanted, len(chosen))
        with _reader(text, chosen) as reader:
            _read(text, reader, rows)
        if text.faults:
            raise InputFileError(text.path, text.faults)
        names = (line,) if line is not None else chosen
        return _table(rows, header, names)


def _chosen(text: VcfText, samples: Collection[str] | None, line: str | None) -> tuple[str, ...]:
    """Give the samples to be read, in the order of the file; none of a list of variants."""
    for name in samples or ():
        if name not in text.samples:
            raise ArgumentError(f"{text.path} has no sample {name!r}; {nearest(name, text.samples)}")
    chosen = tuple(name for name in text.samples if samples is None or name in samples)
    if not text.samples and line is None:
        raise ArgumentError(f"{text.path} has no samples; say whose variants it lists (line)")
    if line is not None and len(chosen) > 1:
        raise ArgumentError(
            f"{text.path} has {len(chosen)} samples, which name the lines; leave out the line {line!r}, "
            "or choose one sample"
        )
    return chosen


@contextmanager
def _reader(text: VcfText, samples: Sequence[str]) -> Iterator["VCF"]:
    from cyvcf2 import VCF
    from cyvcf2.cyvcf2 import set_htslib_log_level

    some = list(samples) if samples != text.samples else None
    # What htslib writes to the terminal is said as a fault of the file; 3 is its own level.
    set_htslib_log_level(0)
    try:
        # Opened here, since to htslib a name such as "-" or "x##idx##y" means something else.
        with text.path.open("rb") as handle:
            try:
                reader = VCF(handle, samples=some)
            except Exception as error:
                raise InputFileError(text.path, "its header cannot be read as that of a VCF") from error
            if tuple(reader.samples) != samples:
                raise InputFileError(text.path, "the names of its samples cannot be read; write them anew")
            yield reader
            reader.close()
    finally:
        set_htslib_log_level(3)


def _read(text: VcfText, reader: "VCF", rows: VariantRows) -> None:
    """Read the records by line and by library in step; after a fault the lines alone, for further faults."""
    for cells in text.records():
        if text.faults:
            continue
        record = _next(text, reader)
        if record is None or int(cells[1]) != record.POS:
            text.fault("cannot be read as a record of a VCF")
        else:
            rows.add(cells, record)
    if not text.faults and _next(text, reader) is not None:
        text.fault("the file holds more records than lines")


def _next(text: VcfText, reader: "VCF") -> "Variant | None":
    try:
        return next(reader, None)
    except Exception:
        return None


def _table(rows: VariantRows, header: VcfHeader, lines: Sequence[str]) -> pd.DataFrame:
    columns = rows.table()
    number = len(columns[LINE])
    columns[LINE] = np.array([*lines, None], dtype=object)[columns[LINE]]
    columns[BUILD] = np.full(number, header.build, dtype=object)
    sources = sorted(name for name in columns if name.startswith(FREQUENCY))
    table = pd.DataFrame(
        {
            name: pd.Series(
                columns.get(name, np.full(number, None, dtype=object)), dtype=TYPES.get(name, object)
            )
            for name in COLUMNS
        }
        | {name: pd.Series(columns[name], dtype=float) for name in sources}
    )
    table.attrs = {
        "notices": (*header.notices, *rows.notices()),
        "samples": tuple(lines),
        "build": header.build,
        "name": str(rows.path),
    }
    return table
