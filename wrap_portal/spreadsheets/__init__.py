"""Workbooks and csv files that are safe to open: text stays text, dates are dates, nothing calculates."""
