"""How a message gets its words: three templates make subject, text and html."""

import re
from typing import Any

from flask import current_app
from jinja2 import Environment, StrictUndefined

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*\n")


def render_email(room: str, message: str, **facts: Any) -> tuple[str, str, str]:
    """Return (subject, text, html) of templates/<room>/emails/<message>.{subject.txt,txt,html}.

    Arguments: `facts`, what the templates name; they also have `base_url` (no slash at its end) and
    `service_name`. Only the html is escaped. Raises jinja2.UndefinedError where a template names a fact
    that was not given: a message with a hole in it must not go out.
    """
    facts = {
        "base_url": current_app.config["SETTINGS"].base_url,
        "service_name": "WRAP Portal",
        **facts,
    }
    subject, text, html = (
        _environment().get_template(f"{room}/emails/{message}.{ending}").render(facts)
        for ending in ("subject.txt", "txt", "html")
    )
    return (
        " ".join(subject.split()),
        f"{_BLANK_LINES.sub(chr(10) * 2, text).strip()}\n",
        html,
    )


def _environment() -> Environment:
    # Pages want lenient macros and the request; mail wants neither, and is also made where there is no
    # request.
    if "mail_templates" not in current_app.extensions:
        current_app.extensions["mail_templates"] = current_app.jinja_env.overlay(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
    environment: Environment = current_app.extensions["mail_templates"]
    return environment
