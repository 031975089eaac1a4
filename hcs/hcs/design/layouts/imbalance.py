"""How far a layout is from balanced, and how near the counts allow it to come."""

COLUMNS = ("of", "factor", "levels", "measure", "value", "least", "reached", "note")
"""Of the table of imbalances.

of (``diagnosis``, ``clone``, ``donor``), factor (``plate``, ``batch``, ``edge``, ``row``, ``column``,
``edge of each plate``, ``row of each plate``, ``column of each plate``), levels (how many), measure (Cramér's V),
value, least (the smallest V of any table with the same numbers of wells), reached, note.
"""
