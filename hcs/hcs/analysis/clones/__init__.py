"""What is known of clones and donors against what models say of them, n = clones."""
