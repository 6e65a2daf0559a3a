"""Signing a test client in, the way a browser is: with a sign-in session and its cookie."""

from flask.testing import FlaskClient

from wrap_portal.accounts import service
from wrap_portal.accounts.models import User


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """Sign a client in as a user and return it; the last one who signed in is who asks.

    The session's row and the cookie are those that the sign-in link makes; only the mail is left out.
    """
    token = service.start_session(user_id=user.id)
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client
