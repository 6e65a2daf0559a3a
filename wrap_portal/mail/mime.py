"""What goes over the wire: a message of the outbox as the bytes of an e-mail."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from wrap_portal.mail import rules

# Seven bits: a server that does not offer 8BITMIME must not break the text.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class OutgoingMessage:
    """What sending needs of a row of the outbox, read once: nothing is read while the message goes out."""

    id: int
    attempts: int
    recipient: str
    subject: str
    body_text: str
    body_html: str | None
    calendar: str | None
    calendar_method: str | None
    message_id: str


def mime_bytes(message: OutgoingMessage, *, sender: str, at: datetime) -> bytes:
    """Return the e-mail with its headers, for exactly one recipient.

    Arguments: `sender`, an address with or without a name; `at`, the moment for the Date header.
    An invitation stands among the alternatives, where calendar programs look for it, and once more as an
    attached file for those that look there.
    """
    email = EmailMessage(policy=_POLICY)
    name, address = parseaddr(sender)
    email["From"] = Address(rules.header_text(name), addr_spec=address)
    email["To"] = Address(addr_spec=message.recipient)
    email["Subject"] = rules.subject_line(message.subject)
    email["Date"] = format_datetime(at)
    email["Message-ID"] = rules.header_text(message.message_id)
    # RFC 3834: out-of-office replies and ticket systems leave these alone.
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.body_text)
    if message.body_html is not None:
        email.add_alternative(message.body_html, subtype="html")
    if message.calendar is not None:
        calendar = message.calendar.encode()
        method = rules.header_text(message.calendar_method or "")
        parameters = {"method": method, "charset": "utf-8"}
        email.add_alternative(calendar, maintype="text", subtype="calendar", params=parameters, cte="base64")
        email.add_attachment(calendar, maintype="application", subtype="ics", filename="invite.ics")
    return email.as_bytes()
