"""The one blueprint of the organisations room, whose views are split by noun: organisations, registers."""

from flask import Blueprint

blueprint = Blueprint("organisations", __name__)
