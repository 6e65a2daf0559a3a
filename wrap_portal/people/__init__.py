"""The humans who are trained, and which organisations they belong to, in which role, from when to when."""
