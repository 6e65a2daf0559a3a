"""Invented people and their memberships."""

from datetime import date
from random import Random

from sqlalchemy.dialects.postgresql import Range

from wrap_portal.demonstration.diary import Member
from wrap_portal.demonstration.names import email_of, person_name
from wrap_portal.demonstration.sheet import Sheet
from wrap_portal.people.models import MemberRole, Membership, Person

WITHOUT_EMAIL_SHARE = 0.12


class Roll:
    """The people of one council's organisations, and who of them belonged where when."""

    def __init__(self, *, sheet: Sheet, random: Random, authority_id: int) -> None:
        self.sheet = sheet
        self.random = random
        self.authority_id = authority_id
        self.members: list[Member] = []

    def add_person(self, *, reachable: bool = False) -> int:
        """Add somebody; some have no e-mail address unless they must be `reachable`."""
        name = person_name(self.random)
        person_id = self.sheet.add(Person, authority_id=self.authority_id, name=name)
        has_email = reachable or self.random.random() >= WITHOUT_EMAIL_SHARE
        self.sheet.change(Person, person_id, email=email_of(name, person_id) if has_email else None)
        return person_id

    def join(
        self,
        person_id: int,
        organisation_id: int,
        role: MemberRole,
        started_on: date,
        ended_on: date | None = None,
        *,
        ward_code: str | None = None,
        political_group: str | None = None,
    ) -> int:
        """Make somebody a member from a day until the day before `ended_on`; return the membership's id."""
        self.members.append(Member(person_id, organisation_id, started_on, ended_on))
        return self.sheet.add(
            Membership,
            person_id=person_id,
            organisation_id=organisation_id,
            role=role,
            during=Range(started_on, ended_on, bounds="[)"),
            ward_code=ward_code,
            political_group=political_group,
        )

    def add_member(
        self,
        organisation_id: int,
        role: MemberRole,
        started_on: date,
        ended_on: date | None = None,
    ) -> int:
        """Add somebody new to an organisation and return the person's id."""
        person_id = self.add_person()
        self.join(person_id, organisation_id, role, started_on, ended_on)
        return person_id
