"""The one blueprint of the attendance room, whose views are split by noun: registers, in-house sessions."""

from flask import Blueprint

blueprint = Blueprint("attendance", __name__)
