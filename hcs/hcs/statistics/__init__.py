"""Tests, intervals and models over units of evidence: arrays and tables in, numbers and sentences out.

Nothing here knows a plate or a study; `hcs.analysis` brings those.
"""
