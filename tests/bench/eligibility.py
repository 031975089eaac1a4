"""Seconds of one core for annotated variants: from a table to verdicts of variants and lines, and written.

    python tests/bench/eligibility.py            # 100,000 variants of 30 lines
    python tests/bench/eligibility.py 10000      # another number

Nothing here is a test: a table is printed, and a person reads it.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from hcs.design.eligibility.eligible import eligible_lines
from hcs.design.eligibility.rule import Rule
from hcs.design.eligibility.tablefile import read_variant_table


def drawn(n: int) -> pd.DataFrame:
    """Variants of the listed genes, annotated at random, a fifth of each annotation missing."""
    rng = np.random.default_rng(0)

    def some(values: np.ndarray) -> np.ndarray:
        return np.where(rng.random(n) < 0.2, "", values.astype(str))

    genes = np.array(Rule().genes.listed)
    words = {"sift": "DT", "polyphen2": "DPB", "mutationtaster": "ADNP"}
    frequencies = {
        f"af_{name}": some(rng.beta(0.2, 20, n).round(6)) for name in ("dbsnp", "tommo", "1000g", "exac")
    }
    return pd.DataFrame(
        {
            "line": rng.integers(0, 30, n).astype(str),
            "chrom": rng.integers(1, 23, n).astype(str),
            "pos": np.arange(n) + 1000,
            "ref": rng.choice(list("AC"), n),
            "alt": rng.choice(list("GT"), n),
            "gene": rng.choice(genes, n),
            "transcript": "NM_1",
            "hgvs_p": [f"p.Ala{place}Val" for place in range(n)],
            "zygosity": rng.choice(["het", "hom", "0/1"], n),
            **{name: some(rng.choice(list(letters), n)) for name, letters in words.items()},
            "cadd": some(rng.uniform(0, 40, n).round(2)),
            **frequencies,
            "clinvar": rng.choice(["", "", "", "Uncertain_significance", "Benign", "Pathogenic"], n),
        }
    )


def main() -> None:
    """Time reading, judging and writing."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    lines = pd.DataFrame({"clone": [str(one) for one in range(30)], "c9orf72_repeats": "2"})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "variants.tsv"
        drawn(n).to_csv(path, sep="\t", index=False)
        times = {}
        begun = time.process_time()
        table = read_variant_table(path, build="GRCh38")
        times["read the table (TSV)"] = time.process_time() - begun
        begun = time.process_time()
        found = eligible_lines(path, lines, build="GRCh38")
        times["read and judge"] = time.process_time() - begun
        begun = time.process_time()
        found.save(Path(folder) / "eligible.csv")
        times["write lines, variants and record"] = time.process_time() - begun
    print(f"{len(table):,} rows; {found.headline()}")
    for what, seconds in times.items():
        print(f"{what:<40} {seconds:6.2f} s")


if __name__ == "__main__":
    main()
