"""The terminal commands of the clock."""

from flask.cli import AppGroup

jobs = AppGroup("jobs", help="The clock and its jobs.")
