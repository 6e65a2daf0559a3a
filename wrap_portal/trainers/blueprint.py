"""The one blueprint of the trainers room, whose views are split by noun: trainers, accreditations."""

from flask import Blueprint

blueprint = Blueprint("trainers", __name__)
