"""Loads the demonstration: five councils, from a fixed seed, as they would stand today."""

from datetime import date
from random import Random

from sqlalchemy import select, text

from wrap_portal.courses.models import Course
from wrap_portal.demonstration.councils import COUNCILS, MEMBERS_DAY, Council
from wrap_portal.demonstration.diary import Diary
from wrap_portal.demonstration.names import place_name
from wrap_portal.demonstration.other_bodies import BRIEFING_DAYS, OtherBodies
from wrap_portal.demonstration.present import (
    Present,
    PreventTeam,
    add_accounts,
    add_prevent_team,
    days_with_a_part,
)
from wrap_portal.demonstration.roll import Roll
from wrap_portal.demonstration.schools import FIRST_URN, SchoolHistories
from wrap_portal.demonstration.sheet import Sheet
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Ward
from wrap_portal.organisations.queries import has_authorities


def load_demonstration(*, today: date) -> dict[str, int]:
    """Write the five councils into an empty portal.

    Arguments: `today`, the date on which the present stands; the same date gives the same rows.
    Returns how many rows each table got. Raises DomainError where the portal already holds an authority.
    """
    if has_authorities():
        raise DomainError(
            "This portal already holds an authority. The demonstration needs an empty one: choose another "
            "folder, for example WRAP_INSTANCE=instance/demonstration."
        )
    sheet = Sheet(db.session())
    courses = list(db.session.scalars(select(Course).where(Course.authority_id.is_(None))))
    next_urn = FIRST_URN
    for number, council in enumerate(COUNCILS):
        next_urn = _write_council(
            sheet=sheet,
            council=council,
            courses={course.code: course.id for course in courses},
            minutes={course.code: course.duration_minutes for course in courses},
            today=today,
            first_urn=next_urn,
            with_all_roles=number == 0,
        )
    return sheet.write()


def update_statistics() -> None:
    """Let the database look at what was loaded, so that it plans well from the first page on.

    It would do so by itself within minutes; somebody who tries the demonstration looks at once.
    """
    db.session.execute(text("ANALYZE"))


def _write_council(
    *,
    sheet: Sheet,
    council: Council,
    courses: dict[str, int],
    minutes: dict[str, int],
    today: date,
    first_urn: int,
    with_all_roles: bool,
) -> int:
    random = Random(f"wrap portal {council.code}")  # noqa: S311 - the same invented people every time
    authority_id = _authority(sheet, council, today)
    ward_codes = _wards(sheet, random, council, authority_id)
    roll = Roll(sheet=sheet, random=random, authority_id=authority_id)
    team = add_prevent_team(
        sheet=sheet,
        roll=roll,
        council=council,
        authority_id=authority_id,
        courses=courses,
    )
    diary = _diary(sheet, random, authority_id, courses, minutes, team, today)
    diary.keep_free([MEMBERS_DAY, *BRIEFING_DAYS, *days_with_a_part(today)])
    diary.fill(until=today, schools=council.schools_today)
    histories = SchoolHistories(
        sheet=sheet,
        random=random,
        council=council,
        authority_id=authority_id,
        ward_codes=ward_codes,
        diary=diary,
        roll=roll,
        today=today,
        first_urn=first_urn,
    )
    schools = histories.write()
    diary.close_the_past(roll.members)
    OtherBodies(
        sheet=sheet,
        random=random,
        council=council,
        authority_id=authority_id,
        ward_codes=ward_codes,
        diary=diary,
        roll=roll,
        today=today,
    ).write()
    Present(
        sheet=sheet,
        random=random,
        authority_id=authority_id,
        diary=diary,
        schools=schools,
        today=today,
    ).write()
    lead_school = next(school for school in schools if school.story == "due" and school.lead_id is not None)
    histories.accredit_lead(lead_school)
    add_accounts(
        sheet=sheet,
        council=council,
        authority_id=authority_id,
        team=team,
        lead_school=lead_school,
        with_all_roles=with_all_roles,
    )
    return histories.next_urn


def _authority(sheet: Sheet, council: Council, today: date) -> int:
    authority_id = sheet.add(
        Authority,
        code=council.code,
        name=council.name,
        brand_colour=council.colour,
        contact_email=f"prevent.{council.code}@demonstration.example",
    )
    return authority_id


def _wards(sheet: Sheet, random: Random, council: Council, authority_id: int) -> list[str]:
    names: set[str] = set()
    while len(names) < council.wards:
        names.add(place_name(random))
    codes = [f"D{council.code}{number:05d}" for number in range(council.wards)]
    for code, name in zip(codes, sorted(names), strict=True):
        sheet.add(Ward, code=code, name=name, authority_id=authority_id)
    return codes


def _diary(
    sheet: Sheet,
    random: Random,
    authority_id: int,
    courses: dict[str, int],
    minutes: dict[str, int],
    team: PreventTeam,
    today: date,
) -> Diary:
    return Diary(
        sheet=sheet,
        random=random,
        authority_id=authority_id,
        courses=courses,
        minutes=minutes,
        trainer_ids=team.trainer_ids,
        venue_ids=team.venue_ids,
        today=today,
    )
