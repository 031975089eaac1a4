"""The pages of a reader study: what a reader sees, does, and cannot find out."""
