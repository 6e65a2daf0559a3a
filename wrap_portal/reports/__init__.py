"""Figures on paper: workbooks now, committee reports later."""
