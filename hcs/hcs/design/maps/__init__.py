"""Maps of plates for the bench: what is pipetted where, on paper, on a page and as platemaps."""
