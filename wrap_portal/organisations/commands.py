"""The terminal commands of the organisations room: the schools register, imported and summed up."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import click

from wrap_portal import clock
from wrap_portal.errors import DomainError
from wrap_portal.imports.files import sha256_of
from wrap_portal.organisations import queries, register_queries, register_service, rules
from wrap_portal.organisations.gias import read_schools
from wrap_portal.organisations.register_rules import KIND_NAMES, Incoming, Plan, incoming_of
from wrap_portal.terminal import CommandGroup
from wrap_portal.transaction import committed
from wrap_portal.wording import count_text, date_text

registers = CommandGroup("registers", help="The national registers that organisations come from.")
imports = CommandGroup("import", help="Bring an authority up to date with a register.")
registers.add_command(imports)

# Of what is right, the terminal shows the first few; of what is wrong, everything.
LISTED = 20


@imports.command("schools")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--authority", "codes", multiple=True, metavar="CODE", help="Three digits; may be repeated.")
@click.option("--all-authorities", is_flag=True, help="Every authority in the file.")
@click.option("--apply", "apply_it", is_flag=True, help="Write it. Without this nothing is written.")
def schools(file: Path, codes: Sequence[str], all_authorities: bool, apply_it: bool) -> None:
    """Import the schools of FILE: csv, zip or gzip of Get information about schools, any of its three files.

    Without --apply it says what would be added, changed, renamed and closed, and every row that is wrong.
    """
    try:
        incoming, file_sha256 = _read(file, codes, all_authorities)
        if apply_it:
            with committed():
                plans = register_service.import_schools(incoming=incoming, file_sha256=file_sha256)
        else:
            plans = register_queries.import_plans(incoming)
            for plan in plans:
                register_service.refuse(plan)
    except DomainError as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or 'cannot be read'}.") from error
    for plan in plans:
        click.echo("\n".join(_plan_lines(plan, file_sha256)))
    if not apply_it:
        click.echo("This is a preview: nothing was written. Add --apply to import.")
    elif all(plan.is_applied(file_sha256) for plan in plans):
        click.echo("There was nothing to import: nothing was written.")
    else:
        click.echo("Imported.")


@registers.command("summary")
@click.option("--authority", "code", required=True, metavar="CODE", help="Three digits, for example 380.")
@click.option("--as-at", type=click.DateTime(["%Y-%m-%d"]), help="A date, 2026-11-22; today without it.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def summary(code: str, as_at: datetime | None, form: str) -> None:
    """Print what is open in an authority on a date, and what of it counts, by sector."""
    authority = queries.get_authority(code)
    if authority is None:
        raise click.ClickException(f"There is no authority {code} here. Import its schools first.")
    day = as_at.date() if as_at else clock.today()
    found = queries.sector_summary(authority.id, day)
    if form == "json":
        counted = {sector.value: number for sector, number in found.counted.items()}
        sums = {"authority": code, "as_at": day.isoformat(), "open": found.open, "counted": counted}
        click.echo(json.dumps(sums))
        return
    lines = [(rules.SECTOR_NAMES[sector], number) for sector, number in found.counted.items()]
    lines += [("Not counted", found.open - sum(found.counted.values())), ("Open", found.open)]
    click.echo(f"{authority.name} ({code}) as at {date_text(day)}")
    for text, number in lines:
        click.echo(f"  {text:<32}{number:>7,}")
    click.echo(_register_line(queries.register_date(authority.id)))


def _read(path: Path, codes: Sequence[str], all_authorities: bool) -> tuple[list[Incoming], str]:
    """Return what a file says of the chosen authorities, and its SHA-256."""
    if bool(codes) == all_authorities:
        raise DomainError("Say whose schools: --authority 380, repeated for more, or --all-authorities.")
    for code in codes:
        if not (len(code) == 3 and code.isascii() and code.isdigit()):
            raise DomainError(f"The code of an authority has three digits, like 380; {code} is none.")
    with path.open("rb") as source:
        file_sha256 = sha256_of(source)
        file = read_schools(
            source,
            path.name,
            authority_codes=None if all_authorities else frozenset(codes),
            type_names=register_queries.type_names(),
            today=clock.today(),
        )
    chosen = sorted(file.rows) if all_authorities else list(dict.fromkeys(codes))
    if not chosen:
        raise DomainError("The file has no schools.")
    return [incoming_of(file, code, file_name=path.name, together=chosen) for code in chosen], file_sha256


def _plan_lines(plan: Plan, file_sha256: str) -> Iterable[str]:
    """Yield what an import does to an authority, line by line."""
    incoming = plan.incoming
    yield f"{plan.who}: {KIND_NAMES[incoming.kind]}, register of {date_text(incoming.register_date)}"
    if plan.authority_id is None:
        yield "  The portal does not have this authority yet: it is added."
    left_out = sum(problem.row_left_out for problem in incoming.problems)
    yield f"  {count_text(incoming.row_count, 'row')} in the file, {count_text(left_out)} left out"
    if plan.is_applied(file_sha256):
        yield "  No change: this file is in use, and every school stands as it says."
    yield from (f"  Note: {warning}" for warning in plan.warnings)
    yield from _listed("Added", [f"{each.urn} {each.name}" for each in plan.added])
    yield from _listed(
        "Changed",
        [f"{each.after.urn} {each.after.name}: {', '.join(each.changed)}" for each in plan.changed],
    )
    yield from _listed(
        "Renamed",
        [f"{each.after.urn} {each.before.name} -> {each.after.name}" for each in plan.renamed],
    )
    yield from _listed(
        "Closed",
        [f"{each.after.urn} {each.after.name}, {each.after.closed_on}" for each in plan.closed],
    )
    yield from _listed(
        "Not counted",
        [f"{each.urn} {each.name}: {each.not_counted_reason}" for each in plan.not_counted],
    )
    yield from _listed("To look at", plan.doubts, first=None)
    yield from _listed(
        "Wrong in the file",
        [
            f"row {each.row}, {each.column} {each.value!r}: {each.reason}"
            + (" (row left out)" if each.row_left_out else " (value left out)")
            for each in incoming.problems
        ],
        first=None,
    )


def _listed(heading: str, lines: Sequence[str], first: int | None = LISTED) -> Iterable[str]:
    yield f"  {heading}: {count_text(len(lines))}"
    yield from (f"    {line}" for line in lines[:first])
    if first is not None and len(lines) > first:
        yield f"    and {count_text(len(lines) - first)} more"


def _register_line(register_date: date | None) -> str:
    if register_date is None:
        return "No schools register has been imported."
    return f"Schools register (Get information about schools) of {date_text(register_date)}"
