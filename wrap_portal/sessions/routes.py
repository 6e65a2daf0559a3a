"""The pages of the sessions room."""

from flask import Blueprint

blueprint = Blueprint("sessions", __name__)
