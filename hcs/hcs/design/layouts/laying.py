"""Lines laid out on plates: from what is asked for to a layout."""

import secrets
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd

from hcs.design.layouts.blinded import place_codes, telling_nothing
from hcs.design.layouts.factors import factors
from hcs.design.layouts.imbalance import CONFOUNDED, confounded_sentence, imbalances, lacking_sentence
from hcs.design.layouts.layout import COLUMNS, PlateLayout
from hcs.design.layouts.place import Placed, groupings, place_lines
from hcs.design.layouts.plates import Shelves, deal_to_plates
from hcs.design.layouts.request import (
    EMPTY,
    LINE,
    Controls,
    Request,
    fewest_plates,
    kept_empty,
    line_codes,
    named_plates,
    placed_controls,
    plate_format,
)
from hcs.design.lines import read_lines, split_eligible
from hcs.statistics.arrays import Bools
from hcs.wording import are, counted, have, listed
from hcs_plates.errors import ArgumentError

WELLS = 24
"""Of a plate, where nothing is said: the reference study's."""
BATCH = "differentiation_batch"
SECRET_BITS = 63


def layout_plates(  # noqa: PLR0913 – each a decision about the plates
    lines: pd.DataFrame | Path | str,
    *,
    replicates: int,
    per_plate: bool = False,
    plates: int | Sequence[str] | None = None,
    wells: int = WELLS,
    batches: int | Sequence[str] | None = None,
    controls: Controls | None = None,
    empty: str | Sequence[str] = (),
    seed: int | None = None,
    blinded: bool = False,
) -> PlateLayout:
    """Lay lines out on plates, randomised and blocked.

    First an integer programme deals the wells of each line to plates, so that every diagnosis is balanced
    over plates and batches, every line is spread over both, and isogenic lines stand on the same plates. Then
    wells of each plate are exchanged, from a random start, until diagnoses are balanced over edge, rows and
    columns as far as whole wells allow, and after that the lines of each diagnosis.

    Parameters
    ----------
    lines
        Table of lines, or its file (`hcs.design.lines.read_lines`): clone, and if known donor, diagnosis,
        pair (isogenic lines). Lines that are not eligible, or not included, are set aside. A column
        `differentiation_batch` says in which batch alone a line can stand.
    replicates
        Wells of each line on all plates together; `per_plate`, on each plate that holds it.
    per_plate
        Every line then stands on as many plates as there is room for, the same number for all.
    plates
        How many, or their names; None for as few as hold all.
    wells
        Of a plate: 6, 12, 24, 48, 96, 384 or 1536.
    batches
        How many, with neighbouring plates in one, or the batch of each plate by name.
    controls
        By role, their wells (the same on every plate), or how many, at random wells of each plate.
    empty
        Wells that are kept empty, or ``edge``: the outer ring.
    seed
        Of all random choices; None draws one, which the layout keeps.
    blinded
        The record and the caveats then name no line, donor or diagnosis, and not the seed, which with the
        table of lines would give the layout again. Diagnoses are balanced over plates and batches alone, and
        within plates lines are spread without regard to them, but for the least balanced draws: a layout
        that balances them there gives the classes away to a search.

    Raises
    ------
    HcsError
        What is asked for cannot be: too few wells, a well asked for twice, a line without a diagnosis, …

    Examples
    --------
    >>> lines = pd.DataFrame({"clone": list("abcdefgh"), "diagnosis": ["ALS", "control"] * 4})
    >>> layout = layout_plates(lines, replicates=3, seed=1)
    >>> print(layout.headline())
    8 lines on 1 plate of 24 wells, randomised; diagnosis is balanced over edge, row and column.
    >>> layout_plates(lines, replicates=4, plates=1)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 8 lines with 4 wells each need 32 wells; 1 plate of 24 wells has 24. \
Ask for 2 plates or 3 replicates.
    """
    taken, aside = split_eligible(read_lines(lines))
    _check_lines(taken, aside)
    if not isinstance(replicates, Integral) or replicates < 1:
        raise ArgumentError(
            f"A line cannot have {replicates} wells; ask for 1 replicate or more, a whole number."
        )
    shape = plate_format(wells)
    bare = kept_empty(empty, shape)
    fixed, drawn = placed_controls(controls or {}, shape, bare)
    room = shape.size - len(bare) - len(fixed) - sum(drawn.values())
    if plates is None:
        plates = fewest_plates(len(taken), replicates, room, per_plate=per_plate)
    request = Request(named_plates(plates, batches), shape, replicates, per_plate, fixed, drawn, bare)
    seed = secrets.randbits(SECRET_BITS) if seed is None else seed
    rng = np.random.default_rng(seed)
    coded = line_codes(taken, request)
    batch_of = pd.Series(list(request.plates.values()), dtype=object).fillna("")
    shelves = Shelves(
        room=np.full(len(request.plates), request.room),
        batches=pd.factorize(batch_of)[0],
        step=replicates if per_plate else 1,
        most=1 if per_plate else replicates,
    )
    dealt = deal_to_plates(coded, shelves, _allowed(taken, request), rng)
    placed = (place_codes if blinded else place_lines)(coded, dealt, request, rng)
    made = _wells(placed, taken, request)
    measured = _measured(placed, coded, request)
    if blinded:
        measured = telling_nothing(measured)
    caveats = _caveats(made, request, aside, measured, named=not blinded)
    return PlateLayout(made, measured, aside, request.settings(), seed, blinded, caveats)


