"""A filter of a table's rows as a sentence of comparisons: ``passage < 40 and clone not in ('c1', 'c2')``.

A filter comes from a file that somebody else may have written. So it is read by this grammar and by nothing
that could run code: columns are compared with constants, and comparisons are joined by and, or, not.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from hcs_plates.columns import guessed_values
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import names_things

LONGEST = 1000
"""Characters of a filter."""

LARGEST = 2**53
"""Whole numbers beyond this are not told apart from their neighbours."""

_HOW = (
    "a filter compares columns with values (==, !=, <, <=, >, >=, in, not in; and, or, not), "
    "such as passage < 40 and clone != 'c1'"
)
_ORDER: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_TURNED: Mapping[type, type] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`([^`]*)`")

_Constant = str | int | float | bool


def matching_rows(table: pd.DataFrame, text: str) -> pd.Series:
    """Find the rows that meet a filter.

    Parameters
    ----------
    table
        Any table. Columns whose names are no plain words are written in backticks, ```days in culture```.
    text
        Comparisons of columns with texts, numbers, true or false, and lists of these after ``in``; chained
        ones (``10 < passage < 40``) too. A column of true and false may stand alone.

    Returns
    -------
    pandas.Series
        True where the row meets the filter. What is missing is neither equal nor unequal to anything, so a
        row whose missing values decide is left out (as in SQL), also under ``not``.

    Raises
    ------
    ArgumentError
        Not such a filter, no such column, or a value of another kind than the column.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": ["a", "b", None], "passage": [10, 50, 20]})
    >>> matching_rows(wells, "passage < 40").tolist(), matching_rows(wells, "clone != 'b'").tolist()
    ([True, False, True], [True, False, False])
    >>> matching_rows(wells, "passage.sum() > 1")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 'passage.sum() > 1' cannot be applied: passage.sum() is no column and \
