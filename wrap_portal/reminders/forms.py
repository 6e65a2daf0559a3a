"""The forms of the reminders room."""

from collections.abc import Sequence

from wrap_portal.mail.models import MessageState
from wrap_portal.reminders.rules import STATE_WORDS, kind_words
from wrap_portal.web.fields import Option, SelectField
from wrap_portal.web.forms import FilterForm, Form


class MessageFilterForm(FilterForm):
    """Messages in one state, of one kind."""

    state = SelectField(
        "State", required=False, blank="All", choices=[(state, STATE_WORDS[state]) for state in MessageState]
    )
    kind = SelectField("Kind", required=False, blank="All")

    def offer(self, kinds: Sequence[str]) -> None:
        """Offer these kinds of message."""
        self.kind.choices = [Option(kind, kind_words(kind)) for kind in kinds]


class SendAgainForm(Form):
    """Nothing to fill in: put a failed message back into the queue."""
