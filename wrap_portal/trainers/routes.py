"""The pages of the trainers room."""

from flask import Blueprint

blueprint = Blueprint("trainers", __name__)
