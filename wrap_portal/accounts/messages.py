"""What accounts say by mail: the way in, and an invitation."""

from urllib.parse import urlencode

from flask import current_app

from wrap_portal.accounts import rules
from wrap_portal.accounts.models import User
from wrap_portal.mail.rendering import render_email
from wrap_portal.mail.service import queue_message
from wrap_portal.transaction import kept_if


def sign_in_address(token: str, next_path: str = "") -> str:
    """Return the address that signs somebody in; from BASE_URL, whatever host the request named (quality.md
    Q11).
    """
    query = f"?{urlencode({'next': next_path})}" if next_path else ""
    return f"{current_app.config['SETTINGS'].base_url}/sign-in/link/{token}{query}"


def queue_sign_in_link(*, email: str, asked: tuple[User, str] | None, next_path: str = "") -> None:
    """Queue the mail with a sign-in link.

    Arguments: `email`, as it was typed; `asked`, what `service.request_sign_in_link` returned; `next_path`, a
    checked path to open afterwards. For an address without an account the same is written and undone, so that
    the time an answer takes tells nothing (quality.md 2).
    """
    recipient, user_id, token = (asked[0].email, asked[0].id, asked[1]) if asked else (email, 0, "-" * 43)
    subject, text, html = render_email(
        "accounts",
        "sign_in_link",
        address=sign_in_address(token, next_path),
        minutes=rules.LINK_LIFETIME.seconds // 60,
    )
    with kept_if(asked is not None):
        queue_message(
            kind="sign_in_link",
            recipient=recipient,
            subject_type="user",
            subject_id=user_id,
            occurrence=rules.token_hash(token),
            subject=subject,
            body_text=text,
            body_html=html,
            confidential=True,
        )


def queue_invitation(*, user: User, organisation_name: str, authority_id: int, grant_id: int) -> None:
    """Queue the mail that tells somebody that they now look after an organisation, and how to sign in."""
    subject, text, html = render_email(
        "accounts", "invitation", name=user.name, organisation=organisation_name
    )
    queue_message(
        kind="invitation",
        recipient=user.email,
        subject_type="grant",
        subject_id=grant_id,
        occurrence="",
        subject=subject,
        body_text=text,
        body_html=html,
        authority_id=authority_id,
    )
