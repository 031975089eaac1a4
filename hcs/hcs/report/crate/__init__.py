"""A study as an RO-Crate: its files with what they are, for repositories and other programs."""
