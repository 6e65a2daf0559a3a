"""What the reminders room says to whom."""

from collections.abc import Iterable
from datetime import date

from wrap_portal.mail.rendering import render_email
from wrap_portal.mail.service import queue_message
from wrap_portal.reminders.digest_rules import Digest, DigestLine
from wrap_portal.reminders.queries import DIGEST, Sender
from wrap_portal.reminders.rules import expiry_words
from wrap_portal.wording import count_text


def queue_digest(digest: Digest, *, sender: Sender, today: date) -> int | None:
    """Queue one address's digest of today. Returns the message's id, or None where there was one before."""
    subject, text, html = render_email(
        "reminders",
        "refresher_digest",
        council=sender.name,
        contact_email=sender.contact_email,
        name=digest.name,
        own=[_facts(line, today) for line in digest.own],
        led={
            organisation: [_facts(line, today) for line in lines]
            for organisation, lines in digest.led.items()
        },
        about=_about(digest, today),
    )
    people = {line.person_name for lines in (digest.own, *digest.led.values()) for line in lines}
    message = queue_message(
        kind=DIGEST,
        recipient=digest.address,
        subject_type="authority",
        subject_id=sender.authority_id,
        occurrence=today.isoformat(),
        subject=subject,
        body_text=text,
        body_html=html,
        authority_id=sender.authority_id,
        reason=f"The training of {count_text(len(people), 'person', 'people')} is due to be refreshed.",
    )
    return None if message is None else message.id


def _facts(line: DigestLine, today: date) -> dict[str, object]:
    return {
        "person": line.person_name,
        "organisation": line.organisation_name,
        "requirements": ", ".join(line.requirement_names),
        "expiry": expiry_words(line.valid_until, today),
        "reachable": line.reachable,
    }


def _about(digest: Digest, today: date) -> str:
    """Say in a few words for the subject line what it is about."""
    if digest.led:
        people = len({line.person_name for line in (*digest.own, *_flat(digest.led.values()))})
        where = f" at {next(iter(digest.led))}" if len(digest.led) == 1 else ""
        return f"Prevent training due{where}: {count_text(people, 'person', 'people')}"
    expiries = {line.valid_until for line in digest.own}
    if len(expiries) == 1:
        return f"Your Prevent training {expiry_words(expiries.pop(), today)}"
    return "Your Prevent training is due"


def _flat(groups: Iterable[tuple[DigestLine, ...]]) -> list[DigestLine]:
    return [line for lines in groups for line in lines]
