"""The pages of the records room."""

from flask import Blueprint

blueprint = Blueprint("records", __name__)
