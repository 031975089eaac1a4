"""The verdict: checks as values, and the answer that follows from them."""
