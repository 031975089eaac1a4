"""Pages that people read: of a study, of a table of features, of two studies side by side."""
