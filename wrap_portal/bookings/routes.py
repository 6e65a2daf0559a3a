"""The pages of the bookings room."""

from flask import Blueprint

blueprint = Blueprint("bookings", __name__)
