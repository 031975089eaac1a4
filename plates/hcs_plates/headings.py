"""Headings as labs write them: which known column is meant, and which columns are somebody's own."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hcs_plates.columns import DENSITY_UNITS, KNOWN, UNIT_OF, known_name, misspelt, place_hints
from hcs_plates.quantities import Quantity

EXCLUDED = "excluded"
"""Name of a column that says which wells do not take part, the other way round than `included`."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "well": (
        "well id",
        "well name",
        "well label",
        "well position",
        "well pos",
        "well no",
        "wells",
        "metadata well",
        "position",
    ),
    "plate": ("plate id", "plate name", "plate no", "plate number", "plate nr", "metadata plate"),
    "row": ("well row", "row name", "row letter", "row id", "plate row", "metadata row"),
    "column": ("col", "well column", "well col", "column no", "column number", "col no", "plate column"),
    "clone": (
        "clone id",
        "clone name",
        "clone no",
        "cell line",
        "cell line id",
        "cell line name",
        "line",
        "line id",
        "ipsc line",
        "ipsc clone",
    ),
    "donor": ("donor id", "donor no", "patient id", "patient no", "subject id", "individual id"),
    "diagnosis": ("disease", "disease status", "disease state", "diagnosis group", "clinical diagnosis"),
    "passage": ("passage no", "passage number", "passage nr", "passage at plating", "passages"),
    "differentiation_batch": (
        "diff batch",
        "differentiation",
        "differentiation no",
        "differentiation id",
        "differentiation round",
        "diff round",
        "diff no",
        "diff id",
    ),
    "role": ("well role", "well type", "control type"),
    "treatment": ("treatment name", "compound name", "drug name"),
    "dose": ("concentration", "conc", "compound concentration", "drug concentration"),
    "dose_unit": ("concentration unit", "conc unit", "dose units", "concentration units"),
    "seeding_density": (
        "plating density",
        "cells per well",
        "cells well",
        "cells per cm2",
        "cells cm2",
        "cells seeded",
    ),
    "seeding_density_unit": ("seeding unit", "density unit", "plating density unit"),
    "source_tissue": (
        "tissue of origin",
        "origin tissue",
        "source cell type",
        "source cells",
        "cell source",
        "reprogrammed from",
    ),
    "reprogramming_vector": ("reprogramming method", "reprogramming", "reprogramming vectors"),
    "day": ("div", "days in culture", "days in vitro", "day in vitro"),
    "differentiation_day": ("day of differentiation", "days of differentiation", "diff day", "diff days"),
    "fixation": ("fixative", "fixed with"),
    "stain": ("staining", "stains"),
    "primary_antibody": ("primary ab", "1st antibody", "1st ab", "first antibody", "antibody"),
    "primary_dilution": (
        "primary antibody dilution",
        "primary ab dilution",
        "1st antibody dilution",
        "antibody dilution",
        "ab dilution",
    ),
    "secondary_antibody": ("secondary ab", "2nd antibody", "2nd ab", "second antibody"),
    "secondary_dilution": (
        "secondary antibody dilution",
        "secondary ab dilution",
        "2nd antibody dilution",
        "2nd ab dilution",
    ),
    "included": ("include",),
    EXCLUDED: ("exclude", "omit", "left out"),
}
"""Other names of the known columns, the likeliest first; ``no`` and ``id`` may be ``#``."""

_NUMBERED = re.compile(r"[^\W\d_]{0,4}\.?\s*\d[\d.,]*")
"""A number, as it is or with a short word before it: p22, DIV 21."""

GROUPS = ("group", "condition", "status", "class")
"""Headings of a diagnosis where a control is among the values, and of a treatment or a batch elsewhere."""

