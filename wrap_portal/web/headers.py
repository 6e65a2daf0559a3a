"""The security headers of every response: pages, errors, redirects, downloads and static files."""

import secrets

from flask import Flask, Response, current_app, g, request

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
ONE_YEAR = 31_536_000


def init_headers(app: Flask) -> None:
    """Put the headers on every response of the application."""
    app.after_request(_add_headers)


def csp_nonce() -> str:
    """Return this response's nonce: what a script or style element in the page needs to be obeyed."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = _content_security_policy()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    # Our own pages need it (the CSRF check compares it); other sites must not see one-time links.
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS_POLICY
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if _over_https():
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    headers["Cache-Control"] = _cache_control(response)
    return response


def _content_security_policy() -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {nonce}",
            f"style-src 'self' {nonce}",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        )
    )


def _over_https() -> bool:
    # The browser's connection may end at a proxy; BASE_URL says what the browser sees.
    return request.is_secure or current_app.config["PREFERRED_URL_SCHEME"] == "https"


def _cache_control(response: Response) -> str:
    """Static files are kept; nothing else is, signed in or not.

    To ask who is signed in would load the user for every error and redirect. A public page gains little from
    a cache anyway: its nonce and its CSRF token are good for one response.
    """
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        return "no-store"
    file_name = (request.view_args or {}).get("filename", "")
    version = request.args.get("v", "")
    # Only the very version that was asked for may be kept for a year: while a new release is rolled out an
    # old process would otherwise fill caches with yesterday's file under today's address.
    if version and current_app.extensions.get("asset_hashes", {}).get(file_name) == version:
        return f"public, max-age={ONE_YEAR}, immutable"
    return "no-cache"
