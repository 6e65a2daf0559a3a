"""The terminal commands of the coverage room."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from wrap_portal import clock
from wrap_portal.coverage import queries, service
from wrap_portal.coverage.figures_rules import CoverageFigure, CoverageRow, PeopleCount, Share
from wrap_portal.coverage.models import Measure
from wrap_portal.coverage.rules import SliceBy
from wrap_portal.organisations.queries import get_authority
from wrap_portal.percentages import percent_text
from wrap_portal.spreadsheets.csv_files import BYTE_ORDER_MARK, csv_lines
from wrap_portal.terminal import CommandGroup
from wrap_portal.transaction import committed
from wrap_portal.wording import count_text, date_text

coverage = CommandGroup("coverage", help="The figures: who is covered, who is not.")

# A check that finds more than this has found enough to be read.
DIFFERENCES_SHOWN = 20


@coverage.command("requirements")
@click.option("--authority", "code", metavar="CODE", help="Three digits; without it the default catalogue.")
def requirements(code: str | None) -> None:
    """List the requirements: code, measure, months, name and source."""
    for each in queries.requirements(_authority_id(code) if code else None):
        click.echo(f"{each.code:24} {each.measure.value.upper():6} {each.months:3} months  {each.name}")
        click.echo(f"{'':43} {each.source}")


@coverage.command("show")
@click.option(
    "--requirement", "code", required=True, metavar="CODE", help="As `coverage requirements` lists."
)
@click.option(
    "--authority", "authority", required=True, metavar="CODE", help="Three digits, for example 825."
)
@click.option("--as-at", type=click.DateTime(["%Y-%m-%d"]), help="A date like 2026-11-22; today without it.")
@click.option("--by", type=click.Choice([by.value for by in SliceBy]), help="Slice the figure.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
def show(code: str, authority: str, as_at: datetime | None, by: str | None, form: str) -> None:
    """Print a figure, its slices and its gap list."""
    authority_id = _authority_id(authority)
    requirement = queries.requirement_by_code(code, authority_id)
    if requirement is None:
        raise click.ClickException(
            f"There is no requirement with the code {code} in {authority}."
            f" `flask coverage requirements --authority {authority}` lists them."
        )
    day = as_at.date() if as_at else clock.today()
    figure = queries.figure(requirement, authority_id, day, SliceBy(by) if by else None)
    if form == "csv":
        # No mark at the start: what reads a terminal's csv would take it for part of the first heading.
        lines = "".join(csv_lines(_HEADINGS, _csv_rows(figure)))
        click.echo(lines.removeprefix(BYTE_ORDER_MARK), nl=False)
        return
    gap = queries.gap_list(requirement, authority_id, day)
    people = None
    if requirement.measure is Measure.SHARE:
        people = queries.people_counts([requirement], authority_id, day).get(requirement.id)
    if form == "json":
        click.echo(json.dumps(_as_json(figure, gap, people), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_table_lines(figure, gap, people, requirement.source)))


@coverage.command("rebuild")
@click.option(
    "--check", is_flag=True, help="Write nothing; say what differs and end with 1 where anything does."
)
def rebuild(check: bool) -> None:
    """Work the coverage of every organisation out from the evidence anew."""
    if not check:
        with committed():
            number = service.rebuild()
        click.echo(f"Worked out {count_text(number, 'organisation')}.")
        return
    differences = service.rebuild_differences()
    for each in differences[:DIFFERENCES_SHOWN]:
        member = f", membership {each.membership_id}" if each.membership_id else ""
        click.echo(
            f"{'surplus' if each.stored else 'missing'}: requirement {each.requirement_id},"
            f" organisation {each.organisation_id}{member}, from {each.during.lower} until before"
            f" {each.during.upper}{', by claim' if each.by_claim else ''}"
        )
    click.echo(count_text(len(differences), "difference") if differences else "No difference.")
    if differences:
        raise click.exceptions.Exit(1)


def _authority_id(code: str) -> int:
    authority = get_authority(code)
    if authority is None:
        raise click.ClickException(f"There is no council with the code {code}. Import its schools first.")
    return authority.id


def _as_json(figure: CoverageFigure, gap: list[CoverageRow], people: PeopleCount | None) -> dict[str, Any]:
    return {
        "requirement": figure.code,
        "measure": figure.measure.value,
        "as_at": figure.as_at.isoformat(),
        **_counts(figure),
        "target": float(figure.target),
        **_people(people),
        "slices": [{"key": part.key, "label": part.label, **_counts(part)} for part in figure.slices],
        "gap": [
            {"urn": row.urn, "ods_code": row.ods_code, "name": row.name, "reason": row.reason_text}
            for row in gap
        ],
    }


def _counts(share: Share) -> dict[str, Any]:
    headline, with_claims = share.percent(1), share.percent_with_claims(1)
    return {
        "denominator": share.denominator,
        "covered": share.covered,
        "percent": None if headline is None else float(headline),
        "covered_with_claims": share.covered_with_claims,
        "percent_with_claims": None if with_claims is None else float(with_claims),
    }


def _people(people: PeopleCount | None) -> dict[str, Any]:
    """Return the people behind a SHARE figure, whose other counts are of organisations; else nothing."""
    if people is None:
        return {}
    share = people.percent(1)
    return {
        "people_in_date": people.in_date,
        "people_required": people.required,
        "people_percent": None if share is None else float(share),
    }


_HEADINGS = (
    "requirement",
    "measure",
    "as_at",
    "slice",
    "denominator",
    "covered",
    "gap",
    "percent",
    "covered_with_claims",
    "percent_with_claims",
    "target",
)


def _csv_rows(figure: CoverageFigure) -> Iterator[tuple[Any, ...]]:
    for label, share in _shares(figure):
        yield (
            figure.code,
            figure.measure.value,
            figure.as_at,
            label,
            share.denominator,
            share.covered,
            share.gap,
            share.percent(1),
            share.covered_with_claims,
            share.percent_with_claims(1),
            figure.target,
        )


def _shares(figure: CoverageFigure) -> list[tuple[str, Share]]:
    return [("All", figure), *((part.label, part) for part in figure.slices)]


def _table_lines(
    figure: CoverageFigure, gap: list[CoverageRow], people: PeopleCount | None, source: str
) -> Iterator[str]:
    yield f"{figure.name} ({figure.measure.value.upper()}) as at {date_text(figure.as_at)}"
    yield f"Target {figure.target_text}. Source: {source}"
    yield ""
    yield f"{'':30} {'of':>7} {'covered':>8} {'gap':>7} {'share':>7}  with claims  ever"
    for label, share in _shares(figure):
        yield (
            f"{label[:30]:30} {share.denominator:7,} {share.covered:8,} {share.gap:7,}"
            f" {percent_text(share.percent(1)):>7}  {percent_text(share.percent_with_claims(1)):>11}"
            f"  {percent_text(share.percent_ever(1)):>6}"
        )
    if people is not None:
        yield f"People in date: {people.in_date:,} of {people.required:,}, {percent_text(people.percent(1))}"
    yield ""
    yield f"Not covered: {count_text(len(gap), 'organisation')}" if gap else "Not covered: none"
    for row in gap:
        yield f"  {row.identifier:8} {row.name}: {row.reason_text}"
