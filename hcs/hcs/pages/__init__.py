"""HTML alone: the page, its parts, templates and the one script; nothing here knows a study."""
