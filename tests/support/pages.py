"""What must hold on every page, checked on each one that any test looks at."""

import contextvars
import re
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from lxml import html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

from wrap_portal.extensions import db

# Their value or their text is their name.
NAMED_BY_THEMSELVES = {"hidden", "submit", "button", "reset", "image"}
EVENT_ATTRIBUTE = re.compile(r"on[a-z]+")
NONCE = re.compile(r"'nonce-([^']+)'")


class CheckingClient(FlaskClient):
    """A test client that looks at every page it is given.

    Each request runs as in a server, in a context of its own: without that Flask lends it the test's, and
    with it the user that signed in by another client. What the test has made so far is there for the
    request, and what the request changed is there for the test.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Makes the request; raises AssertionError with all that is wrong with the page."""
        in_test = has_app_context()
        if in_test:
            db.session.commit()
        try:
            response: TestResponse = contextvars.Context().run(super().open, *args, **kwargs)
        finally:
            if in_test:
                db.session.expire_all()
        is_page = response.mimetype == "text/html" and response.request.method != "HEAD"
        if is_page and response.status_code in {200, 422}:
            wrong = faults(
                response.get_data(as_text=True), response.headers.get("Content-Security-Policy", "")
            )
            if wrong:
                raise AssertionError(f"{response.request.path}:\n  " + "\n  ".join(wrong))
        return response


def faults(page: str, policy: str = "") -> list[str]:
    """What is wrong with a page, a sentence each.

    Arguments: its HTML; the Content-Security-Policy that it came with, whose nonce its scripts must have.
    """
    document = html.document_fromstring(page)
    return [
        *_heading_faults(document),
        *_id_faults(document),
        *_label_faults(document),
        *_inline_faults(document, policy),
        *_summary_faults(document),
    ]


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _heading_faults(document: HtmlElement) -> list[str]:
    headings = document.xpath("//h1")
    if len(headings) != 1:
        return [f"{len(headings)} h1 elements"]
    heading = headings[0]
    for caption in heading.xpath(".//*[contains(@class, 'govuk-caption-')]"):
        caption.drop_tree()
    titles = document.xpath("/html/head/title")
    title = _words(titles[0]).removeprefix("Error: ") if titles else ""
    if not _words(heading) or not title.startswith(_words(heading)):
        return [f"the title {title!r} does not start with the h1 {_words(heading)!r}"]
    return []


def _id_faults(document: HtmlElement) -> list[str]:
    ids = document.xpath("//@id")
    twice = sorted({each for each in ids if ids.count(each) > 1})
    known = set(ids)
    found = [f"the id {each!r} is there more than once" for each in twice]
    for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
        for value in document.xpath(f"//@{attribute}"):
            found += [
                f"{attribute} names {each!r}, which is not there"
                for each in value.split()
                if each not in known
            ]
    return found


def _label_faults(document: HtmlElement) -> list[str]:
    labelled = {label.get("for") for label in document.xpath("//label[@for]") if _words(label)}
    found = []
    for control in document.xpath("//input | //select | //textarea"):
        if control.tag == "input" and control.get("type", "text").lower() in NAMED_BY_THEMSELVES:
            continue
        named = (
            control.get("id") in labelled
            or control.get("aria-label")
            or control.get("aria-labelledby")
            or any(_words(label) for label in control.iterancestors("label"))
        )
        if not named:
            found.append(f"the {control.tag} named {control.get('name')!r} has no label")
    return found


def _inline_faults(document: HtmlElement, policy: str) -> list[str]:
    nonce = NONCE.search(policy)
    found = []
    for element in document.xpath("//script[not(@src)] | //style"):
        given = element.get("nonce")
        if not given or (nonce and given != nonce[1]):
            found.append(f"an inline {element.tag} without this page's nonce")
    for element in document.iter("*"):
        for attribute, value in element.attrib.items():
            name = attribute.lower()
            if name == "style":
                found.append(f"a style attribute on {element.tag}: {value}")
            elif EVENT_ATTRIBUTE.fullmatch(name):
                found.append(f"{name} on {element.tag}")
            elif name in {"href", "action", "formaction", "src"} and value.strip().lower().startswith(
                "javascript:"
            ):
                found.append(f"a javascript: address on {element.tag}")
    return found


def _summary_faults(document: HtmlElement) -> list[str]:
    places = {each: number for number, each in enumerate(document.xpath("//@id"))}
    links = document.xpath("//*[contains(@class, 'govuk-error-summary')]//a/@href")
    named = [link.removeprefix("#") for link in links]
    missing = [each for each in named if each not in places]
    # Somebody without any council is told so in place of the form.
    if missing and document.xpath("//main//form"):
        return [f"the error summary leads to {each!r}, which is not there" for each in missing]
    shown = [each for each in named if each in places]
    if shown != sorted(shown, key=places.__getitem__):
        return [f"the error summary lists {', '.join(named)}: the questions come in another order"]
    return []
