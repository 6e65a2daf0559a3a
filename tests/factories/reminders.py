"""Training that runs out, for tests: a school with a lead, a requirement, and members in date until a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from tests.factories.coverage import make_requirement
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import make_record
from wrap_portal.coverage.models import Requirement
from wrap_portal.coverage.service import refresh_stale
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import MemberRole, Membership

_numbers: Iterator[int] = count(1)


@dataclass
class DueSchool:
    """A school whose DSLs and teaching staff must hold a course not older than twelve months."""

    organisation: Organisation
    requirement: Requirement

    def add_member(self, *, valid_until: date, email: str | None = None, **values: Any) -> Membership:
        """Add a DSL in date until a day; `role` and the other values are the membership's."""
        name = values.pop("name", f"Member {next(_numbers)}")
        person = make_person(authority_id=self.organisation.authority_id, name=name, email=email)
        membership = make_membership(self.organisation, person, **values)
        self.train(membership, valid_until=valid_until)
        return membership

    def train(self, membership: Membership, *, valid_until: date) -> None:
        """Add a record that is good until a day (not the last of February)."""
        completed_on = valid_until.replace(year=valid_until.year - 1)
        make_record(membership.person, self.requirement.courses[0], completed_on=completed_on)
        refresh_stale()


def make_due_school(organisation: Organisation | None = None, **values: Any) -> DueSchool:
    """Add a school, and a requirement of its authority that replaces nothing of the catalogue."""
    organisation = organisation or make_organisation()
    defaults = {"months": 12, "roles": [MemberRole.DSL.value, MemberRole.TEACHING_STAFF.value]}
    requirement = make_requirement(organisation.authority, **(defaults | values))
    refresh_stale()
    return DueSchool(organisation, requirement)
