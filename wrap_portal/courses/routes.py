"""The pages of the courses room."""

from flask import Blueprint

blueprint = Blueprint("courses", __name__)
