"""The page of new plates that a study scored."""
