"""The one blueprint of the sessions room, whose views are split by noun: sessions, venues."""

from flask import Blueprint

blueprint = Blueprint("sessions", __name__)
