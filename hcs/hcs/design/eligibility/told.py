"""What is said of eligibility: the answer, and what it rests on."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hcs.design.eligibility import columns as c
from hcs.design.eligibility.clinvar import PATHOGENIC as CLINVAR_PATHOGENIC
from hcs.design.eligibility.gathered import Gathered
from hcs.design.eligibility.predictors import NO
from hcs.design.eligibility.rows import gene_names, listed_genes
from hcs.design.eligibility.rule import PREDICTORS, Rule
from hcs.design.eligibility.verdicts import PATHOGENIC, UNDETERMINED
from hcs.wording import are, counted, have, listed, noted
from hcs_plates.eligibility import ELIGIBILITY, ELIGIBLE, NOT_ELIGIBLE, VERDICTS


def headline(lines: pd.DataFrame, variants: pd.DataFrame) -> str:
    """Say how many lines are eligible, or how many variants of no line are pathogenic; at most 30 words."""
    if lines.empty:
        kinds = variants["verdict"].value_counts()
        return (
            f"No line is named; {kinds.get(PATHOGENIC, 0)} of {counted(len(variants), 'variant')} "
            f"{are(int(kinds.get(PATHOGENIC, 0)))} pathogenic, {kinds.get(UNDETERMINED, 0)} undetermined."
        )
    good, bad, open_ = (int((lines[ELIGIBILITY] == kind).sum()) for kind in VERDICTS)
    return (
        f"{good} of {counted(len(lines), 'line')} {are(good)} eligible; {bad} not eligible, {open_} "
        "undetermined."
    )


def rule_told(rule: Rule, sources: Sequence[str]) -> tuple[str, ...]:
    """Say the rule in words."""
    used = [PREDICTORS[name] for name in rule.predictors.used]
    scored = f" (from {rule.predictors.cadd:g})" if "cadd" in rule.predictors.used else ""
    known = listed(sources, most=12) if sources else "none given"
    repeats = "is undetermined" if rule.repeats.required else "may be eligible"
    said = (
        f"A variant of {listed(rule.genes.listed, most=12)} is pathogenic if {rule.predictors.damaging} or "
        f"more of {listed(used)}{scored} call it damaging and no population has it more often than "
        f"{rule.frequency.most:g} ({known})."
    )
    clinical = (
        "ClinVar's (likely) pathogenic counts whatever they say."
        if rule.clinvar.pathogenic == "counts"
        else "ClinVar is shown only."
    )
    return (
        said,
        clinical,
        "Any carried allele excludes its line, whatever its copies.",
        f"C9orf72 is expanded from {rule.repeats.threshold} repeats (a number of hcs's, not the study's); a "
        f"line without a count {repeats}.",
    )


def unlike_kin(lines: pd.DataFrame, donors: Mapping[str, str]) -> list[str]:
    """Name lines that are eligible though another of their donor is not: what is inherited is in both.

    Examples
    --------
    >>> lines = pd.DataFrame({"clone": ["a1", "a2"], "eligibility": ["eligible", "not eligible"]})
    >>> unlike_kin(lines, {"a1": "D7", "a2": "D7"})
    ['Of donor D7, a1 is eligible and a2 is not: what is inherited is in every clone of a donor; look again.']
    """
    verdicts = lines.assign(donor=lines["clone"].map(donors)).dropna(subset="donor")
    said = []
    for donor, own in verdicts.groupby("donor", sort=False):
        good, bad = (own["clone"][own[ELIGIBILITY] == kind].tolist() for kind in (ELIGIBLE, NOT_ELIGIBLE))
        if good and bad:
            said.append(
                f"Of donor {donor}, {listed(good)} {are(len(good))} eligible and {listed(bad)} "
                f"{are(len(bad))} not: what is inherited is in every clone of a donor; look again."
            )
    return said


def assumptions(found: Gathered, variants: pd.DataFrame, rule: Rule) -> list[str]:
    """Say what the verdicts rest on and what they cannot tell."""
    placed = bool(found.table[c.POS].notna().any())
    build = found.build or "not known"
    nameless = ~found.table[c.POS].notna() & found.table[c.ALT].isna()
    seen = listed_genes(found.table[c.GENE], rule.genes_folded)
    genes = {name for text in found.table[c.GENE].dropna().unique() for name in gene_names(str(text))}
    unseen = [name for name in rule.genes.listed if name.casefold() not in genes]
    outside = listed_genes(variants[c.GENE], rule.genes_folded) == NO
    elsewhere = variants[variants["clinvar_class"].eq(CLINVAR_PATHOGENIC) & outside]
    unknown = int((found.table[c.ZYGOSITY] == "unknown").sum())
    conflicts = int(variants["conflict"].notna().sum())
    n_out, out = int((seen == NO).sum()), found.table[c.GENE][seen == NO].unique()
    return noted(
        (placed, f"The genome build is {build}."),
        (
            int(nameless.sum()),
            "Variants named by HGVS alone are held together by that text: spelt otherwise they are others.",
        ),
        (
            unseen,
            f"No row is of {listed(unseen, most=12)}; that these genes were sequenced is taken for granted.",
        ),
        (n_out, f"{counted(n_out, 'row')} {are(n_out)} of genes that are not in the list ({listed(out)})."),
        (
            len(elsewhere),
            f"ClinVar calls {counted(len(elsewhere), 'variant')} outside the list pathogenic "
            f"({listed(elsewhere[c.GENE].fillna('gene not known').unique())}), which does not count.",
        ),
        (unknown, f"Of {counted(unknown, 'row')} the zygosity is not known; they count as carried."),
        (
            conflicts,
            f"{counted(conflicts, 'variant')} {have(conflicts)} annotation that conflicts (column conflict).",
        ),
    )
