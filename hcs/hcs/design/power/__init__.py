"""How many clones, wells and images a study takes: from a pilot or from assumptions, by simulated studies."""
