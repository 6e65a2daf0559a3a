"""The coverage workbook: the figures, the organisations behind them, and how they were counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO

from wrap_portal.coverage import queries as coverage
from wrap_portal.coverage.figures_rules import CoverageFigure, CoverageRow, PeopleCount
from wrap_portal.coverage.models import Measure, Requirement
from wrap_portal.coverage.rules import SliceBy, months_before
from wrap_portal.organisations.models import Authority
from wrap_portal.organisations.register_queries import editions_in_use
from wrap_portal.people.rules import ROLE_WORDS
from wrap_portal.reports.counting_notes import (
    ATTRIBUTION,
    DEFINITIONS,
    MEASURE_WORDS,
    RATING_WORDS,
    register_note,
    rule_in_words,
)
from wrap_portal.spreadsheets.cells import Value
from wrap_portal.spreadsheets.writing import Column, Kind, Table, WorkbookFile
from wrap_portal.wording import date_text

DUE_WITHIN = timedelta(days=90)
TREND_MONTHS = 36
FORECAST_MONTHS = 12
# The two figures that a committee asks for first; what a council adds stands after them.
HEADLINE_CODES = ("school_any", "school_lead")
# As wide as the longest name of the default catalogue.
REQUIREMENT_WIDTH = 60


@dataclass(frozen=True)
class _Facts:
    """What every sheet is made of, read once."""

    authority: Authority
    as_at: date
    requirements: list[Requirement]
    figures: dict[int, CoverageFigure]
    people: Mapping[int, PeopleCount]
    rows: dict[int, list[CoverageRow]]


def write_coverage_workbook(authority: Authority, as_at: date, target: str | IO[bytes]) -> None:
    """Write an authority's coverage on a day to a path or a binary file.

    Sheets: a summary with a chart, the slices by phase, the trend, the gap list, who is due within 90 days, a
    flat table for each requirement that counts any organisation, and notes with the rules and register dates.
    Values only, no formulas (product.md I; quality.md Q9).
    """
    facts = _facts(authority, as_at)
    with WorkbookFile(f"{authority.name}: coverage as at {date_text(as_at)}") as book:
        summary = _add_summary(book, facts)
        _add_slices(book, facts)
        _add_trend_chart(book, facts, summary)
        _add_gap_list(book, facts)
        _add_due(book, facts)
        for requirement in _counted(facts):
            _add_requirement(book, facts, requirement)
        _add_notes(book, facts)
        book.save(target)


def _facts(authority: Authority, as_at: date) -> _Facts:
    asked = coverage.requirements(authority.id)
    figures = coverage.figures(asked, authority.id, [as_at])
    return _Facts(
        authority,
        as_at,
        asked,
        {requirement.id: figures[requirement.id, as_at] for requirement in asked},
        coverage.people_counts(
            [requirement for requirement in asked if requirement.measure is Measure.SHARE],
            authority.id,
            as_at,
        ),
        {requirement.id: coverage.coverage_rows(requirement, authority.id, as_at) for requirement in asked},
    )


def _counted(facts: _Facts) -> list[Requirement]:
    return [requirement for requirement in facts.requirements if facts.figures[requirement.id].denominator]


def _add_summary(book: WorkbookFile, facts: _Facts) -> Table:
    columns = (
        Column("Requirement", width=REQUIREMENT_WIDTH),
        Column("Code", width=22),
        Column("Measure"),
        Column("As at", Kind.DATE),
        Column("Organisations", Kind.NUMBER, width=14),
        Column("Covered", Kind.NUMBER),
        Column("Not covered", Kind.NUMBER),
        Column("Covered %", Kind.PERCENT, bars=True),
        Column("Including claims %", Kind.PERCENT, width=18),
        Column("Ever trained %", Kind.PERCENT, width=15),
        Column("Target %", Kind.PERCENT),
        Column("Standing", width=20),
        # Of the shares of people only, whose other counts are of organisations.
        Column("People in date", Kind.NUMBER, width=15),
        Column("People required", Kind.NUMBER, width=16),
    )
    return book.add_table("Summary", columns, (_summary_row(facts, one) for one in facts.requirements))


def _summary_row(facts: _Facts, requirement: Requirement) -> list[Value]:
    figure = facts.figures[requirement.id]
    people = facts.people.get(requirement.id)
    return [
        requirement.name,
        requirement.code,
        MEASURE_WORDS[requirement.measure],
        facts.as_at,
        figure.denominator,
        figure.covered,
        figure.gap,
        figure.percent(1),
        figure.percent_with_claims(1),
        figure.percent_ever(1),
        requirement.target_percent,
        RATING_WORDS[figure.rating],
        people.in_date if people else None,
        people.required if people else None,
    ]


def _add_slices(book: WorkbookFile, facts: _Facts) -> None:
    columns = (
        Column("Requirement", width=REQUIREMENT_WIDTH),
        Column("Phase or kind", width=26),
        Column("Organisations", Kind.NUMBER, width=14),
        Column("Covered", Kind.NUMBER),
        Column("Not covered", Kind.NUMBER),
        Column("Covered %", Kind.PERCENT, bars=True),
        Column("Including claims %", Kind.PERCENT, width=18),
    )
    figures = coverage.figures(facts.requirements, facts.authority.id, [facts.as_at], SliceBy.PHASE)
    rows = (
        [
            requirement.name,
            part.label,
            part.denominator,
            part.covered,
            part.gap,
            part.percent(1),
            part.percent_with_claims(1),
        ]
        for requirement in facts.requirements
        for part in figures[requirement.id, facts.as_at].slices
    )
    book.add_table("By phase", columns, rows)


def _add_trend_chart(book: WorkbookFile, facts: _Facts, summary: Table) -> None:
    """Write the share at each month's end on a sheet of its own, and draw it below the summary."""
    counted = _counted(facts)
    drawn = [one for one in counted if one.code in HEADLINE_CODES] or counted[:2]
    start, end = months_before(facts.as_at, TREND_MONTHS), months_before(facts.as_at, -FORECAST_MONTHS)
    points = {one.id: coverage.trend(one, facts.authority.id, start, end) for one in drawn}
    days = sorted({point.day for line in points.values() for point in line})
    shares = {(number, point.day): point.percent(1) for number, line in points.items() for point in line}
    columns = (
        Column("Month end", Kind.DATE),
        Column("Past or forecast", width=18),
        *(Column(one.name, Kind.PERCENT, width=max(12, len(one.name)), drawn=True) for one in drawn),
    )
    rows = (
        [day, "Forecast" if day > facts.as_at else "Past", *(shares.get((one.id, day)) for one in drawn)]
        for day in days
    )
    trend = book.add_table("Trend", columns, rows)
    if drawn:
        book.add_line_chart(
            summary.sheet,
            trend,
            title=f"Share of organisations covered; after {date_text(facts.as_at)} a forecast",
            along="Month end",
            values=[one.name for one in drawn],
            at=f"A{summary.rows + 4}",
        )


