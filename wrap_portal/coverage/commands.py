"""The terminal commands of the coverage room."""

from flask.cli import AppGroup

coverage = AppGroup("coverage", help="The figures: who is covered, who is not.")
