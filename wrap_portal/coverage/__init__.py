"""Which organisations meet which requirement, from when to when, and why the others do not."""
