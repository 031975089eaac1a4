"""Everything that was stored, read again against what was kept of it; nothing is written."""
