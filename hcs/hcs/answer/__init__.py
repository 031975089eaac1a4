"""What a study says, without HTML: facts, checks as values, and the answer that follows from them."""
