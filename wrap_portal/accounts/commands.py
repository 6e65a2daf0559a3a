"""The terminal commands of the accounts room."""

from flask.cli import AppGroup

accounts = AppGroup("accounts", help="Users, their roles and the links they sign in with.")
