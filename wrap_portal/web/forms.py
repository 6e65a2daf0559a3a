"""Forms: what every form shares, refusals put onto them, and their errors for the top of the page."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field, FieldList, FormField
from wtforms import Form as PlainForm
from wtforms.meta import DefaultMeta

from wrap_portal.errors import DomainError

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Form(FlaskForm):
    """A form that changes something: posted, with a CSRF token."""

    # Whether "(optional)" stands behind what need not be answered.
    marks_optional = True

    class Meta(FlaskForm.Meta):
        """Reads forms only. Flask-WTF takes JSON too, and fails on JSON that is not an object."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return what was posted, also when it is nothing: an empty form is no first visit."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            if request and request.method in CHANGING:
                return CombinedMultiDict((request.files, request.form))
            return None


class FilterForm(PlainForm):
    """A form that narrows a list: in the address, without a token. What is left out keeps its default.

    Make it with `FilterForm(request.args)`.
    """

    marks_optional = False
    keeps_defaults = True

    class Meta(DefaultMeta):
        """No CSRF token: nothing changes, and an address with one could not be sent to a colleague."""

        csrf = False


def apply_domain_error(form: PlainForm, error: DomainError) -> None:
    """Put a refusal onto the field that it belongs to, or on top where the form has no such field."""
    field = form._fields.get(error.field) if error.field else None
    if field is None or _is_hidden(field):
        form.form_errors.append(error.sentence)
    else:
        field.errors = [*field.errors, error.sentence]


def error_items(forms: Iterable[PlainForm]) -> list[dict[str, str]]:
    """Return the errors of forms for GOV.UK's error summary: the first of each field, linked to its input."""
    return [item for form in forms for item in _items(form)]


def _items(form: PlainForm) -> Iterator[dict[str, str]]:
    for sentence in form.form_errors:
        yield {"text": str(sentence)}
    for field in form:
        yield from _items_of(field)


def _items_of(field: Field) -> Iterator[dict[str, str]]:
    if isinstance(field, FormField):
        yield from _items(field.form)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _items_of(entry)
    elif field.errors:
        target = "" if _is_hidden(field) else getattr(field, "error_id", field.id)
        yield {"text": str(field.errors[0])} | ({"href": f"#{target}"} if target else {})


def _is_hidden(field: Field) -> bool:
    return bool(getattr(field.flags, "hidden", False))
