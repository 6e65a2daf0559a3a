"""The terminal commands of the organisations room."""

from flask.cli import AppGroup

registers = AppGroup("registers", help="The national registers that organisations come from.")
