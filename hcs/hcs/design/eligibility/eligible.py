"""Which lines may take part: variants and repeats held against the rule, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import pandas as pd

from hcs.analysis.stated import Stated, statistics_table
from hcs.design.eligibility import columns as c
from hcs.design.eligibility.alleles import identities
from hcs.design.eligibility.carriers import carriers, judge_lines
from hcs.design.eligibility.gathered import Gathered, Sources, Table, gather
from hcs.design.eligibility.platemaps import joined
from hcs.design.eligibility.rule import Rule
from hcs.design.eligibility.told import assumptions, headline, rule_told, unlike_kin
from hcs.design.eligibility.verdicts import PATHOGENIC, UNDETERMINED, judge_variants
from hcs.display import preview
from hcs.study.designrecord import DesignRecord, Row, digests
from hcs_plates.csvcells import csv_text
from hcs_plates.eligibility import ELIGIBILITY, VERDICTS
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.files import write_files
from hcs_plates.paths import local_path

MOST_WORDS = 120
"""Of a summary; all that is said stands in `Eligibility.notices`."""
_RECORDED = (
    *("line", "variant", c.BUILD, c.GENE, c.HGVS_C, c.HGVS_P, c.ZYGOSITY, c.FILTER, "carried", "verdict"),
    *("reason", "clinvar_class", "conflict"),
)


@dataclass(frozen=True, repr=False)
class Eligibility:
    """Lines held against a rule.

    Parameters
    ----------
    lines
        A row a line: clone, eligibility (``eligible``, ``not eligible``, ``undetermined``),
        eligibility_reason, n_pathogenic, n_undetermined, c9orf72_repeats.
    variants
        A row per line and variant, or per variant where no line is named: line, zygosity, filter, carried
        (``carried``, ``not known``, ``not carried``), then what the variant is, every predictor's text and
        reading, frequencies, ClinVar, verdict, reason, conflict.
    rule
        That was applied.
    build
        Genome build of the positions; None where it is not known.
    notices
        The rule in words, what the verdicts rest on, what was guessed or not used.
    """

    lines: pd.DataFrame
    variants: pd.DataFrame
    rule: Rule
    build: str | None
    notices: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Eligibility: {self.headline()} .lines, .variants>"

    def _repr_html_(self) -> str:
        return preview(self.headline(), self.lines)

    def headline(self) -> str:
        """Say how many lines are eligible; at most 30 words."""
        return headline(self.lines, self.distinct)

    def summary(self) -> str:
        """Say the answer and what it rests on; at most 120 words."""
        said = self.headline()
        for note in self.notices:
            if len(f"{said} {note}".split()) <= MOST_WORDS:
                said = f"{said} {note}"
        return said

    @cached_property
    def distinct(self) -> pd.DataFrame:
        """The variants, each once."""
        return self.variants.drop_duplicates("variant")

    @property
    def statistics(self) -> pd.DataFrame:
        """The counts behind the words; nothing is tested."""
        counts = [("lines", kind, int((self.lines[ELIGIBILITY] == kind).sum())) for kind in VERDICTS]
        kinds = self.distinct["verdict"].value_counts()
        counts += [("variants", kind, int(kinds.get(kind, 0))) for kind in (PATHOGENIC, UNDETERMINED)]
        return statistics_table(Stated(f"{what} {kind}", "count", value=n) for what, kind, n in counts)

    def record(self, files: Sequence[Path] = ()) -> DesignRecord:
        """Give what a study keeps and tells of it, with the digests of files."""
        told = self.variants[
            self.variants["verdict"].isin([PATHOGENIC, UNDETERMINED]) | self.variants["conflict"].notna()
        ]
        return DesignRecord(
            kind="eligibility",
            headline=self.headline(),
            sentences=self.notices,
            settings=self.rule.model_dump(mode="json"),
            tables={"lines": _rows(self.lines), "variants": _rows(told[[*_RECORDED]])},
            files=digests({_called(file, files): file for file in files}),
        )

    def join(self, platemap: Path | str | pd.DataFrame) -> pd.DataFrame:
        """Put the verdicts beside the wells of a platemap (`hcs.design.eligibility.platemaps.joined`)."""
        return joined(platemap, self.lines)

    def save(
        self,
        path: Path | str,
        *,
        sources: Sequence[Path] = (),
        joins: Mapping[Path, pd.DataFrame] | None = None,
        overwrite: bool = False,
    ) -> tuple[Path, ...]:
        """Write the lines, the variants beside them, and the record; all of them or none.

        Parameters
        ----------
        path
            The table of lines, CSV: ``eligible.csv``, with ``eligible.variants.csv`` and ``eligible.json``.
        sources
            Files that the verdicts were made from, whose digests the record keeps.
        joins
            Platemaps with the verdicts, by the file to write.
        overwrite
            Replace files that are there.

        Raises
        ------
        ArgumentError, ExistsError, PlaceError
            Not a CSV, a file that is there already, a place that cannot be written to.
        """
        file = local_path(path)
        if file.suffix.lower() != ".csv":
            raise ArgumentError(f"{file}: lines are written as CSV; give a name that ends in .csv.")
        tables = {file: self.lines, file.with_suffix(".variants.csv"): self.variants}
        record = file.with_suffix(".json")
        held = {one.resolve() for one in (*tables, record)}
        if wrong := [one for one in joins or () if one.resolve() in held]:
            raise ArgumentError(f"{wrong[0]} is written with the verdicts already; name another file.")
        tables |= dict(joins or {})
        read = {one.resolve() for one in sources}
        if wrong := [one for one in (*tables, record) if one.resolve() in read]:
            raise ArgumentError(f"{wrong[0]} is one of the files that were read; name another to write.")
        there = [str(one) for one in (*tables, record) if one.exists()]
        if there and not overwrite:
            raise ExistsError(f"{there[0]} exists already; choose another name, or --overwrite it.")
        contents: dict[Path, bytes] = {one: csv_text(table).encode() for one, table in tables.items()}
        written = {one.name: sha256(content).hexdigest() for one, content in contents.items()}
        made = self.record(sources)
        made = made.model_copy(update={"files": made.files | written})
        write_files({**contents, record: made.model_dump_json(indent=1).encode()})
        return (*tables, record)


def eligible_lines(  # noqa: PLR0913 – what is read stands beside the rule
    variants: Table | Sequence[Table],
    lines: Table | None = None,
    *,
    rule: Rule | Path | str | None = None,
    repeats: Table | None = None,
    build: str | None = None,
    line: str | None = None,
    sheet: str | None = None,
) -> Eligibility:
    """Hold annotated variants, and repeats of C9orf72, against a rule: which lines may take part.

    The preset rule is the reference study's (`hcs.design.eligibility.rule`). What is not annotated is not
    known, and leaves a variant, and whoever carries it, undetermined unless the rest decides either way.

    Parameters
    ----------
    variants
        Tables (CSV, TSV, XLSX, Parquet, data frames) or VCF files, all of one genome build.
    lines
        Table of lines (`hcs.design.lines.read_lines`): `clone`, and as far as known `sequenced` (yes, no) and
        `c9orf72_repeats`. A line of it without a variant is eligible only if it was sequenced.
    rule
        The rule, or its TOML file; the preset if None.
    repeats
        Table of `clone` and `c9orf72_repeats`, where they do not stand in `lines`.
    build
        Genome build, where the sources do not say it.
    line
        Whose variants a source lists that names no line.
    sheet
        Sheet of a workbook of variants.

    Raises
    ------
    HcsError
        Files that cannot be read, two genome builds, lines that look alike or contradict each other.

    Examples
    --------
    >>> variants = pd.DataFrame({
    ...     "line": ["L1", "L2"], "chrom": "21", "pos": 31667299, "ref": "A", "alt": ["G", "C"],
    ...     "gene": "SOD1", "zygosity": "het", "sift": ["D", "T"], "polyphen2": ["D", "B"],
    ...     "mutationtaster": ["D", "N"], "cadd": [27.0, 3.1], "af_gnomad": 0.0001,
    ... })
    >>> lines = pd.DataFrame({"clone": ["L1", "L2"], "c9orf72_repeats": ["2/8", "2/5"]})
    >>> found = eligible_lines(variants, lines, build="hg38")
    >>> found.lines["eligibility"].tolist()
    ['not eligible', 'eligible']
    >>> found.headline()
    '1 of 2 lines is eligible; 1 not eligible, 0 undetermined.'
    """
    given = [variants] if isinstance(variants, str | Path | pd.DataFrame) else list(variants)
    applied = rule if isinstance(rule, Rule) else Rule() if rule is None else Rule.read(rule)
    found = gather(Sources(given, lines, repeats, build, line, sheet), applied)
    return _judged(found, applied)


def _called(file: Path, files: Sequence[Path]) -> str:
    """Name a file; by its path where another has its name."""
    return file.name if sum(one.name == file.name for one in files) == 1 else str(file)


def _judged(found: Gathered, rule: Rule) -> Eligibility:
    """Judge variants, then calls, then lines."""
    named = identities(found.table)
    if named.isna().any():
        n = int(named.isna().sum())
        raise ArgumentError(f"{n} of {len(named)} rows name no variant: no place, no HGVS, no rs number.")
    codes, names = pd.factorize(named)
    judged = judge_variants(found.table, codes, list(names), rule)
    calls = carriers(found.table, codes, rule)
    lines = judge_lines(calls, judged.variants, found.lines, rule)
    own = judged.variants
    if len(calls):
        own = own.iloc[calls["code"]].reset_index(drop=True)
        own = pd.concat([calls.drop(columns="code"), own], axis=1)
    else:
        own = pd.DataFrame(
            {"line": None, "zygosity": None, "filter": None, "carried": None}, index=own.index, dtype=object
        ).join(own)
    notices = (*rule_told(rule, judged.sources), *assumptions(found, judged.variants, rule))
    kin = unlike_kin(lines, found.lines.donors)
    told = dict.fromkeys([*notices, *kin, *judged.notices, *found.notices])
    return Eligibility(lines, own, rule, found.build, tuple(told))


def _rows(table: pd.DataFrame) -> list[Row]:
    """Rows as JSON has them: what is missing is None."""
    plain = table.astype(object).where(table.notna(), None)
    return [
        {str(name): value.item() if hasattr(value, "item") else value for name, value in row.items()}
        for row in plain.to_dict("records")
    ]