CONTROLS = frozenset(
    "control controls ctrl ctl con hc healthy wt wildtype isogenic unaffected normal".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Headings:
    """The columns of a platemap.

    Parameters
    ----------
    names
        Of each column: a known one's own name, or the heading as written.
    notices
        Which headings were taken for known columns, which are kept as they are.
    faults
        Headings that leave open which column is meant.
    units
        Units that headings state, by the column whose values have them.
    """

    names: tuple[str, ...]
    notices: tuple[str, ...]
    faults: tuple[str, ...]
    units: Mapping[str, str] = field(default_factory=dict)


def plain(heading: str) -> str:
    """Reduce a heading to its words.

    Case, signs, what stands in brackets, and small words for "number" do not count.

    Examples
    --------
    >>> plain("Cell_Line"), plain("WellName"), plain("Dose (µM)"), plain("Passage #"), plain("Group?")
    ('cell line', 'well name', 'dose', 'passage no', 'group')
    """
    text = unicodedata.normalize("NFKC", re.sub(r"[(\[].*?[)\]]", " ", heading))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold().replace("#", " no ")
    return " ".join(re.findall(r"[^\W_]+", text))


def meant(heading: str) -> tuple[str, int] | None:
    """Find the known column that a heading may stand for, and how far down its list of names; None if none.

    Examples
    --------
    >>> meant("Diagnosis "), meant("Cell line")[0], meant("WELLID")[0], meant("Genotype")
    (('diagnosis', 0), 'clone', 'well', None)
    """
    if known_name(heading) in KNOWN:
        return known_name(heading), 0
    found = _BY_NAME.get(plain(heading).replace(" ", ""))
    return found if found is not None and heading else None


def names_wells(cells: Sequence[str]) -> bool:
    """Whether a row of cells are a platemap's headings: they say where the well stands.

    Examples
    --------
    >>> names_wells(["Well ID", "Line"]), names_wells(["Row", "Col"]), names_wells(["Plate 1", ""])
    (True, True, False)
    """
    known = {found[0] for cell in cells if cell and (found := meant(cell))}
    return "well" in known or {"row", "column"} <= known


def read_headings(
    headings: Sequence[str],
    columns: Sequence[Sequence[str | None]],
    *,
    placed: bool = True,
    also: Collection[str] = (),
) -> Headings:
    """Name the columns of a platemap, or of another table that has the same columns.

    Parameters
    ----------
    headings
        As written.
    columns
        The cells below each, None where missing.
    placed
        Whether they must say where each row's well stands.
    also
        Columns that have a meaning in that table, and are nobody's own.
    """
    candidates: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, heading in enumerate(headings):
        found = meant(heading)
        if found and (known_name(heading) in KNOWN or _fits(found[0], columns[place])):
            candidates[found[0]].append((found[1], place))
    names = [heading.strip() for heading in headings]
    faults = []
    for known, ranked in candidates.items():
        likeliest = min(ranked)[0]
        same = [place for rank, place in ranked if rank == likeliest]
        if len(same) > 1:
            spelt = ", ".join(repr(headings[place]) for place in same)
            faults.append(f"column {known!r} is there {len(same)} times ({spelt}); keep one")
        names[same[0]] = known
    if {"included", EXCLUDED} <= set(names):
        faults.append("has a column of wells that take part and one of those that do not; keep one")
    if "diagnosis" not in names:
        clones = columns[names.index("clone")] if "clone" in names else [None] * len(columns[0])
        for place, heading in enumerate(headings):
            if plain(heading) in GROUPS and _is_diagnosis(columns[place], clones):
                names[place] = "diagnosis"
                break
    faults += [
        f"column {name!r} is there {names.count(name)} times; keep one"
        for name in dict.fromkeys(names)
        if names.count(name) > 1 and name not in candidates
    ]
    units = {
        name: unit
        for name, heading in zip(names, headings, strict=True)
        if name in UNIT_OF and (unit := stated_unit(name, heading)) is not None
    }
    placeless = _placeless(names) if placed else []
    return Headings(tuple(names), tuple(_told(headings, names, also)), (*faults, *placeless), units)


def stated_unit(name: str, heading: str) -> str | None:
    """Find the unit that the heading of a density or a dose states; None where it states none.

    Examples
    --------
    >>> stated_unit("seeding_density", "Density (cells/cm2)")
    'cells/cm²'
    >>> stated_unit("dose", "Dose [uM]"), stated_unit("dose", "Dose (final)")
    ('µM', None)
    """
    if name == "seeding_density":
        words = heading.replace("_", " ")
        return next((unit for unit, spelt in DENSITY_UNITS.items() if re.search(spelt, words)), None)
    bracketed = re.search(r"[(\[]([^)\]]+)[)\]]", heading)
    try:
        return None if bracketed is None else Quantity.read(f"1 {bracketed[1]}").unit
    except ValueError:
        return None


def _told(headings: Sequence[str], names: Sequence[str], also: Collection[str]) -> list[str]:
    """Say which headings were taken for what, and which columns are kept as they are."""
    taken = [
        f"{heading!r} as {name}"
        for heading, name in zip(headings, names, strict=True)
        if name != heading.strip() and known_name(heading) != name
    ]
    close = {name: known for name, known in misspelt(names).items() if name not in also}
    known = {*KNOWN, EXCLUDED, *close, *also}
    own = [repr(name) for name in names if name not in known]
    return [
        *([f"Columns were taken by their headings: {', '.join(taken)}."] if taken else []),
        *(
            f"Column {name!r} is kept as a column of your own; did you mean {known!r}?"
            for name, known in close.items()
        ),
        *([f"Kept as columns of your own: {', '.join(own)}."] if own else []),
    ]


def _placeless(names: Sequence[str]) -> list[str]:
    """Say that no column names the wells, and which one might."""
    if "well" in names or {"row", "column"} <= set(names):
        return []
    remedy = "; ".join(f"rename {name!r} to {known!r}" for name, known in place_hints(names).items())
    return [
        f"has no column 'well' (nor 'row' and 'column'), only {', '.join(map(repr, names))}; "
        f"{remedy or 'add one that names each well such as B03'}"
    ]


def _fits(known: str, cells: Sequence[str | None]) -> bool:
    """Whether most cells below another name of a known column can be of its kind."""
    kind = KNOWN[known].kind if known in KNOWN else "boolean"
    if kind not in ("whole", "number"):
        return True
    present = [cell for cell in cells if cell is not None]
    return 2 * sum(bool(_NUMBERED.fullmatch(cell)) for cell in present) >= len(present)


def _is_diagnosis(cells: Sequence[str | None], clones: Sequence[str | None]) -> bool:
    """Whether a control is among few values, and each clone has one of them."""
    values = {plain(cell) for cell in cells if cell is not None}
    pairs = {(clone, cell) for clone, cell in zip(clones, cells, strict=True) if clone and cell}
    one_each = len(pairs) == len({clone for clone, _ in pairs}) > 1
    return one_each and 1 < len(values) < 7 and any(CONTROLS >= {*value.split()} > set() for value in values)


_BY_NAME: Mapping[str, tuple[str, int]] = {
    name.replace(" ", ""): (known, rank)
    for known, names in SYNONYMS.items()
    for rank, name in enumerate((known.replace("_", " "), *names))
}
