"""The forms of the people room."""

from collections.abc import Iterable, Sequence

from wrap_portal import clock
from wrap_portal.people import rules
from wrap_portal.people.models import MemberRole
from wrap_portal.people.queries import StaffRole, StaffRow
from wrap_portal.web.fields import (
    CheckboxesField,
    DateField,
    EmailField,
    RadiosField,
    SelectField,
    TextField,
    WholeNumberField,
)
from wrap_portal.web.forms import Form

LEAVING_HINT = "The first day on which they no longer have it. For example, 14 3 2027"


class PersonForm(Form):
    """A person's own particulars: there are no others."""

    name = TextField("Full name", called="the full name", max_length=rules.LONGEST_NAME, autocomplete="off")
    email = EmailField(
        "Email address",
        required=False,
        autocomplete="off",
        hint="Reminders and invitations go there. Without one they go to the organisation’s lead.",
    )


class AddStaffForm(PersonForm):
    """Somebody for the staff list."""

    role = RadiosField("Role", called="the role")
    started_on = DateField(
        "Start date", called="the start date", hint="Their first day in this role. For example, 1 9 2026"
    )
    same_person = RadiosField(
        "Somebody with this email address is in the register under another name. Is it the same person?",
        required=False,
        choices=[(True, "Yes, it is the same person"), (False, "No, they share the address")],
    )

    def offer(self, roles: Iterable[MemberRole]) -> None:
        """Offer these roles."""
        self.role.choices = [(role, rules.ROLE_WORDS[role]) for role in roles]


class ChangeRoleForm(Form):
    """Another role from a day on."""

    role = RadiosField("New role", called="the new role")
    on = DateField("First day in the new role", default=clock.today, hint="For example, 1 9 2026")

    def offer(self, roles: Iterable[MemberRole]) -> None:
        """Offer these roles."""
        self.role.choices = [(role, rules.ROLE_WORDS[role]) for role in roles]


class HandOverForm(Form):
    """Who has the role next, and from when."""

    to = SelectField("Who takes over?", called="who takes over", blank="Choose somebody on the staff list")
    on = DateField("Their first day in the role", default=clock.today, hint="For example, 1 9 2026")

    def offer(self, staff: Iterable[StaffRow], *, without: int) -> None:
        """Offer the people of a staff list but one, the present holder."""
        self.to.choices = [(row.person_id, row.name) for row in staff if row.person_id != without]


class LeaveForm(Form):
    """When somebody leaves, and which of several roles they lay down."""

    on = DateField("Leaving date", called="the leaving date", default=clock.today, hint=LEAVING_HINT)
    roles = CheckboxesField("Which roles end?", called="the roles that end")

    def offer(self, held: Sequence[StaffRole]) -> None:
        """Offer the roles that somebody holds; there is nothing to choose where it is one."""
        self.roles.choices = [(each.membership_id, rules.ROLE_WORDS[each.role]) for each in held]
        if len(held) == 1:
            del self.roles


class HeadcountForm(Form):
    """How many people must be trained, where there is no complete staff list."""

    headcount = WholeNumberField(
        "How many people work here?", called="the number of people", at_most=rules.LARGEST_HEADCOUNT
    )
    declared_on = DateField(
        "On which date?",
        called="the date",
        default=clock.today,
        hint="It counts from then until you tell us another number.",
    )
