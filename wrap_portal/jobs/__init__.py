"""The clock: when to look for due work, and a record of every run."""
