"""Wells scored: normalised, judged, and the hits among them, as a folder of tables with a page."""
