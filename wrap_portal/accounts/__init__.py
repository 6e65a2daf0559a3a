"""Who may sign in, what they may do, and how they sign in: by a single-use link, never a password."""
