"""Who may deliver which course, where, and from when to when."""
