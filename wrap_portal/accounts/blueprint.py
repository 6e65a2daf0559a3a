"""The one blueprint of the accounts room, whose views are split by noun: sign-in, users, leads."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
