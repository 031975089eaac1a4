"""Tables: how a file is read, what its columns are called and what they mean."""
