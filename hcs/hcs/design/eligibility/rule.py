"""The rule by which a variant counts as pathogenic and a line as eligible: every number of it is a setting.

The preset is the reference study's (Imamura et al., Ann Neurol 2021;89:1226, and its report). What the study
does not tell is marked "ours" in its description; the descriptions are also the comments of the rule's file.

How the parts are put together (`hcs.design.eligibility.verdicts`): a variant is pathogenic if it lies in a
listed gene and either ClinVar says so, or enough predictors call it damaging and no population has it more
often than the limit. What is not annotated leaves it undetermined, unless the rest decides either way. Any
carried allele counts, whatever its zygosity and the gene's inheritance; zygosity is told beside it.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hcs.classifiers.model import Section, as_tuple
from hcs.design.eligibility.columns import CADD, MUTATIONTASTER, POLYPHEN2, SIFT
from hcs.study.settingsfile import checked, read_toml, settings_text

Names = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]
PREDICTORS = {SIFT: "SIFT", POLYPHEN2: "PolyPhen-2", MUTATIONTASTER: "MutationTaster", CADD: "CADD"}
"""Predictors by their column, and their names in sentences."""


class GenesSettings(Section):
    """Where variants count."""

    listed: Names = Field(
        ("SOD1", "TARDBP", "FUS", "OPTN", "VCP", "SQSTM1", "SIGMAR1", "UBQLN2", "TBK1"),
        min_length=1,
        description="symbols of the genes in which variants count (the study's nine, of a longer list)",
    )


class PredictorsSettings(Section):
    """What makes a variant damaging."""

    used: Names = Field(
        tuple(PREDICTORS), min_length=1, description=f"of {', '.join(PREDICTORS)} (study: all four)"
    )
    damaging: int = Field(
        2, ge=1, description="how many of them must call a variant damaging, at least (study: 2)"
    )
    cadd: float = Field(20, ge=0, description="PHRED score from which CADD counts as damaging (study: 20)")
    sift: float = Field(
        0.05, ge=0, le=1, description="score up to which SIFT is damaging, without a word (SIFT's own)"
    )
    polyphen2: float = Field(
        0.447,
        ge=0,
        le=1,
        description="score from which PolyPhen-2 is damaging, without a word (HumVar's; HumDiv's is 0.453)",
    )
    possibly_damaging: bool = Field(
        True, description="whether PolyPhen-2's 'possibly damaging' counts (ours)"
    )
    sift_low_confidence: Literal["undetermined", "counts"] = Field(
        "undetermined", description="what SIFT's words with 'low confidence' are (ours); or counts"
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        for name in self.used:
            if name not in PREDICTORS:
                raise ValueError(f"there is no predictor {name!r}; known: {', '.join(PREDICTORS)}")
            if self.used.count(name) > 1:
                raise ValueError(f"the list of used predictors names {name!r} twice")
        if self.damaging > len(self.used):
            raise ValueError(f"damaging = {self.damaging} of {len(self.used)} predictors can never be met")
        return self


class FrequencySettings(Section):
    """What makes a variant rare."""

    most: float = Field(
        0.005, ge=0, le=1, description="frequency that no population may exceed (study: 0.005)"
    )
    sources: Names = Field(
        (),
        description="populations that count (dbsnp, tommo, 1000g, exac, gnomad, …); all given if empty",
    )
    absent: Literal["undetermined", "not observed"] = Field(
        "undetermined",
        description="what a blank frequency is (ours): undetermined, or not observed, which is rare",
    )


class ClinvarSettings(Section):
    """How ClinVar's classification counts."""

    pathogenic: Literal["counts", "shown"] = Field(
        "counts", description="(likely) pathogenic makes a variant pathogenic (ours); or is shown only"
    )
    benign: Literal["shown", "counts"] = Field(
        "shown", description="(likely) benign is shown (ours); or counts: overrules predictors"
    )
    conflicting: Literal["shown", "undetermined"] = Field(
        "shown", description="conflicting classifications are shown (ours); or leave a variant undetermined"
    )


class VariantsSettings(Section):
    """Which variants and calls are looked at."""

    passed_over: Names = Field(
        (),
        description="consequences that do not count, as the table spells them: intron_variant (ours: none)",
    )
    filtered: Literal["undetermined", "counts"] = Field(
        "undetermined", description="whether a line carries a call that failed a filter (ours); or counts"
    )


class RepeatsSettings(Section):
    """The repeat expansion, which sequencing does not tell."""

    threshold: int = Field(
        30, ge=1, description="repeats of C9orf72 from which a line is expanded (ours; the usual convention)"
    )
    required: bool = Field(
        True, description="whether a line without a count is undetermined (study: tested apart)"
    )


class Rule(BaseModel):
    """All settings of the rule.

    Examples
    --------
    >>> Rule().predictors.cadd, Rule().frequency.most
    (20, 0.005)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    genes: GenesSettings = GenesSettings()
    predictors: PredictorsSettings = PredictorsSettings()
    frequency: FrequencySettings = FrequencySettings()
    clinvar: ClinvarSettings = ClinvarSettings()
    variants: VariantsSettings = VariantsSettings()
    repeats: RepeatsSettings = RepeatsSettings()

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read a rule's file.

        Raises
        ------
        NotThereError, ConfigError
            No file, not TOML, unknown keys (each with the nearest known one), values out of range: all at
            once.
        """
        file = Path(path)
        make = f"write the preset with `hcs variants --write-rule {file.name}`"
        return checked(cls, read_toml(file, "a rule", make), file)

    @property
    def genes_folded(self) -> frozenset[str]:
        """The listed genes in small letters."""
        return frozenset(name.strip().casefold() for name in self.genes.listed)


def preset() -> str:
    """Text of a file with the preset rule, each setting with what it means."""
    return settings_text(Rule, "A rule for `hcs variants`. Every setting may be left out.")
