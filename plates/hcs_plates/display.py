"""How the objects of hcs show themselves: one line in a console, a small table in a notebook."""

from collections.abc import Mapping
from html import escape


def facts_html(title: str, facts: Mapping[str, object]) -> str:
    """Lay out facts as an HTML table, names at the left; facts that are None or empty are left out.

    Examples
    --------
    >>> facts_html("Well B03", {"clone": "<C1>", "donor": None})
    '<table><caption>Well B03</caption><tr><th>clone</th><td>&lt;C1&gt;</td></tr></table>'
    """
    rows = [
        f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value is not None and value != ""
    ]
    return f"<table><caption>{escape(title)}</caption>{''.join(rows)}</table>"


def count(number: int, noun: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> count(1, "well"), count(12, "well")
    ('1 well', '12 wells')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
