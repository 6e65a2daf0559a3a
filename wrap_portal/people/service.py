"""The verbs of people: joining, leaving, handing over, and how many there are."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range, insert

from wrap_portal import clock
from wrap_portal.audit.service import record_event
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.mail.rules import email_address
from wrap_portal.organisations.models import Organisation
from wrap_portal.people import queries, rules
from wrap_portal.people.models import DeclaredHeadcount, MemberRole, Membership, Person
from wrap_portal.wording import date_text

register_refusals(
    {
        "ex_memberships_same_role_twice": (
            "This person already has this role here at that time.",
            "role",
        ),
    }
)


def add_person(*, authority_id: int, name: str, email: str | None = None) -> Person:
    """Add a person to an authority's register. The name is kept as typed, extra spaces aside.

    Raises DomainError (fields `name`, `email`) where the name is blank or too long, or the address is none.
    """
    person = Person(
        authority_id=authority_id, name=_kept_name(name), email=email_address(email) if email else None
    )
    db.session.add(person)
    db.session.flush()
    return person


def update_person(*, person: Person, name: str, email: str | None, actor_id: int | None = None) -> None:
    """Correct a person's name or address. Raises what add_person does."""
    person.name, person.email = _kept_name(name), email_address(email) if email else None
    db.session.flush()
    _record("update_person", "person", person.id, person.authority_id, actor_id)


def add_member(
    *,
    organisation_id: int,
    person_id: int,
    role: MemberRole,
    started_on: date,
    ward_code: str | None = None,
    political_group: str | None = None,
) -> Membership:
    """Let a person belong to an organisation in a role from a date, that day included.

    Raises DomainError (fields `started_on`, `role`) where the date is not plausible, or the person has this
    role here from then on or later already.
    """
    problem = rules.date_problem(started_on, clock.today())
    if problem is not None:
        raise DomainError(problem, field="started_on")
    during = Range(started_on, None, bounds="[)")
    clash = db.session.scalar(
        select(Membership).where(
            Membership.person_id == person_id,
            Membership.organisation_id == organisation_id,
            Membership.role == role,
            Membership.during.overlaps(during),
        )
    )
    if clash is not None:
        name = db.session.get_one(Person, person_id).name
        raise DomainError(f"{name} already has this role here at that time.", field="role")
    membership = Membership(
        person_id=person_id,
        organisation_id=organisation_id,
        role=role,
        during=during,
        ward_code=ward_code,
        political_group=political_group,
    )
    db.session.add(membership)
    db.session.flush()
    return membership


def add_staff(
    *,
    organisation_id: int,
    name: str,
    email: str | None,
    role: MemberRole,
    started_on: date,
    same_person: bool | None = None,
    actor_id: int | None = None,
) -> Membership:
    """Put somebody on an organisation's staff list, without entering twice whom the authority knows
    already.

    Who has the same e-mail address and the same name is the same person, and brings their training along.
    Under another name the address may belong to the same person or be an office's: `same_person` is what
    the user says.
    Raises DomainError (field `same_person`) where that must be asked, and what add_person and add_member
    raise.
    """
    organisation = db.session.get_one(Organisation, organisation_id)
    person = _known_person(organisation.authority_id, name, email, same_person) if email else None
    if person is None:
        person = add_person(authority_id=organisation.authority_id, name=name, email=email)
    membership = add_member(
        organisation_id=organisation_id, person_id=person.id, role=role, started_on=started_on
    )
    _record_membership("add_staff", membership, actor_id)
    return membership


def end_membership(*, membership: Membership, on: date) -> None:
    """End one role of a person in an organisation: `on` is the first day without it (domain.md 2.5).

    Raises DomainError (field `on`) where that day is not after the first day, or not plausible.
    """
    problem = rules.date_problem(on, clock.today())
    if problem is not None:
        raise DomainError(problem, field="on")
    started_on = membership.during.lower
    if started_on is not None and on <= started_on:
        raise DomainError(
            f"The date must be after {date_text(started_on)}, when {membership.person.name} began.",
            field="on",
        )
    membership.during = Range(started_on, on, bounds="[)")
    db.session.flush()


def end_memberships(
    *, organisation_id: int, membership_ids: Collection[int], on: date, actor_id: int | None = None
) -> None:
    """Let somebody leave an organisation in one step: end these roles of theirs together.

    Raises DomainError (field `on`) as `end_membership` does, LookupError for a membership of somewhere else.
    """
    memberships = db.session.scalars(
        select(Membership)
        .where(Membership.organisation_id == organisation_id, Membership.id.in_(membership_ids))
        .order_by(Membership.id)
    ).all()
    if len(memberships) != len(set(membership_ids)):
        raise LookupError("a membership of another organisation")
    for membership in memberships:
        end_membership(membership=membership, on=on)
        _record_membership("end_membership", membership, actor_id)


