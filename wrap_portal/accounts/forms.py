"""The forms of the accounts room."""

from collections.abc import Iterable

from wrap_portal.accounts import rules
from wrap_portal.web.fields import EmailField, HiddenField, Option, RadiosField, SelectField, TextField
from wrap_portal.web.forms import FilterForm, Form


class SignInForm(Form):
    """Where to send the link. `next` is where to go afterwards."""

    email = EmailField("Email address", hint="The one that your organisation gave your Prevent team.")
    next = HiddenField("Next page", required=False, max_length=2000)


class UserFilter(FilterForm):
    """Users whose name or address holds some words."""

    search = TextField("Name or email address", required=False, max_length=100, default="")


class InviteLeadForm(Form):
    """Somebody new; one who is to look after an organisation's own pages needs no more than this."""

    # Before the role in this file: fields are in the order in which they are made.
    name = TextField("Name", called="the name", max_length=rules.LONGEST_NAME, autocomplete="off")
    email = EmailField("Email address", called="the email address", autocomplete="off")


class GrantForm(Form):
    """A role and where it counts."""

    role = RadiosField(
        "Role",
        called="the role",
        choices=[Option(role, words, rules.ROLE_HINTS[role]) for role, words in rules.ROLE_WORDS.items()],
    )
    authority = SelectField(
        "Council", required=False, blank="None", hint="For managers, viewers and trainers."
    )
    organisation = TextField(
        "URN, ODS code or local code of the organisation",
        required=False,
        max_length=20,
        hint="For leads, and for trainers who train in one organisation only.",
    )

    def offer(self, authorities: Iterable[tuple[int, str]]) -> None:
        """Offer these authorities (id, name)."""
        self.authority.choices = [Option(number, name) for number, name in authorities]


class AddUserForm(InviteLeadForm, GrantForm):
    """Somebody new, and their first role."""