ORGANISATION_COLUMNS = (
    Column("URN", width=10),
    Column("ODS code", width=10),
    Column("Local code", width=14),
    Column("Organisation", width=44),
    Column("Phase or kind", width=22),
    Column("Ward", width=24),
)


def _organisation_cells(row: CoverageRow) -> list[Value]:
    # A URN is a name made of digits: text, so that no program adds them up or drops a leading zero.
    urn = None if row.urn is None else str(row.urn)
    return [urn, row.ods_code, row.local_code, row.name, row.category, row.ward]


def _add_gap_list(book: WorkbookFile, facts: _Facts) -> None:
    columns = (
        Column("Requirement", width=REQUIREMENT_WIDTH),
        *ORGANISATION_COLUMNS,
        Column("Reason", width=52),
        Column("Last training", Kind.DATE, width=14),
        Column("Valid until", Kind.DATE),
        Column("Claim waiting", width=14),
        Column("Next booked session", Kind.DATE_TIME, width=20),
    )
    rows = (
        [
            requirement.name,
            *_organisation_cells(row),
            row.reason_text,
            row.last_training_on,
            row.valid_until,
            "Yes" if row.by_claim else "No",
            row.next_session_at,
        ]
        for requirement in facts.requirements
        for row in facts.rows[requirement.id]
        if not row.covered
    )
    book.add_table("Gap list", columns, rows)


def _add_due(book: WorkbookFile, facts: _Facts) -> None:
    columns = (
        Column("Requirement", width=REQUIREMENT_WIDTH),
        Column("Organisation", width=44),
        Column("Person", width=28),
        Column("Role", width=34),
        Column("E-mail", width=36),
        Column("Valid until", Kind.DATE),
    )
    due = coverage.due_members(
        as_at=facts.as_at, until=facts.as_at + DUE_WITHIN, authority_id=facts.authority.id
    )
    rows: Iterable[list[Value]] = (
        [
            one.requirement_name,
            one.organisation_name,
            one.person_name,
            ROLE_WORDS[one.role],
            one.email,
            one.valid_until,
        ]
        for one in due
    )
    book.add_table("Due in 90 days", columns, rows)


def _add_requirement(book: WorkbookFile, facts: _Facts, requirement: Requirement) -> None:
    columns = (
        *ORGANISATION_COLUMNS,
        Column("Covered", width=10),
        Column("Covered until", Kind.DATE, width=14),
        Column("People in date", Kind.NUMBER, width=14),
        Column("People required", Kind.NUMBER, width=15),
        Column("Last training", Kind.DATE, width=14),
        Column("Reason", width=52),
        Column("Next booked session", Kind.DATE_TIME, width=20),
    )
    rows = (
        [
            *_organisation_cells(row),
            "Yes" if row.covered else "No",
            # That of a claim would stand beside "No".
            row.covered_until if row.covered else None,
            row.in_date,
            row.required,
            row.last_training_on,
            row.reason_text,
            row.next_session_at,
        ]
        for row in facts.rows[requirement.id]
    )
    book.add_table(requirement.code, columns, rows)


def _add_notes(book: WorkbookFile, facts: _Facts) -> None:
    notes: list[tuple[str, Value]] = [
        ("Council", facts.authority.name),
        ("As at", facts.as_at),
        register_note(editions_in_use([facts.authority.id]).get(facts.authority.id)),
        ("Definitions", None),
        *DEFINITIONS,
        ("Requirements", None),
        *((requirement.name, rule_in_words(requirement)) for requirement in facts.requirements),
        ("Licence", ATTRIBUTION),
    ]
    book.add_notes("Notes", notes)
