"""People who judge images of the clones without knowing their diagnosis: images dealt, answers kept, scored."""
