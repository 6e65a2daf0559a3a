"""Authorities, their wards and the organisations that must hold trained people; the registers they come
from."""
