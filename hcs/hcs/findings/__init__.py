"""The findings of a study or of a table of features: asked, made and kept."""
