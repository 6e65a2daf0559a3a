"""The pages of the organisations room."""

from flask import Blueprint

blueprint = Blueprint("organisations", __name__)
