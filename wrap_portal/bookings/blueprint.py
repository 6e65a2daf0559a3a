"""The one blueprint of the bookings room, whose views are split by verb: book, cancel."""

from flask import Blueprint

blueprint = Blueprint("bookings", __name__)
