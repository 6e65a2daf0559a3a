"""Comparing pages: is what a caller sees of a foreign thing the same as of a missing one?"""

import re

from werkzeug.test import TestResponse

DIFFERS_EACH_TIME = (
    re.compile(r'nonce="[^"]+"'),
    re.compile(r'name="csrf_token"( type="hidden")? value="[^"]+"'),
    re.compile(r"request number: <strong>[0-9a-f]+</strong>"),
)


def told_by(response: TestResponse) -> tuple[int, str]:
    """Return the status and the body without what differs each time: all that the answer tells."""
    body = response.get_data(as_text=True)
    for differing in DIFFERS_EACH_TIME:
        body = differing.sub("", body)
    return response.status_code, body
