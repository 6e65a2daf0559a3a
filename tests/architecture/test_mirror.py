"""One word leads to all four: endpoint = template = test (docs/architecture.md 8)."""

import ast
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).parents[2]
NO_ROOM = {"static", "web"}


def endpoints(app: Flask) -> list[str]:
    """Return every endpoint that belongs to a room."""
    return sorted(name for name in app.view_functions if name.split(".")[0] not in NO_ROOM)


def rendered_templates(room: str) -> dict[str, set[str]]:
    """Return {function of routes: names of templates it renders}."""
    rendered: dict[str, set[str]] = {}
    for path in (ROOT / "wrap_portal" / room).glob("*routes.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                rendered[node.name] = {
                    call.args[0].value
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call)
                    and ast.unparse(call.func) == "render_template"
                    and call.args
                    and isinstance(call.args[0], ast.Constant)
                }
    return rendered


def test_endpoint_is_room_dot_function(app: Flask) -> None:
    for endpoint in endpoints(app):
        room, function = endpoint.split(".")
        view = app.view_functions[endpoint]
        assert view.__name__ == function, endpoint
        assert view.__module__.split(".")[1] == room, endpoint


def test_a_page_is_rendered_from_the_template_of_its_name(app: Flask) -> None:
    for endpoint in endpoints(app):
        room, function = endpoint.split(".")
        templates = rendered_templates(room).get(function, set())
        assert templates <= {f"{room}/{function}.html"}, (endpoint, templates)


def test_every_template_of_a_room_belongs_to_a_view(app: Flask) -> None:
    names = {endpoint.replace(".", "/") for endpoint in endpoints(app)}
    rooms = {endpoint.split(".")[0] for endpoint in endpoints(app)}
    for path in (ROOT / "templates").glob("*/*.html"):
        if path.parent.name in rooms and not path.name.startswith("_"):
            assert f"{path.parent.name}/{path.stem}" in names, path


def test_every_endpoint_has_a_test_of_its_name(app: Flask) -> None:
    missing = []
    for endpoint in endpoints(app):
        room, function = endpoint.split(".")
        written = "".join(path.read_text() for path in (ROOT / "tests" / room).glob("test_*routes.py"))
        if f"def test_{function}_" not in written and f"def test_{function}(" not in written:
            missing.append(endpoint)
    assert not missing, missing


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.name)
def test_every_test_file_is_where_its_room_is(path: Path) -> None:
    folder = path.parent.name
    package = ROOT / "wrap_portal"
    of_the_house = {"architecture", "config", "journeys", "support_tests", "tools", "wrap_portal"}
    assert (package / folder).is_dir() or (package / f"{folder}.py").exists() or folder in of_the_house
