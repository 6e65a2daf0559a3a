"""The trail: who changed, saw or exported what, and when."""
