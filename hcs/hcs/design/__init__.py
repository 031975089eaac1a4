"""Before the experiment: who may take part, where they stand, who knows the names, how many it takes."""
