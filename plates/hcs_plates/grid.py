"""Tables drawn as the plate is: numbers across, letters down, a block for each thing told of wells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hcs_plates.headings import meant, plain
from hcs_plates.platenames import fitting, names_a_plate
from hcs_plates.rows import Row, UnreadableError
from hcs_plates.wells import row_index, well_name

FEWEST_ACROSS = 3
_NO_CORNER = frozenset({"row", "rows", "row col", "row column", "column", "col", "well", "wells"})
_SHOWN = 6


@dataclass(frozen=True)
class Grid:
    """Wells of a table drawn as the plate is.

    Parameters
    ----------
    names
        Of the blocks, as written.
    rows
        One a well, called by its name, with a cell of each block.
    sources
        Line and place of each block's cell, by well.
    notices
        Lines that were not read.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    sources: Mapping[str, tuple[tuple[int, int], ...]]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Block:
    """One block: its row of numbers, its left edge, what stands where."""

    head: int
    left: int
    columns: Mapping[int, int]
    """Number of the plate's column, from 0, by place."""
    body: Mapping[int, int]
    """Number of the plate's row, from 0, by place among the rows."""


def read_grid(
    rows: Sequence[Row], merged: Mapping[tuple[int, int], str], word: str, plate: str | None
) -> Grid | None:
    """Read a table drawn as the plate is; None where there is none.

    Parameters
    ----------
    rows
        Those that are not blank.
    merged
        Values of merged cells that do not hold them themselves, by line and place.
    word
        What a row of the file is called in messages.
    plate
        The plate, where blocks of several stand under each other.

    Raises
    ------
    UnreadableError
        Blocks without a name or of one name, cells outside them.
    """
    blocks = _blocks(rows)
    if not blocks:
        return None
    inside = {at for block in blocks for at in (block.head, *block.body)}
    outside = [at for at in range(len(rows)) if at not in inside]
    faults = _beside(rows, blocks, word)
    names, used = _names(rows, blocks, outside)
    kept, notices = _of_plate(rows, blocks, outside, plate)
    faults += [
        f"{word} {rows[blocks[at].head].line}: the block drawn as the plate has no name; write what it tells "
        "('clone') above its row letters, left of the 1"
        for at in kept
        if names[at] is None
    ]
    called = [str(names[at]) for at in kept if names[at] is not None]
    faults += [
        f"has several blocks {name!r}; keep one of each name (or write the plate's name above each plate)"
        for name in dict.fromkeys(called)
        if called.count(name) > 1
    ]
    loose = [at for at in outside if at not in used]
    faults += [
        f"{word} {rows[at].line} stands outside of the plate's rows and columns ({rows[at].filled[0][:40]!r} "
        "…); delete it, or begin it with #"
        for at in loose
        if at > blocks[0].head and len(rows[at].filled) > 2
    ]
    if faults:
        raise UnreadableError(*faults)
    unread = [f"{rows[at].line} ({' '.join(rows[at].filled)[:40]!r})" for at in loose]
    if unread:
        more = f" and {len(unread) - _SHOWN} more" if len(unread) > _SHOWN else ""
        notices.append(f"Not read: {word} {', '.join(unread[:_SHOWN])}{more}.")
    wells, sources = _wells(rows, [blocks[at] for at in kept], merged)
    return Grid(tuple(called), wells, sources, tuple(notices))


def is_grid(rows: Sequence[Row]) -> bool:
    """Whether rows hold a table drawn as the plate is."""
    return bool(_blocks(rows))


def _blocks(rows: Sequence[Row]) -> list[_Block]:
    """Find numbers across with row letters below their left neighbour."""
    blocks: list[_Block] = []
    at = 0
    while at < len(rows) - 1:
        found = [
            _Block(at, left, columns, body)
            for left, columns in numbered(rows[at].cells)
            if (body := _lettered(rows, at + 1, left))
        ]
        blocks += found
        at = max((max(block.body) for block in found), default=at) + 1
    return blocks


def numbered(cells: Sequence[str]) -> list[tuple[int, dict[int, int]]]:
    """Find numbers that follow each other: the place left of each run, and numbers from 0 by place."""
    runs: list[tuple[int, dict[int, int]]] = []
    for place, cell in enumerate(cells):
        if not cell.isdecimal() or len(cell) > 2:
            continue
        number = int(cell) - 1
        if runs and runs[-1][1].get(place - 1, -2) == number - 1 and number > 0:
            runs[-1][1][place] = number
        elif place > 0 and number >= 0:
            runs.append((place - 1, {place: number}))
    return [(left, run) for left, run in runs if len(run) >= FEWEST_ACROSS]


