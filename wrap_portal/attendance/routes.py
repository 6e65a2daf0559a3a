"""The pages of the attendance room: importing its parts puts their views onto the blueprint."""

from wrap_portal.attendance import in_house_routes, register_routes
from wrap_portal.attendance.blueprint import blueprint

PARTS = (blueprint, register_routes, in_house_routes)
