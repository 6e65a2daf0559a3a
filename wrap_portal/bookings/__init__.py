"""Places on training sessions, and what became of them."""
