"""How fields look: GOV.UK's macros, called with what a field knows about itself.

Over govuk-frontend-wtf, which maps a field to a macro's parameters but renders each through a template with
every context processor, drops hints of choices, and links a date's error to a box that cannot be typed into.
"""

from typing import Any, ClassVar

from flask import current_app
from govuk_frontend_wtf.gov_form_base import GovFormBase
from markupsafe import Markup

PARTS = ("day", "month", "year")


class Widget(GovFormBase):
    """Renders a field with one macro; `question` in templates/components lists the options."""

    macro: ClassVar[str] = "input/govukInput"
    # A group of inputs has a legend, a single input has a label.
    grouped: ClassVar[bool] = False

    def __call__(self, field: Any, **given: Any) -> Markup:
        """Return the markup of a field of `fields.py`; other options become attributes of its input."""
        options = {
            name: given.pop(name, None) for name in ("size", "heading", "classes", "hint", "inline", "many")
        }
        affixes = {name: given.pop(name, "") for name in ("prefix", "suffix")}
        rows = given.pop("rows", None)
        params = self.map_gov_params(field, **({"id": field.id} | given))
        if options["hint"]:
            params["hint"] = {"text": options["hint"]}
        if options["classes"]:
            params["classes"] = options["classes"]
        if rows:
            params["rows"] = rows
        params.update({name: {"text": text} for name, text in affixes.items() if text})
        self._label(field, params, options)
        self.fill(field, params, options)
        return self.render(params)

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add what this kind of field needs to the macro's parameters."""
        params["value"] = field._value()

    def render(self, params: dict[str, Any]) -> Markup:
        """Return what the macro makes of the parameters."""
        folder, name = self.macro.split("/")
        template = current_app.jinja_env.get_template(f"govuk_frontend_jinja/components/{folder}/macro.html")
        return Markup(getattr(template.module, name)(params))  # noqa: S704 (the macro escapes)

    def _label(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        kind = "fieldset__legend" if self.grouped else "label"
        text = (
            field.label.text
            if field.required or not field.marks_optional
            else f"{field.label.text} (optional)"
        )
        label = {
            "text": text,
            "classes": f"govuk-{kind}--{options['size']}" if options["size"] else "",
            "isPageHeading": bool(options["heading"]),
        }
        if self.grouped:
            params.pop("label")
            params["fieldset"] = {"legend": label}
        else:
            params["label"] = label


class TextInput(Widget):
    """One line of text."""

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the value and what helps a phone's keyboard and a browser's memory."""
        super().fill(field, params, options)
        params.update(field.input_hints)


class TextArea(Widget):
    """Several lines, with the room that is left."""

    macro = "character-count/govukCharacterCount"

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the value and the limit."""
        super().fill(field, params, options)
        params["maxlength"] = field.max_length


class FileInput(Widget):
    """A file to upload."""

    macro = "file-upload/govukFileUpload"

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the endings that the browser's dialog should offer."""
        if field.endings:
            params["attributes"]["accept"] = ",".join(field.endings)


class DateInput(Widget):
    """Day, month and year in three boxes; the box that is wrong is marked."""

    macro = "date-input/govukDateInput"
    grouped = True

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the three boxes."""
        params["items"] = [
            {
                "label": part.capitalize(),
                "id": f"{field.id}-{part}",
                "name": f"{field.name}-{part}",
                "value": value,
                "classes": f"govuk-input--width-{4 if part == 'year' else 2}"
                + (" govuk-input--error" if field.errors and field.error_part in (None, part) else ""),
            }
            for part, value in zip(PARTS, field.parts, strict=True)
        ]


class Select(Widget):
    """A drop-down list."""

    macro = "select/govukSelect"

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the options, a blank one first where the field may be empty or has not been answered."""
        items = [
            {
                "value": field.posted_form(choice.value),
                "text": choice.text,
                "selected": field.is_chosen(choice.value),
            }
            for choice in field.options
        ]
        if not field.required or not any(item["selected"] for item in items):
            items.insert(0, {"value": "", "text": field.blank, "selected": False})
        params["items"] = items


class Radios(Widget):
    """Options of which one is chosen."""

    macro = "radios/govukRadios"
    grouped = True

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the options with their hints."""
        params["idPrefix"] = field.id
        params["items"] = [
            {
                "value": field.posted_form(choice.value),
                "text": choice.text,
                "hint": {"text": choice.hint} if choice.hint else None,
                "checked": field.is_chosen(choice.value),
            }
            for choice in field.options
        ]
        shape = "inline" if options["inline"] else "small" if options["many"] else ""
        if shape:
            params["classes"] = f"{params.get('classes', '')} govuk-radios--{shape}".strip()


class Checkboxes(Radios):
    """Options of which any number is chosen; many of them are small and stand in columns."""

    macro = "checkboxes/govukCheckboxes"

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the options with their hints."""
        many = options["many"]
        super().fill(field, params, options | {"inline": False, "many": False})
        if many:
            params["classes"] = (
                f"{params.get('classes', '')} govuk-checkboxes--small wrap-checkboxes--many".strip()
            )


class Checkbox(Widget):
    """One box to tick: its label is all it has."""

    macro = "checkboxes/govukCheckboxes"

    def fill(self, field: Any, params: dict[str, Any], options: dict[str, Any]) -> None:
        """Add the one item; the hint belongs to it."""
        params["idPrefix"] = field.id
        params["items"] = [
            {
                "value": "yes",
                "text": field.label.text,
                "hint": params.pop("hint"),
                "checked": bool(field.data),
            }
        ]