def change_role(
    *, membership: Membership, role: MemberRole, on: date, actor_id: int | None = None
) -> Membership:
    """Let a person have another role in the same organisation from a date, in place of this one.

    Raises DomainError (fields `role`, `on`) where it is the same role or held already, or the date is not
    after the first day in the old one.
    """
    if role is membership.role:
        raise DomainError("Choose a role that differs from the present one.", field="role")
    end_membership(membership=membership, on=on)
    changed = add_member(
        organisation_id=membership.organisation_id,
        person_id=membership.person_id,
        role=role,
        started_on=on,
    )
    _record_membership("change_role", changed, actor_id)
    return changed


def hand_over(
    *, membership: Membership, to_person_id: int, on: date, actor_id: int | None = None
) -> Membership:
    """Let somebody else of the same organisation have this role from a date; return the new membership.

    The one who hands over loses this role only, and the new holder keeps what they had.
    Raises DomainError (fields `to`, `on`) where the new holder does not belong to the organisation on that
    date, is the same person or has the role already.
    """
    if to_person_id == membership.person_id:
        raise DomainError("Choose somebody else.", field="to")
    if not queries.is_member_on(to_person_id, membership.organisation_id, on):
        raise DomainError(f"Choose somebody who is on the staff list on {date_text(on)}.", field="to")
    end_membership(membership=membership, on=on)
    try:
        taken = add_member(
            organisation_id=membership.organisation_id,
            person_id=to_person_id,
            role=membership.role,
            started_on=on,
        )
    except DomainError as error:
        # The date was good for ending the role: it is the person who cannot take it.
        raise DomainError(error.sentence, field="to") from error
    _record_membership("hand_over", taken, actor_id)
    return taken


def declare_headcount(
    *, organisation_id: int, declared_on: date, headcount: int, actor_id: int | None = None
) -> None:
    """Note how many people of an organisation must be trained, from a date until the next declaration.

    A second declaration of the same day replaces the first.
    Raises DomainError (fields `declared_on`, `headcount`).
    """
    if declared_on > clock.today():
        raise DomainError("The date must be today or in the past.", field="declared_on")
    if declared_on < rules.EARLIEST:
        raise DomainError(f"The date must be {rules.EARLIEST.year} or later.", field="declared_on")
    if not 0 <= headcount <= rules.LARGEST_HEADCOUNT:
        raise DomainError(
            f"The number of people must be 0 to {rules.LARGEST_HEADCOUNT:,}.", field="headcount"
        )
    statement = insert(DeclaredHeadcount).values(
        organisation_id=organisation_id, declared_on=declared_on, headcount=headcount
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "declared_on"],
            set_={"headcount": statement.excluded.headcount},
        )
    )
    _record(
        "declare_headcount",
        "organisation",
        organisation_id,
        db.session.get_one(Organisation, organisation_id).authority_id,
        actor_id,
        declared_on=declared_on.isoformat(),
        headcount=headcount,
    )


def _known_person(authority_id: int, name: str, email: str, same_person: bool | None) -> Person | None:
    known = queries.people_with_email(email_address(email), authority_id)
    for person in known:
        if rules.same_name(person.name, name):
            return person
    if not known or same_person is False:
        return None
    if same_person is None:
        raise DomainError(
            "Somebody is in the register with this email address but another name."
            " Say whether it is the same person.",
            field="same_person",
        )
    if len(known) > 1:
        raise DomainError(
            "Several people have this email address: enter the name as it is in the register.", field="name"
        )
    return known[0]


def _kept_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError("Enter a name.", field="name")
    if len(name) > rules.LONGEST_NAME:
        raise DomainError(f"The name must have {rules.LONGEST_NAME} characters or fewer.", field="name")
    return name


def _record_membership(action: str, membership: Membership, actor_id: int | None) -> None:
    ends_on = membership.during.upper
    _record(
        action,
        "membership",
        membership.id,
        db.session.get_one(Organisation, membership.organisation_id).authority_id,
        actor_id,
        person_id=membership.person_id,
        organisation_id=membership.organisation_id,
        role=membership.role.value,
        started_on=str(membership.during.lower),
        ends_on=None if ends_on is None else str(ends_on),
    )


def _record(
    action: str,
    subject_type: str,
    subject_id: int,
    authority_id: int,
    actor_id: int | None,
    **details: Any,
) -> None:
    record_event(
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        actor_id=actor_id,
        authority_id=authority_id,
        details=details,
    )
