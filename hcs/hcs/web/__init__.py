"""Pages that a server on this machine shows: the plate browser, and the pages of a reader study."""
