"""What the preview of an import shows: a plan, made ready for its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wrap_portal.organisations.models import OrganisationStatus, Sector
from wrap_portal.organisations.register_rules import KIND_NAMES, Plan
from wrap_portal.organisations.rules import SECTOR_NAMES, STATUS_NAMES
from wrap_portal.organisations.school_rules import Change, School
from wrap_portal.wording import date_text

# A first import adds a thousand schools: the page shows so many of each kind and counts the rest.
SHOWN = 200

# Names of codes, by the field that holds the code.
Names = Mapping[str, Mapping[Any, str]]

FIELD_NAMES = {
    "authority_id": "authority",
    "opened_on": "open since",
    "closed_on": "closed on",
    "establishment_type_code": "type",
    "establishment_number": "establishment number",
    "ward_code": "ward",
    "trust_name": "trust",
    "lowest_age": "lowest age",
    "highest_age": "highest age",
    "counts": "counted",
    "not_counted_reason": "why not counted",
}


@dataclass(frozen=True)
class Listing:
    """One kind of what an import does: how many, and a table of the first of them."""

    title: str
    total: int
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]

    @property
    def more(self) -> int:
        """How many are not in the table."""
        return self.total - len(self.rows)


@dataclass(frozen=True)
class PlanPage:
    """A plan, ready for its page."""

    who: str
    kind: str
    register_date: date
    row_count: int
    refusals: Sequence[str]
    warnings: Sequence[str]
    doubts: Sequence[str]
    listings: Sequence[Listing]
    problems: Sequence[Sequence[Any]]
    rows_left_out: int


def plan_page(plan: Plan, type_names: Mapping[int, str], ward_names: Mapping[str, str]) -> PlanPage:
    """Return what the page of an import shows.

    Arguments: the names of types of establishment and of the authority's wards, by their codes.
    """
    wards = {**ward_names, **{row.ward_code or "": row.ward_name or "" for row in plan.incoming.rows}}
    problems = plan.incoming.problems
    return PlanPage(
        who=plan.who,
        kind=KIND_NAMES[plan.incoming.kind],
        register_date=plan.incoming.register_date,
        row_count=plan.incoming.row_count,
        refusals=plan.refusals,
        warnings=plan.warnings,
        doubts=plan.doubts,
        listings=_listings(plan, {"establishment_type_code": type_names, "ward_code": wards}),
        problems=[
            [
                each.row,
                each.column,
                each.value,
                each.reason,
                "Row left out" if each.row_left_out else "Value left out",
            ]
            for each in problems
        ],
        rows_left_out=sum(each.row_left_out for each in problems),
    )


def _listings(plan: Plan, names: Names) -> list[Listing]:
    return [
        _listing(
            "Added",
            ["School", "URN", "Category", "Postcode", "State"],
            plan.added,
            lambda school: [
                school.name,
                school.urn,
                school.category,
                school.postcode,
                _state(school),
            ],
        ),
        _listing(
            "Changed",
            ["School", "URN", "What changes"],
            plan.changed,
            lambda change: [change.before.name, change.before.urn, "; ".join(change_words(change, names))],
        ),
        _listing(
            "Renamed",
            ["Name now", "URN", "New name"],
            plan.renamed,
            lambda change: [change.before.name, change.before.urn, change.after.name],
        ),
        _listing(
            "Closed",
            ["School", "URN", "Closed on"],
            plan.closed,
            lambda change: [change.before.name, change.before.urn, _words(change.after.closed_on)],
        ),
        _listing(
            "Not counted",
            ["School", "URN", "Why"],
            plan.not_counted,
            lambda school: [school.name, school.urn, school.not_counted_reason],
        ),
    ]


def _listing(
    title: str, head: Sequence[str], things: Sequence[Any], row: Callable[[Any], Sequence[Any]]
) -> Listing:
    return Listing(title, len(things), head, [row(thing) for thing in things[:SHOWN]])


def change_words(change: Change, names: Names) -> list[str]:
    """Return what differs in words, the name apart: "town: Shipley, then Bingley".

    Arguments: `names`, the names of codes, by the field that holds the code.
    """
    return [
        f"{FIELD_NAMES.get(field, field)}: {_words(_named(change.before, field, names))}, then "
        f"{_words(_named(change.after, field, names))}"
        for field in change.changed
        if field != "name"
    ]


def _named(school: School, field: str, names: Names) -> Any:
    value = getattr(school, field)
    return names.get(field, {}).get(value, value)


def _state(school: School) -> str:
    if school.closed_on and school.status is OrganisationStatus.CLOSED:
        return f"Closed on {date_text(school.closed_on)}"
    return STATUS_NAMES[school.status]


def _words(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return date_text(value)
    if isinstance(value, Sector):
        return SECTOR_NAMES[value]
    if isinstance(value, OrganisationStatus):
        return STATUS_NAMES[value]
    return str(value)
