"""Who may open what: a line for each page and button. `test_access.py` tries each as every kind of caller.

A new route fails the tests until it has its line here, and each name in its address has its sample below.

- `anyone`: signed in or not
- `signed_in`: whoever has an account
- `roles(...)`: holders of one of these roles, wherever they hold it; the page shows each their own
- `own(...)`: holders of one of these roles for the thing that the address names. To others with such a role
  it is not there: the same 404 as for a thing that does not exist
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.factories.accounts import make_grant, make_user
from tests.factories.attendance import make_in_house_session
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.imports import make_import_batch
from tests.factories.mail import make_message
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import make_claim
from tests.factories.sessions import make_training_session, make_venue
from tests.factories.trainers import make_accreditation, make_proposal
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import Membership
from wrap_portal.web.access import Role


@dataclass(frozen=True)
class Who:
    """Who is let in: anybody, or holders of `roles` (empty: all who signed in), to `own` things only."""

    public: bool = False
    roles: frozenset[Role] = frozenset()
    own: bool = False
    assigned: frozenset[Role] = frozenset()


anyone = Who(public=True)
signed_in = Who()


def roles(*allowed: Role) -> Who:
    """Holders of one of these roles, wherever they hold it."""
    return Who(roles=frozenset(allowed))


def own(*allowed: Role, assigned: Iterable[Role] = ()) -> Who:
    """Holders of one of these roles for the thing that the address names.

    `assigned`: roles that let in only who is named on the thing itself, as a session's trainers are. The
    room's own tests let these in, the trial here keeps all others out.
    """
    return Who(roles=frozenset(allowed), own=True, assigned=frozenset(assigned))


MANAGER, VIEWER, TRAINER, LEAD, ADMINISTRATOR = (
    Role.MANAGER,
    Role.VIEWER,
    Role.TRAINER,
    Role.LEAD,
    Role.ADMINISTRATOR,
)

POLICY: dict[str, Who] = {
    # web
    "web.health": anyone,
    "web.live": anyone,
    # accounts
    "accounts.add_user": roles(ADMINISTRATOR),
    "accounts.check_your_email": anyone,
    "accounts.demonstration_sign_in": anyone,
    "accounts.disable": roles(ADMINISTRATOR),
    "accounts.enable": roles(ADMINISTRATOR),
    "accounts.end_lead": own(MANAGER),
    "accounts.end_role": roles(ADMINISTRATOR),
    "accounts.home": anyone,
    "accounts.leads": own(MANAGER),
    "accounts.sign_in": anyone,
    "accounts.sign_out": anyone,
    "accounts.signed_out": anyone,
    "accounts.use_link": anyone,
    "accounts.user": roles(ADMINISTRATOR),
    "accounts.users": roles(ADMINISTRATOR),
    "accounts.working_on": signed_in,
    # attendance
    "attendance.add_walk_in": own(TRAINER, MANAGER, assigned=[TRAINER]),
    "attendance.in_house_session": own(LEAD, MANAGER),
    "attendance.in_house_sessions": own(LEAD, MANAGER),
    "attendance.log_in_house_session": own(LEAD, MANAGER),
    "attendance.register": own(TRAINER, MANAGER, assigned=[TRAINER]),
    "attendance.take_back_in_house_session": own(LEAD, MANAGER),
    # organisations
    "organisations.add_authority": roles(ADMINISTRATOR),
    "organisations.add_organisation": roles(MANAGER),
    "organisations.close_organisation": own(MANAGER),
    "organisations.discard_import": own(MANAGER, ADMINISTRATOR),
    "organisations.import_schools": roles(MANAGER, ADMINISTRATOR),
    "organisations.organisation": own(MANAGER, VIEWER, LEAD),
    "organisations.organisation_list": roles(MANAGER, VIEWER, LEAD),
    "organisations.preview_import": own(MANAGER, ADMINISTRATOR),
    "organisations.registers": roles(MANAGER, VIEWER, ADMINISTRATOR),
    # courses
    "courses.add_course": roles(MANAGER),
    "courses.course_list": roles(MANAGER, VIEWER, TRAINER),
    "courses.withdraw_course": own(MANAGER),
    # trainers
    "trainers.accredit": own(MANAGER),
    "trainers.add_trainer": roles(MANAGER),
    "trainers.confirm": own(MANAGER),
    "trainers.decline": own(MANAGER),
    "trainers.find_person": roles(MANAGER),
    "trainers.link_account": own(MANAGER),
    "trainers.proposals": roles(MANAGER),
    "trainers.trainer": own(MANAGER),
    "trainers.trainers": roles(MANAGER),
    "trainers.unlink_account": own(MANAGER),
    "trainers.withdraw": own(MANAGER),
    # sessions
    "sessions.add_venue": roles(MANAGER, TRAINER),
    "sessions.diary": roles(TRAINER),
    "sessions.schedule": roles(MANAGER, TRAINER),
    "sessions.sessions": roles(MANAGER, VIEWER, TRAINER, LEAD),
    "sessions.training_session": own(MANAGER, VIEWER, TRAINER, LEAD),
    "sessions.venue": own(MANAGER, TRAINER),
    "sessions.venues": roles(MANAGER, TRAINER),
    # bookings
    "bookings.book": own(MANAGER, TRAINER, LEAD),
    "bookings.booked": roles(LEAD),
    "bookings.cancel": own(MANAGER, TRAINER, LEAD),
    "bookings.cancel_session": own(MANAGER, TRAINER),
    "bookings.choose_organisation": own(MANAGER, TRAINER),
    # coverage
    "coverage.add_requirement": roles(MANAGER),
    "coverage.dashboard": roles(MANAGER, VIEWER),
    "coverage.gaps": roles(MANAGER, VIEWER),
    "coverage.organisation": own(LEAD, MANAGER, VIEWER),
    "coverage.own_organisation": roles(LEAD),
    "coverage.requirement": roles(MANAGER, VIEWER),
    "coverage.requirements": roles(MANAGER, VIEWER),
    # reports
    "reports.coverage_workbook": roles(MANAGER, VIEWER),
    # people
    "people.add_staff": own(LEAD, MANAGER),
    "people.change_role": own(LEAD, MANAGER),
    "people.edit_person": own(LEAD, MANAGER),
    "people.hand_over": own(LEAD, MANAGER),
    "people.headcount": own(LEAD, MANAGER),
    "people.leave": own(LEAD, MANAGER),
    "people.person": own(LEAD, MANAGER, VIEWER),
    "people.staff": own(LEAD, MANAGER, VIEWER),
    # reminders
    "reminders.message": own(MANAGER, ADMINISTRATOR),
    "reminders.messages": roles(MANAGER, ADMINISTRATOR),
    "reminders.planned_messages": roles(MANAGER, ADMINISTRATOR),
    "reminders.send_again": own(MANAGER, ADMINISTRATOR),
    # records
    "records.claims": roles(MANAGER),
    "records.decide_claim": own(MANAGER),
    "records.file_claim": own(LEAD, MANAGER),
    "records.organisation_claims": own(LEAD, MANAGER),
    "records.person_records": own(LEAD, MANAGER),
    "records.void_record": own(MANAGER),
}


@dataclass
class World:
    """What the samples belong to: an authority and a school of it with a member; other schools stand by."""

    authority: Authority = field(default_factory=make_authority)
    organisation: Organisation = field(init=False)
    next_door: Organisation = field(init=False)
    elsewhere: Organisation = field(default_factory=make_organisation)
    membership: Membership = field(init=False)

    def __post_init__(self) -> None:
        self.organisation = make_organisation(self.authority)
        self.next_door = make_organisation(self.authority)
        self.membership = make_membership(self.organisation)


# What stands for a name in an address: a thing of the world's school or authority, made when it is asked for.
SAMPLES: dict[str, Callable[[World], int | str]] = {
    "accreditation_id": lambda world: make_proposal(make_person(world.authority)).id,
    "booking_id": lambda world: (
        make_booking(make_training_session(world.authority), organisation=world.organisation).id
    ),
    "code": lambda world: "school_lead",
    "course_id": lambda world: make_course(authority_id=world.authority.id).id,
    "grant_id": lambda world: make_grant(authority_id=world.authority.id).id,
    "in_house_session_id": lambda world: (
        make_in_house_session(make_accreditation(organisation=world.organisation)).id
    ),
    "import_batch_id": lambda world: make_import_batch(world.authority).id,
    "membership_id": lambda world: world.membership.id,
    "message_id": lambda world: make_message(authority_id=world.authority.id).id,
    "organisation_id": lambda world: world.organisation.id,
    "person_id": lambda world: world.membership.person_id,
    "record_id": lambda world: make_claim(world.membership.person, organisation=world.organisation).id,
    "session_id": lambda world: (
        make_training_session(world.authority, organisation_id=world.organisation.id).id
    ),
    "token": lambda world: "A" * 43,
    "user_id": lambda world: make_user().id,
    "venue_id": lambda world: make_venue(world.authority).id,
}
