"""What was stored of plates and studies, read again against what was kept of it; nothing is written."""
