"""Evidence from a table of features: wells, measurements and scores without a study."""
