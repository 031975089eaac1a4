"""What the roles of wells mean, as labs and public screens write them: controls, samples, others."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from hcs.tables.classes import plain
from hcs.wording import are, counted, have, listed
from hcs_plates.errors import ArgumentError

POSITIVE, NEGATIVE, SAMPLE, OTHER = "positive", "negative", "sample", "other"
"""What a well can count as."""

ROLE_NAMES = {
    NEGATIVE: frozenset(
        {
            "negative control", "negative controls", "negative", "neg", "negcon", "neg con", "neg control",
            "neg ctrl", "neg ctl", "negctrl", "nc", "ntc", "control", "controls", "ctrl", "ctl", "ctr", "con",
            "dmso", "vehicle", "vehicle control", "veh", "solvent", "solvent control", "mock", "sham",
            "untreated", "untreated control", "non targeting", "nontargeting", "non targeting control",
            "scramble", "scrambled", "wt", "wild type", "wildtype", "healthy", "healthy control",
            "low control", "low", "min",
        }
    ),
    POSITIVE: frozenset(
        {
            "positive control", "positive controls", "positive", "pos", "poscon", "pos con", "pos control",
            "pos ctrl", "pos ctl", "posctrl", "pc", "ptc", "high control", "high", "max", "killing control",
            "reference compound",
        }
    ),
    SAMPLE: frozenset(
        {
            "sample", "samples", "test", "tests", "test sample", "trt", "treatment", "treated", "compound",
            "compounds", "cmpd", "cpd", "drug", "experimental", "experiment", "query", "unknown", "patient",
            "patients", "disease", "diseased", "case", "target", "screen", "library", "clone", "line",
        }
    ),
    OTHER: frozenset(
        {
            "other", "blank", "blanks", "empty", "empty well", "none", "no cells", "cell free", "background",
            "bg", "bkg", "media", "medium", "media only", "medium only", "buffer", "pbs", "water", "standard",
            "standards", "calibration", "calibrator", "secondary only", "secondary", "secondary control",
            "2nd only", "2nd ab only", "2ndary only", "secondary antibody only", "no primary", "sec only",
            "unstained", "no stain", "isotype", "isotype control", "dye only", "stain control", "unused",
            "not used", "excluded", "exclude", "ignore", "skip", "edge", "border", "guard", "failed", "qc",
        }
    ),
}  # fmt: skip
"""Known names of each kind, as `hcs.tables.classes.plain` writes them."""

KIND_NAMES = {NEGATIVE: "negative control", POSITIVE: "positive control", SAMPLE: "sample", OTHER: "other"}
_KINDS = {name: kind for kind, names in ROLE_NAMES.items() for name in names}
_BEGINNINGS = {"negcon": NEGATIVE, "poscon": POSITIVE, "dmso": NEGATIVE, "blank": OTHER, "empty": OTHER}
"""First words after which more may stand: ``poscon_orf``, ``DMSO 0.1 %``."""


@dataclass(frozen=True)
class RoleKinds:
    """What wells count as, row by row (None: not known); sentences on names as read, and on unknown ones."""

    kinds: pd.Series
    read: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def told(self) -> tuple[str, ...]:
        """All that is to be said of the names."""
        return self.read + self.unknown

    @property
    def controls(self) -> pd.Series:
        """Wells that are controls or hold no sample by a known name."""
        return self.kinds.isin([NEGATIVE, POSITIVE, OTHER])


def role_kind(role: object) -> str | None:
    """Say what a role means; a blank one is a sample's, since often only controls are marked.

    Examples
    --------
    >>> [role_kind(name) for name in ("negcon", "Positive_Control", "trt", "2nd only", "poscon_orf", "foo")]
    ['negative', 'positive', 'sample', 'other', 'positive', None]
    """
    if role is None or role != role or not str(role).strip():
        return SAMPLE
    written = plain(role)
    words = written.split()
    unnumbered = " ".join(words[:-1]) if len(words) > 1 and words[-1].isdecimal() else written
    known = _KINDS.get(written) or _KINDS.get(unnumbered) or _KINDS.get(unnumbered.rstrip("0123456789"))
    return known or _BEGINNINGS.get(words[0])


def role_kinds(roles: pd.Series) -> RoleKinds:
    """Say what every well counts as by its role.

    Examples
    --------
    >>> found = role_kinds(pd.Series(["negcon", "trt", "trt", "odd"]))
    >>> found.kinds.tolist()
    ['negative', 'sample', 'sample', None]
    >>> found.told[0]
    "Roles are read as: 'negcon' negative control (1 well) and 'trt' sample (2 wells)."
    >>> found.told[1]
    "1 well has a role that is not known ('odd'): it counts neither as a control nor as a sample."
    """
    present = roles.astype(object)
    meaning = {name: role_kind(name) for name in present.dropna().unique()}
    numbers = present.value_counts()
    read = [
        f"{name!r} {KIND_NAMES[kind]} ({counted(int(numbers[name]), 'well')})"
        for name, kind in meaning.items()
        if kind is not None and plain(name) != KIND_NAMES[kind]
    ]
    unknown = [name for name, kind in meaning.items() if kind is None]
    said: tuple[str, ...] = ()
    if unknown:
        n = int(numbers[unknown].sum())
        counts = "it counts" if n == 1 else "they count"
        said = (
            f"{counted(n, 'well')} {have(n)} a role that is not known ({listed(map(repr, unknown))}): "
            f"{counts} neither as a control nor as a sample.",
        )
    kinds = present.map(meaning, na_action="ignore").astype(object).where(present.notna(), SAMPLE)
    told = (f"Roles are read as: {listed(read, most=12)}.",) if read else ()
    return RoleKinds(kinds.where(kinds.notna(), None), told, said)


def wells_of(roles: pd.Series, asked: str | Collection[str]) -> pd.Series:
    """Find the wells of roles that were asked for: those written so, or else those that mean the same.

    Raises
    ------
    ArgumentError
        No well has one of the roles, under whatever known name.

    Examples
    --------
    >>> wells_of(pd.Series(["negcon", "trt"]), "negative_control").tolist()
    [True, False]
    >>> wells_of(pd.Series(["negcon", "trt"]), "poscon")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: No well has the role 'poscon'; the roles there are: negcon and trt.
    """
    chosen = pd.Series(False, index=roles.index)
    for name in [asked] if isinstance(asked, str) else asked:
        own = meant(roles, name)
        if not own.any():
            there = listed(sorted({str(role) for role in roles.dropna()}), most=12) or "none"
            raise ArgumentError(f"No well has the role {name!r}; the roles there are: {there}.")
        chosen |= own
    return chosen


def meant(roles: pd.Series, name: str) -> pd.Series:
    """Find the wells of one role, under whatever known name; perhaps none.

    Examples
    --------
    >>> meant(pd.Series(["negcon", None]), "dmso").tolist(), meant(pd.Series(["negcon"]), "foo").tolist()
    ([True, False], [False])
    """
    present = roles.dropna().astype(object)
    kind = role_kind(name)
    for same in (
        present == name,
        present.map(plain) == plain(name),
        present.map(lambda role: kind is not None and role_kind(role) == kind),
    ):
        if same.any():
            return same.reindex(roles.index, fill_value=False).astype(bool)
    return pd.Series(False, index=roles.index)


def beside_samples(wells: pd.DataFrame, role: str = "role") -> tuple[pd.Series, tuple[str, ...]]:
    """Tell the wells that stand beside the samples (controls, blanks), for checks that are about samples.

    Where there are no samples but these, they are what is looked at, and none is set aside.

    Returns
    -------
    Series of bool, tuple of str
        And sentences that say it.

    Examples
    --------
    >>> beside_samples(pd.DataFrame({"role": ["DMSO", "trt", None]}))[0].tolist()
    [True, False, False]
    """
    nothing = pd.Series(False, index=wells.index)
    if role not in wells.columns:
        return nothing, ()
    found = role_kinds(wells[role])
    if not found.controls.any() or not (found.kinds == SAMPLE).any():
        return nothing, found.told if found.kinds.isna().any() else ()
    n = int(found.controls.sum())
    names = listed(sorted({str(name) for name in wells.loc[found.controls, role].dropna()}))
    verb = "is" if n == 1 else "are"
    return found.controls, (
        *found.told,
        f"{counted(n, 'well')} beside the samples ({names}) {verb} left out.",
    )


def aside_by_class(roles: pd.Series, labels: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """Tell the wells that are no samples of their clone, so that no model learns them as that clone.

    A control of the staining or of a treatment often carries the clone and the diagnosis of its well. Where all
    wells of a class have a control's role, the role names the class (healthy lines as negative controls), and
    they are its samples.

    Parameters
    ----------
    roles, labels
        Of every well; the label is missing where the well is of neither class.

    Returns
    -------
    Series of bool, tuple of str
        Wells to set aside, and sentences on how roles were understood.

    Examples
    --------
    >>> roles = pd.Series(["trt", "negcon", "healthy"])
    >>> aside, told = aside_by_class(roles, pd.Series(["ALS", "ALS", "control"]))
    >>> aside.tolist(), told[-1]
    ([False, True, False], "All wells of control have the role of a control ('healthy'): it names the class, and they take part.")
    """  # noqa: E501 - a sentence is one line
    found = role_kinds(roles)
    aside = pd.Series(False, index=roles.index)
    told = list(found.read)
    for label, own in labels.dropna().groupby(labels):
        kinds = found.kinds[own.index]
        naming = kinds.isin([NEGATIVE, POSITIVE])
        if (kinds.isna() | (kinds == SAMPLE)).any():
            aside[own.index] = naming | (kinds == OTHER)
            continue
        aside[own.index] = kinds == OTHER
        if naming.any():
            names = listed(sorted({repr(role) for role in roles[own.index][naming]}))
            told.append(
                f"All wells of {label} have the role of a control ({names}): it names the class, and they "
                "take part."
            )
    odd = found.kinds.isna() & labels.notna()
    if odd.any():
        n, names = int(odd.sum()), listed(sorted({repr(role) for role in roles[odd]}))
        told.append(
            f"{counted(n, 'well')} {have(n)} a role that is not known ({names}) and {are(n)} taken for "
            f"{'a sample' if n == 1 else 'samples'}."
        )
    return aside, tuple(told)
