"""The flask commands of every room, assembled."""

from flask import Flask

from wrap_portal.accounts.commands import accounts
from wrap_portal.coverage.commands import coverage
from wrap_portal.demonstration.commands import demo
from wrap_portal.jobs.commands import jobs
from wrap_portal.organisations.commands import registers
from wrap_portal.reports.commands import workbook

GROUPS = (accounts, registers, coverage, jobs, demo)


def init_commands(app: Flask) -> None:
    """Add every group of commands to `flask`; `coverage` has one of the reports room too."""
    for group in GROUPS:
        app.cli.add_command(group)
    coverage.add_command(workbook)
