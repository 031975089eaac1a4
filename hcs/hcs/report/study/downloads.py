"""Tables of a study as links of its page."""

from dataclasses import replace

from hcs.answer.facts import TABLES, StudyFacts
from hcs.pages.page import Download, csv_download

CARRIED_BYTES = 6_000_000
"""Room for the study's tables on its page, as ``data:`` addresses."""


def tables_to_download(facts: StudyFacts) -> list[tuple[str, Download | None]]:
    """Every table of the study with its link; None for one that is missing.

    Of tables that together are too large for a page, the smallest are carried along, and the others named.
    """
    tables = {name: getattr(facts, name) for name in TABLES}
    links = {name: csv_download(table, name) for name, table in tables.items() if not table.columns.empty}
    room = CARRIED_BYTES
    for name in sorted(links, key=lambda name: len(links[name].address)):
        room -= len(links[name].address)
        if room < 0:
            links[name] = replace(links[name], address="")
    return [(name, links.get(name)) for name in TABLES]