def _check_lines(lines: pd.DataFrame, aside: pd.DataFrame) -> None:
    """Refuse lines that cannot be laid out."""
    if lines.empty:
        reasons = aside["reason"].str.partition(":")[0].unique() if len(aside) else []
        why = f": all are set aside ({listed(reasons)})" if len(aside) else ""
        raise ArgumentError(f"There are no lines to lay out{why}.")
    if "diagnosis" in lines and (blank := lines["clone"][lines["diagnosis"].isna()]).size:
        raise ArgumentError(
            f"{counted(len(blank), 'line')} {have(len(blank))} no diagnosis ({listed(blank)}): what is not "
            "known cannot be balanced. Name it, leave the lines out, or leave the column out for all."
        )


def _allowed(lines: pd.DataFrame, request: Request) -> Bools:
    """Whether each line may stand on each plate: all, but those of another batch than the line's own."""
    allowed = np.ones((len(lines), len(request.plates)), dtype=bool)
    if BATCH not in lines or lines[BATCH].isna().all():
        return allowed
    known = set(request.batches)
    strange = sorted(set(lines[BATCH].dropna()) - known)
    if strange:
        there = (
            f"the batches of the plates are {listed(sorted(known))}" if known else "no batches are asked for"
        )
        raise ArgumentError(
            f"Lines are of {counted(len(strange), 'batch')} that no plate has ({listed(strange)}); {there}. "
            "Name the batch of each plate as the table of lines does."
        )
    of_plates = np.array(list(request.plates.values()), dtype=object)
    for place, batch in enumerate(lines[BATCH]):
        if pd.notna(batch):
            allowed[place] = of_plates == batch
    if "pair" in lines:
        several = lines.dropna(subset=["pair"]).groupby("pair")[BATCH].nunique()
        if (several > 1).any():
            raise ArgumentError(
                f"The lines of pair {listed(several.index[several > 1])} are of different batches, and "
                "cannot stand on the same plates."
            )
    return allowed


def _wells(placed: Placed, lines: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Make the table of all wells of all plates."""
    names = request.format.wells()
    keys = [(plate, well) for plate in request.plates for well in names]
    at = dict(
        zip(
            zip(placed.places["plate"], placed.places["well"], strict=True),
            zip(placed.line.tolist(), placed.role, strict=True),
            strict=True,
        )
    )
    rows = [at.get(key, (-1, request.fixed.get(key[1], ""))) for key in keys]
    line = np.array([number for number, _ in rows])
    carried = lines.drop(columns=[name for name in (BATCH, "included") if name in lines])
    columns = carried.reindex(line).reset_index(drop=True)
    table = pd.DataFrame(keys, columns=["plate", "well"])
    roles = [LINE if number >= 0 else role or EMPTY for number, role in rows]
    table = table.assign(
        differentiation_batch=table["plate"].map(dict(request.plates)),
        role=roles,
        included=[role != EMPTY for role in roles],
    )
    blank = pd.Series([None] * len(table), dtype="str")
    for name in COLUMNS[2:5]:
        table[name] = columns.get(name, blank)
    others = [name for name in columns if name not in table]
    return pd.concat([table[list(COLUMNS)], columns[others]], axis=1)


def _measured(placed: Placed, coded: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Measure the imbalances of the wells with lines."""
    taken = placed.line >= 0
    places = placed.places[taken].reset_index(drop=True)
    line = placed.line[taken]
    found = groupings(coded)
    labels = {"diagnosis": coded["diagnosis"].to_numpy()[line]}
    labels |= {name: codes[line] for name, codes in found.items()}
    return imbalances(labels, factors(places, dict.fromkeys(request.plates, request.format)))


def _uneven(diagnosis: pd.Series, places: pd.DataFrame, measured: pd.DataFrame, *, named: bool) -> list[str]:
    """Say of plates and batches that they are confounded with the diagnosis, or lack one."""
    tied = measured[(measured["of"] == "diagnosis") & (measured["note"] == CONFOUNDED)]["factor"].tolist()
    said = [
        (confounded_sentence if name in tied else lacking_sentence)(diagnosis, places[name], named=named)
        for name in places
    ]
    return [one for one in said if one]


def _caveats(
    wells: pd.DataFrame, request: Request, aside: pd.DataFrame, measured: pd.DataFrame, *, named: bool
) -> tuple[str, ...]:
    """Say what is confounded, and what a reader should know of the wells."""
    own = wells[wells["role"] == LINE]
    places = own[["plate"]].assign(batch=own[BATCH]) if len(request.batches) > 1 else own[["plate"]]
    diagnosis = own["diagnosis"]
    said = []
    if diagnosis.isna().all():
        said.append("No diagnosis is known: lines alone are spread, and nothing is balanced.")
    elif diagnosis.nunique() == 1:
        said.append("All lines have one diagnosis: there is nothing to balance it against.")
    else:
        said += _uneven(diagnosis, places, measured, named=named)
        few = own.groupby("diagnosis")["clone"].nunique()
        if (few == 1).any():
            which = (
                f"{listed(few.index[few == 1])} has" if named and (few == 1).sum() == 1 else "A diagnosis has"
            )
            said.append(f"{which} one line: what is seen of it may be that line's alone.")
    if len(request.batches) > 1 and (own.groupby("clone")[BATCH].nunique() == 1).all():
        said.append("Every line is in one batch alone: lines and batches cannot be told apart.")
    free = int((wells["role"] == EMPTY).sum()) - len(request.empty) * len(request.plates)
    if free:
        said.append(
            f"{counted(free, 'well')} {are(free)} left over and {'stays' if free == 1 else 'stay'} empty."
        )
    if not named and diagnosis.nunique() > 1:
        said.append(
            "Within a plate lines are spread without regard to diagnosis, but for the fifth of draws that is "
            "least balanced: in a layout balanced there, a search would find it."
        )
    if len(aside):
        which = f" ({listed(aside['clone'])})" if named else ""
        said.append(f"{counted(len(aside), 'line')} {are(len(aside))} set aside{which}.")
    return tuple(said)
