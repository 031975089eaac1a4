"""Samples under codes until every measurement is made: codes, the sealed key, and the day names come back."""
