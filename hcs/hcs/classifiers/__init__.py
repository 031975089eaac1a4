"""Models of a study, one a file: what each is called, looks like and is fed, how it learns and is kept."""
