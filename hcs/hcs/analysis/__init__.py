"""Checks that make a result believable, each at the level of the clone: wells, batches, passages, donors.

Every check is a function that gives a `Finding`: a table, a sentence, a picture.
"""