no value; a filter compares columns with values (==, !=, <, <=, >, >=, in, not in; and, or, not), such as \
passage < 40 and clone != 'c1'
    """
    try:
        if len(text) > LONGEST:
            raise _Refusal(f"it has {len(text)} characters where at most {LONGEST} are read")
        expression, quoted = _parsed(text)
        return _Rows(table, quoted).meeting(expression).fillna(False).astype(bool)
    except _Refusal as refusal:
        shown = text if len(text) <= LONGEST else f"{text[:40]}…"
        raise ArgumentError(f"{shown!r} cannot be applied: {refusal}") from None


class _Refusal(Exception):
    """Why a text is no filter."""


def _parsed(text: str) -> tuple[ast.expr, dict[str, str]]:
    """Parse a filter; give its columns in backticks by the names that stand for them."""
    quoted: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        name = f"column_{len(quoted)}_in_backticks"
        quoted[name] = found[1]
        return f" {name} "

    try:
        return ast.parse(_QUOTED.sub(named, text).strip(), mode="eval").body, quoted
    # The parser of Python has several ways to refuse what is nested too deep.
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _Refusal(f"it cannot be read; {_HOW}") from error


class _Rows:
    """Rows of a table that meet an expression: true, false, or missing where that cannot be said."""

    def __init__(self, table: pd.DataFrame, quoted: Mapping[str, str]) -> None:
        self.table = table
        self.quoted = quoted

    def meeting(self, node: ast.expr) -> pd.Series:
        """Rows that meet an expression."""
        if isinstance(node, ast.BoolOp):
            joined = self.meeting(node.values[0])
            for part in node.values[1:]:
                other = self.meeting(part)
                joined = joined & other if isinstance(node.op, ast.And) else joined | other
            return joined
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.meeting(node.operand)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.Name):
            values = self._meant(self._column(node), True)
            if _kind(values) != "true or false":
                raise _Refusal(f"the column {values.name!r} is not one of true and false; {_HOW}")
            return values.astype("boolean")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            raise _Refusal("it joins comparisons by & or |; write and, or, not")
        raise _Refusal(f"{self._shown(node)} is no comparison; {_HOW}")

    def _compared(self, node: ast.Compare) -> pd.Series:
        """Rows that meet every comparison of a chain."""
        sides = [node.left, *node.comparators]
        met = pd.Series(True, index=self.table.index, dtype="boolean")
        for left, sign, right in zip(sides, node.ops, sides[1:], strict=False):
            met &= self._pair(left, sign, right)
        return met

    def _pair(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> pd.Series:
        """Rows that meet one comparison of a column with a constant, whichever comes first."""
        if isinstance(sign, ast.In | ast.NotIn):
            values = self._column(left)
            if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise _Refusal(f"a list such as ['a', 'b'] is expected after in, not {self._shown(right)}")
            wanted = [self._constant(one) for one in right.elts]
            values = self._meant(values, wanted[0]) if wanted else values
            for one in wanted:
                _check_kind(values, one, equality=True)
            found = values.isin(wanted).astype("boolean").mask(values.isna())
            return ~found if isinstance(sign, ast.NotIn) else found
        if isinstance(sign, ast.Is | ast.IsNot):
            raise _Refusal("it compares by is; write == or !=")
        kind = type(sign)
        if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
            left, right, kind = right, left, _TURNED.get(kind, kind)
        constant = self._constant(right)
        values = self._meant(self._column(left), constant)
        _check_kind(values, constant, equality=kind in (ast.Eq, ast.NotEq))
        known = values.map(str, na_action="ignore") if isinstance(constant, str) else values
        return _ORDER[kind](known.dropna(), constant).astype("boolean").reindex(values.index)

    def _column(self, node: ast.expr) -> pd.Series:
        """Look a column up."""
        if not isinstance(node, ast.Name):
            raise _Refusal(f"{self._shown(node)} is no column and no value; {_HOW}")
        name = self.quoted.get(node.id, node.id)
        if name not in self.table.columns:
            known = [str(one) for one in self.table.columns]
            raise _Refusal(f"there is no column {name!r}; {nearest(name, known)} (a text is put in quotes)")
        return self.table[name]

    def _meant(self, values: pd.Series, constant: _Constant) -> pd.Series:
        """Read text as what it is compared with, where all of it is that and its heading is not of names."""
        if _kind(values) != "text" or isinstance(constant, str) or names_things(str(values.name)):
            return values
        cells = [None if pd.isna(cell) else str(cell) for cell in values]
        made = guessed_values(cells)[0].set_axis(values.index).rename(values.name)
        return made if _kind(made) == _given(constant) else values

    def _constant(self, node: ast.expr) -> _Constant:
        """Read a text, a number, true or false."""
        minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        inner = node.operand if isinstance(node, ast.UnaryOp) and minus else node
        if isinstance(inner, ast.Name):
            raise _Refusal(
                f"it compares with {self._shown(inner)}, which is a column or a text without quotes; "
                "a column is compared with a value, such as 40 or 'c1'"
            )
        if not isinstance(inner, ast.Constant) or not isinstance(inner.value, str | int | float):
            raise _Refusal(f"{self._shown(inner)} is no column and no value; {_HOW}")
        value = inner.value
        if isinstance(value, str | bool):
            if minus:
                raise _Refusal(f"{value!r} has a minus and is no number")
            return value
        if value > LARGEST if isinstance(value, int) else not math.isfinite(value):
            raise _Refusal(f"it has a number beyond {LARGEST}")
        return -value if minus else value

    def _shown(self, node: ast.expr) -> str:
        """Write an expression as it was written."""
        shown = ast.unparse(node)
        for name, column in self.quoted.items():
            shown = shown.replace(name, f"`{column}`")
        return shown if len(shown) <= 60 else f"{shown[:60]}…"


def _kind(values: pd.Series) -> str:
    """Say in a word what a column holds."""
    if pd.api.types.is_bool_dtype(values):
        return "true or false"
    return "numbers" if pd.api.types.is_numeric_dtype(values) else "text"


def _given(constant: _Constant) -> str:
    """Say in a word what a constant is."""
    if isinstance(constant, bool):
        return "true or false"
    return "text" if isinstance(constant, str) else "numbers"


def _check_kind(values: pd.Series, constant: _Constant, *, equality: bool) -> None:
    """Refuse to compare texts with numbers, which would be unequal for ever."""
    held = _kind(values)
    if held != _given(constant):
        raise _Refusal(f"the column {values.name!r} holds {held}, and is compared with {constant!r}")
    if held == "true or false" and not equality:
        raise _Refusal(f"the column {values.name!r} is true or false; compare it by == or !=")
