"""The plate browser: plates, wells and fields as a page of this machine shows them."""
