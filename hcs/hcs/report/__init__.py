"""Reports: facts with the numbers derived from them, and one self-contained HTML page."""