def _lettered(rows: Sequence[Row], first: int, left: int) -> dict[int, int]:
    """Find letters that follow each other from there on: the plate's rows, from 0, by place in `rows`."""
    body: dict[int, int] = {}
    for at in range(first, len(rows)):
        cell = rows[at].cell(left)
        index = row_index(cell) if cell.isascii() and cell.isalpha() and len(cell) < 3 else -1
        if index < 0 or (body and index != body[at - 1] + 1):
            break
        body[at] = index
    return body


def _beside(rows: Sequence[Row], blocks: Sequence[_Block], word: str) -> list[str]:
    """Find cells in the lines of the blocks that belong to none of them."""
    faults = []
    for at in sorted({at for block in blocks for at in block.body}):
        own = [block for block in blocks if at in block.body]
        known = {place for block in own for place in (block.left, *block.columns)}
        letters = {rows[at].cells[block.left] for block in own}
        faults += [
            f"{word} {rows[at].line}: {cell[:40]!r} stands beside the plate's columns; delete what is there"
            for place, cell in enumerate(rows[at].cells)
            if cell and place not in known and cell not in letters
        ]
    return faults


def _names(
    rows: Sequence[Row], blocks: Sequence[_Block], outside: Sequence[int]
) -> tuple[list[str | None], set[int]]:
    """Name the blocks by their corner or what stands above; and the lines that were used for it."""
    names: list[str | None] = []
    used: set[int] = set()
    for block in blocks:
        corner = rows[block.head].cells[block.left]
        texts = [(block.head, corner)] if plain(corner) not in _NO_CORNER else []
        before = max((max(one.body) for one in blocks if max(one.body) < block.head), default=-1)
        alone = sum(one.head == block.head for one in blocks) == 1
        for at in reversed([at for at in outside if before < at < block.head]):
            cells = enumerate(rows[at].cells)
            over = (cell for place, cell in cells if alone or place == block.left or place in block.columns)
            texts += [(at, cell) for cell in over]
        texts = [(at, cell) for at, cell in texts if plain(cell) and not names_a_plate(cell)]
        best = next((one for one in texts if meant(one[1])), texts[0] if texts else None)
        names.append(best[1] if best else None)
        used |= {best[0]} if best else set()
    return names, used


def _of_plate(
    rows: Sequence[Row], blocks: Sequence[_Block], outside: Sequence[int], plate: str | None
) -> tuple[list[int], list[str]]:
    """Choose the blocks of the plate, where lines above them name several plates."""
    titles: list[str | None] = []
    for block in blocks:
        above = [cell for at in outside if at < block.head for cell in rows[at].filled if names_a_plate(cell)]
        corner = rows[block.head].cells[block.left]
        titles.append(corner if names_a_plate(corner) else above[-1] if above else None)
    several = list(dict.fromkeys(title for title in titles if title is not None))
    if len(several) < 2 or plate is None:
        return list(range(len(blocks))), []
    mine = fitting(plate, several)
    if len(mine) != 1:
        raise UnreadableError(
            f"draws several plates ({', '.join(map(repr, several))}), and not one of them is called as plate "
            f"{plate!r} is; write its name above its blocks"
        )
    others = ", ".join(repr(title) for title in several if title != mine[0])
    told = f"The blocks below {mine[0]!r} are read for plate {plate!r}, not those below {others}."
    return [at for at, title in enumerate(titles) if title == mine[0]], [told]


def _wells(
    rows: Sequence[Row], blocks: Sequence[_Block], merged: Mapping[tuple[int, int], str]
) -> tuple[tuple[Row, ...], dict[str, tuple[tuple[int, int], ...]]]:
    """Put the blocks' cells side by side, well by well."""
    places: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
    for number, block in enumerate(blocks):
        for at, row in block.body.items():
            for place, column in block.columns.items():
                places.setdefault((row, column), {})[number] = (at, place)
    wells, sources = [], {}
    for row, column in sorted(places):
        cells, origins = [], []
        for number in range(len(blocks)):
            at, place = places[row, column].get(number, (-1, -1))
            line = int(rows[at].line) if at >= 0 else -1
            own = rows[at].cell(place) if at >= 0 else ""
            cells.append(own or merged.get((line, place), ""))
            origins.append((line, place))
        name = well_name(row, column)
        wells.append(Row(name, (name, *cells)))
        sources[name] = tuple(origins)
    return tuple(wells), sources
