"""How a message gets its words."""

from typing import Any

import pytest
from flask import Flask
from jinja2 import UndefinedError

from wrap_portal.mail.rendering import render_email

FACTS: dict[str, Any] = {
    "name": "Ada <Byron> & Co",
    "council": "Testshire",
    "contact_email": None,
    "own": [],
    "led": {},
    "about": "Prevent\n  training  due",
}


def test_render_email_gives_one_line_a_text_and_a_page(app: Flask) -> None:
    with app.app_context():
        subject, text, html = render_email("reminders", "refresher_digest", **FACTS)
    assert subject == "Prevent training due"
    assert text.startswith("Hello Ada <Byron> & Co,\n\n") and text.endswith("\nTestshire\n")
    assert "\n\n\n" not in text
    assert "<p>Hello Ada &lt;Byron&gt; &amp; Co,</p>" in html
    assert html.startswith("<!DOCTYPE html>") and "Testshire</div>" in html
    assert app.config["SETTINGS"].base_url in html


def test_render_email_refuses_a_message_with_a_hole_in_it(app: Flask) -> None:
    without = {name: value for name, value in FACTS.items() if name != "council"}
    with app.app_context(), pytest.raises(UndefinedError, match="'council' is undefined"):
        render_email("reminders", "refresher_digest", **without)
