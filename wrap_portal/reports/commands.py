"""The terminal commands of the reports room: they join the `coverage` group in `cli.py`."""

from datetime import datetime
from io import BytesIO
from pathlib import Path

import click

from wrap_portal.organisations.queries import get_authority
from wrap_portal.reports.coverage_workbook import write_coverage_workbook
from wrap_portal.terminal import on_ready_database


@click.command("workbook")
@click.argument("out", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--authority", "code", required=True, help="The authority's three-digit number, for example 825."
)
@click.option(
    "--as-at", required=True, type=click.DateTime(formats=["%Y-%m-%d"]), help="The day, as 2026-11-22."
)
@on_ready_database
def workbook(out: Path, code: str, as_at: datetime) -> None:
    """Write the coverage workbook of an authority to OUT.xlsx."""
    authority = get_authority(code)
    if authority is None:
        raise click.ClickException(f"There is no council with the code {code}. Import its schools first.")
    if not out.parent.is_dir():
        raise click.ClickException(f"The folder {out.parent} does not exist.")
    written = BytesIO()
    write_coverage_workbook(authority, as_at.date(), written)
    try:
        out.write_bytes(written.getvalue())
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror or error}.") from error
    click.echo(f"Wrote {out}.")
