"""The blueprint of the coverage room."""

from flask import Blueprint

blueprint = Blueprint("coverage", __name__)
