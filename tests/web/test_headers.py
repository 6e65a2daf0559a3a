"""The security headers are on every response, whatever kind it is."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

PLACES = [
    ("GET", "/everything", 200),
    ("POST", "/everything", 422),
    ("GET", "/nowhere", 404),
    ("DELETE", "/everything", 405),
    ("GET", "/fails/403", 403),
    ("GET", "/fails/413", 413),
    ("GET", "/fails/418", 418),
    ("GET", "/crashes/x", 500),
    ("GET", "/database-down", 503),
    ("GET", "/static/app.js", 200),
    ("GET", "/static/nothing.js", 404),
    ("GET", "/health/live", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), PLACES)
def test_every_response_has_the_headers(
    small_client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = small_client.open(path, method=method, buffered=True)
    assert answer.status_code == status
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{24}'", policy["script-src"])
    assert policy["style-src"] == policy["script-src"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


def test_a_nonce_is_used_once(small_client: FlaskClient) -> None:
    policies = {small_client.get("/everything").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_pages_and_errors_are_not_kept_by_browsers(small_client: FlaskClient) -> None:
    for method, path, _ in PLACES:
        if not path.startswith("/static/app"):
            assert small_client.open(path, method=method).headers["Cache-Control"] == "no-store", path


def test_static_files_are_kept_under_their_own_version_only(small_app: Flask) -> None:
    small_app.extensions["asset_hashes"] = {"app.js": "abc"}
    client = small_app.test_client()

    def kept(path: str) -> str:
        return client.get(path, buffered=True).headers["Cache-Control"]

    assert kept("/static/app.js?v=abc") == "public, max-age=31536000, immutable"
    assert kept("/static/app.js?v=old") == "no-cache"
    assert kept("/static/app.js") == "no-cache"


def test_hsts_is_sent_over_https_only(small_app: Flask) -> None:
    client = small_app.test_client()
    assert "Strict-Transport-Security" not in client.get("/everything").headers
    over_https = client.get("/everything", base_url="https://localhost").headers
    assert over_https["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    small_app.config["PREFERRED_URL_SCHEME"] = "https"
    assert "Strict-Transport-Security" in client.get("/everything").headers
