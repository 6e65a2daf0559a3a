"""Which headers of a proxy are believed: none, unless TRUSTED_PROXIES says how many stand in front."""

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue

from tests.support.databases import OwnDatabase

FORGED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


def seen_by(app: Flask) -> dict[str, str]:
    """Return what the application takes a request with these headers for."""

    def seen() -> ResponseReturnValue:
        return {"address": request.remote_addr or "", "scheme": request.scheme, "host": request.host}

    app.add_url_rule("/seen", "seen", seen)
    answer = app.test_client().get("/seen", headers=FORGED, base_url="http://127.0.0.1")
    assert answer.json is not None
    return dict(answer.json)


@pytest.mark.parametrize(
    ("proxies", "address", "scheme"),
    [("0", "127.0.0.1", "http"), ("1", "198.51.100.7", "https"), ("2", "203.0.113.9", "http")],
)
def test_as_many_proxies_are_believed_as_stand_in_front(
    own_database: OwnDatabase, proxies: str, address: str, scheme: str
) -> None:
    app = own_database.make_app(TRUSTED_PROXIES=proxies)
    assert seen_by(app) == {"address": address, "scheme": scheme, "host": "127.0.0.1"}
