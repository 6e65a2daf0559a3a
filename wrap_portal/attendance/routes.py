"""The pages of the attendance room."""

from flask import Blueprint

blueprint = Blueprint("attendance", __name__)
