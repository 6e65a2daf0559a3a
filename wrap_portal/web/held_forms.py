"""What somebody typed when their sign-in had run out by the time they sent it: given back, to be sent again.

The page itself holds the answers, in hidden fields. Nothing of them is kept by the portal, so nobody else
can come by them.
"""

from flask import Response, make_response, render_template, request
from flask_login import current_user

# Sent anew, each would be of the old page.
NOT_HELD = frozenset({"csrf_token"})


def can_hold() -> bool:
    """True for answers that one of our own pages sent.

    What another site posts in somebody's name must not come back with a good token and a button. Browsers
    say where a form was: Sec-Fetch-Site cannot be set by a page. Where they do not say it, as over plain
    HTTP, there is no second chance.
    """
    return (
        request.method == "POST"
        and request.headers.get("Sec-Fetch-Site") == "same-origin"
        and request.url_rule is not None
        # The pages that sign in and out hold nothing that is worth keeping.
        and not request.path.startswith("/sign-")
        and any(name not in NOT_HELD for name in request.form)
    )


def page() -> Response:
    """Return the page with what was sent: to sign in elsewhere first, or to send it at once."""
    answers = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_HELD]
    shown = render_template(
        "errors/held_form.html",
        answers=answers,
        signed_in=current_user.is_authenticated,
        had_file=any(file.filename for file in request.files.values()),
    )
    return make_response(shown, 400 if current_user.is_authenticated else 403)
