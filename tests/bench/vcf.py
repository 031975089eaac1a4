"""Seconds that an annotated VCF of many lines takes to be read, with several transcripts a variant.

    python -m tests.bench.vcf             # 100,000 variants
    python -m tests.bench.vcf 10000

The VCF is made here: three entries of VEP a variant with 43 parts each, five lines, one gene in a hundred
of those asked for. It is read for the genes of the default list, and whole; plain, and packed.
"""

import gzip
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tests.hcs.design.eligibility.vcf_files import CHR21, CSQ, GT, csq, info, vcf

from hcs.design.eligibility.vcf import read_vcf

GENES = ("SOD1", "TARDBP", "FUS", "OPTN", "VCP", "SQSTM1", "SIGMAR1", "UBQLN2", "TBK1")
LINES = ("L1", "L2", "L3", "L4", "L5")


def made(path: Path, number: int) -> Path:
    """Write a VCF of so many variants."""
    rng = np.random.default_rng(19)
    bases = rng.choice(list("ACGT"), size=(number, 2))
    gene = np.where(rng.random(number) < 0.01, rng.choice(GENES, number), rng.integers(0, 20000, number))
    calls = rng.choice(["0/0", "0/1", "1/1", "./."], size=(number, len(LINES)), p=[0.7, 0.2, 0.08, 0.02])
    scores = rng.random((number, 2))
    records = []
    for place in range(number):
        ref, alt = bases[place]
        alt = "ACGT"[("ACGT".index(ref) + 1) % 4] if ref == alt else alt
        entries = [
            csq(
                alt,
                Consequence="missense_variant",
                SYMBOL=str(gene[place]),
                Feature=f"ENST{place:08d}{one}",
                HGVSc=f"ENST{place:08d}{one}.3:c.14{ref}>{alt}",
                HGVSp=f"ENSP{place:08d}{one}.3:p.Ala5Val",
                SIFT=f"deleterious({scores[place, 0]:.2f})",
                PolyPhen=f"benign({scores[place, 1]:.3f})",
                gnomADe_AF=f"{scores[place, 0] / 100:.4g}",
                CADD_PHRED=f"{30 * scores[place, 1]:.1f}",
            )
            for one in "123"
        ]
        said = f"AF=0.1;ToMMo_AF={scores[place, 0] / 10:.4f};CSQ={','.join(entries)}"
        records.append(f"chr21 {100 + 7 * place} . {ref} {alt} 50 PASS {said} GT {' '.join(calls[place])}")
    return vcf(path, records, (CHR21, info("AF"), info("ToMMo_AF"), CSQ, GT), LINES)


def main() -> None:
    """Print a row for each way of reading."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        plain = made(Path(folder) / "a.vcf", number)
        packed = Path(f"{plain}.gz")
        packed.write_bytes(gzip.compress(plain.read_bytes(), 6))
        print(f"{number:,} variants of {len(LINES)} lines, {plain.stat().st_size / 1e6:.0f} MB")
        for path in (plain, packed):
            for genes in (GENES, None):
                start, used = time.perf_counter(), time.process_time()
                rows = len(read_vcf(path, genes=genes))
                seconds, used = time.perf_counter() - start, time.process_time() - used
                asked = "nine genes" if genes else "all genes"
                print(
                    f"{path.suffix:<6}{asked:<12}{seconds:6.1f} s, {used:.1f} s of one core {rows:>9,} rows"
                )


if __name__ == "__main__":
    main()
