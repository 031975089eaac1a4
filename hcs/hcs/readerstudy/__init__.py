"""People who judge images without knowing the diagnosis: images dealt, answers kept and scored."""
