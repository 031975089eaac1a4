"""A study: from `study.toml` to a results folder, and what such a folder holds."""
