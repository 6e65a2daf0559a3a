"""WRAP Portal: who has had Prevent training, who has not, and what happens next."""
