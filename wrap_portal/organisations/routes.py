"""The pages of the organisations room."""

from wrap_portal.organisations import organisation_routes, register_routes
from wrap_portal.organisations.blueprint import blueprint

# Importing them puts their views onto the blueprint, which the application takes from here.
PARTS = (blueprint, organisation_routes, register_routes)
