"""Which lines may take part: annotated variants held against a written rule."""
