"""The map of the house: which room stands on which storey, which layer may know what. Read ROOMS first."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "wrap_portal"

# Bottom to top: a room may import rooms of lower storeys, never above or beside (docs/architecture.md 2).
ROOMS = {
    "organisations": 1,
    "courses": 1,
    "people": 2,
    "accounts": 2,
    "records": 3,
    "trainers": 4,
    "sessions": 5,
    "bookings": 6,
    "attendance": 7,
    "coverage": 8,
    "reminders": 9,
    "reports": 10,
    "demonstration": 11,
}
# Courses stand on the ground floor too, and belong to an authority: the one pair that may look beside.
BESIDE = {("courses", "organisations")}
FURNITURE = {"web", "mail", "jobs", "imports", "spreadsheets", "charts", "audit"}
GROUND = {"clock", "errors", "extensions", "terminal", "transaction", "percentages", "wording"}
ASSEMBLY = {"app", "cli", "tables", "embedded_postgres", "serve"}

# The doors of a room: what speaks HTTP, the terminal, the timetable or mail. They may call service and
# queries of any room, below or above; `identity` (who is signed in) belongs to them.
DOORS = {"routes", "jobs", "commands", "messages", "identity"}
LAYERS = DOORS | {"forms", "service", "queries", "models", "rules"}
OPEN_TO_DOORS = {"service", "queries", "rules", "identity", "messages"}

# What a layer must not import: libraries on the left of the dot, or layers of the own room.
FORBIDDEN_LIBRARIES = {
    "service": {"flask", "flask_login", "flask_wtf", "wtforms", "requests"},
    "queries": {"flask", "flask_login", "flask_wtf", "wtforms", "requests"},
    "models": {"flask", "flask_login", "flask_wtf", "wtforms"},
    "rules": {
        "flask",
        "flask_login",
        "flask_wtf",
        "wtforms",
        "sqlalchemy",
        "flask_sqlalchemy",
    },
    "forms": {"sqlalchemy", "flask_sqlalchemy"},
    "routes": {"sqlalchemy", "flask_sqlalchemy"},
    "jobs": {"sqlalchemy", "flask_sqlalchemy", "flask"},
    "commands": {"sqlalchemy", "flask_sqlalchemy"},
    "messages": {"sqlalchemy", "flask_sqlalchemy"},
}
FORBIDDEN_LAYERS = {
    "routes": {"models"},
    "jobs": {"models", "routes", "forms"},
    "commands": {"models", "routes", "forms"},
    "forms": {"models", "service", "routes"},
    "service": {"forms", "routes", "messages", "identity"},
    "queries": {"forms", "routes", "service", "messages", "identity"},
    "models": {"forms", "routes", "service", "queries", "messages", "identity"},
    "rules": {
        "forms",
        "routes",
        "service",
        "queries",
        "models",
        "messages",
        "identity",
    },
}
# An enum of a table is part of the room's language: every layer may name it, the tables themselves not.
FORBIDDEN_GROUND = {
    "rules": {"clock", "extensions", "transaction"},
    "models": {"clock", "transaction"},
    "service": {"transaction"},
    "queries": {"clock", "transaction"},
    "forms": {"extensions", "transaction"},
    # The database session is not theirs: they call service and queries.
    "routes": {"extensions"},
    "jobs": {"extensions"},
    "commands": {"extensions"},
    "messages": {"extensions"},
}
FORBIDDEN_TABLES = {layer for layer, forbidden in FORBIDDEN_LAYERS.items() if "models" in forbidden}
# Of the web furniture, what is no web at all: who somebody is, and what they reach.
WEB_BELOW_DOORS = {"Role", "Scope"}
# Modules without a layer are a room's own; the blueprint is the one of them that Flask is for.
WITHOUT_LAYER_BUT_FLASK = {"blueprint"}
FLASK = {"flask", "flask_login", "flask_wtf", "wtforms"}
# Only messages say anything by mail: others withdraw, read and count it.
SAYS_BY_MAIL = {"rendering", "queue_message"}
WRITING = {"insert", "update", "delete", "add", "add_all", "merge", "flush", "with_for_update"}


def layer_of(module: str) -> str | None:
    """Return the layer of a module by its name: `service` and `register_service` are both service."""
    last = module.rsplit("_", 1)[-1]
    return last if last in LAYERS else None


def imports_of(path: Path) -> list[tuple[str, tuple[str, ...], int]]:
    """Return (module, imported names, line) of every import in a file."""
    found: list[tuple[str, tuple[str, ...], int]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, (), node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found.append(
                (
                    node.module or "",
                    tuple(alias.name for alias in node.names),
                    node.lineno,
                )
            )
    return found


def portal_targets(module: str, names: tuple[str, ...]) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """Return (part, module in it, names) for an import of the portal; `from room import service` is one."""
    parts = module.split(".")
    if parts[0] != "wrap_portal":
        return []
    if len(parts) >= 3:
        return [(parts[1], parts[2], names)]
    if len(parts) == 2 and (PACKAGE / parts[1]).is_dir():
        return [(parts[1], name, ()) for name in names]
    if len(parts) == 2:
        return [(parts[1], None, names)]
    return [(name, None, ()) for name in names]


def modules() -> list[Path]:
    """Return every module of the portal."""
    return sorted(PACKAGE.rglob("*.py"))


def is_enum_import(room: str, module: str, names: tuple[str, ...]) -> bool:
    """True when all that is imported from a models module are enums."""
    tree = ast.parse((PACKAGE / room / f"{module}.py").read_text())
    enums = {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "StrEnum" for base in node.bases)
    }
    return bool(names) and set(names) <= enums


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_import_keeps_storeys_layers_and_furniture(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    here = relative.parts[0] if len(relative.parts) > 1 else relative.stem
    layer = layer_of(relative.stem) if here in ROOMS else None
    for module, names, line in imports_of(path):
        where = f"{relative}:{line} imports {module}"
        assert module.split(".")[0] not in forbidden_libraries(here, relative.stem), where
        for part, target, taken in portal_targets(module, names):
            check_portal_import(here, layer, part, target, taken, where)


def forbidden_libraries(here: str, stem: str) -> set[str]:
    """Return the libraries that a module must not import."""
    if here not in ROOMS or stem == "__init__":
        return set()
    layer = layer_of(stem)
    if layer is None:
        return set() if stem in WITHOUT_LAYER_BUT_FLASK else FLASK
    return FORBIDDEN_LIBRARIES.get(layer, set())


def check_furniture_import(
    layer: str | None, part: str, target: str | None, taken: tuple[str, ...], where: str
) -> None:
    """Assert that a room takes from the furniture only what its layer is for."""
    if part == "web" and layer in LAYERS - DOORS - {"forms"}:
        assert target == "access" and taken and set(taken) <= WEB_BELOW_DOORS, where
    if part == "mail" and layer != "messages":
        assert not SAYS_BY_MAIL & {target, *taken}, where
    if layer in FORBIDDEN_TABLES and layer_of(target or "") == "models":
        assert is_enum_import(part, target or "", taken), where


def check_portal_import(
    here: str,
    layer: str | None,
    part: str,
    target: str | None,
    taken: tuple[str, ...],
    where: str,
) -> None:
    """Assert that one import of the portal's own code is allowed."""
    if here in ASSEMBLY or here == "__init__":
        return
    assert part not in ASSEMBLY or (here in ROOMS and layer in DOORS), where
    if part in GROUND:
        assert part not in FORBIDDEN_GROUND.get(layer or "", set()), where
        return
    if here in GROUND:
        assert part in GROUND, where
        return
    if here in FURNITURE:
        assert part in FURNITURE | GROUND, where
        return
    if part in FURNITURE and here in ROOMS:
        check_furniture_import(layer, part, target, taken, where)
        return
    if part not in ROOMS:
        return
    target_layer = layer_of(target or "")
    only_enums = target_layer == "models" and is_enum_import(part, target or "", taken)
    if part == here:
        assert target_layer not in FORBIDDEN_LAYERS.get(layer or "", set()) or only_enums, where
        return
    below = ROOMS[part] < ROOMS[here] or (here, part) in BESIDE
    if layer in DOORS:
        assert target_layer in OPEN_TO_DOORS or only_enums or here == "demonstration", where
    else:
        assert below, where
        assert target_layer not in {
            "forms",
            "routes",
            "commands",
            "jobs",
            "messages",
            "identity",
        }, where


def test_every_package_is_on_the_map() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert packages <= ROOMS.keys() | FURNITURE
    modules_at_top = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert modules_at_top <= GROUND | ASSEMBLY


def test_no_import_hides_in_a_function() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [child for child in ast.walk(node) if isinstance(child, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path}:{node.lineno} {node.name} imports inside"


def test_queries_change_nothing() -> None:
    for path in modules():
        if path.parent.name not in ROOMS or layer_of(path.stem) != "queries":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                is_session = called.startswith("db.session.")
                is_statement = "." not in called or called.endswith("with_for_update")
                writes = called.rpartition(".")[2] in WRITING and (is_session or is_statement)
                assert not writes, f"{path}:{node.lineno} {called}"


def test_only_the_edge_commits() -> None:
    """Services flush; routes, jobs and commands say `with committed()`."""
    for path in modules():
        layer = layer_of(path.stem)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".commit"):
                assert path.name in {"transaction.py", "embedded_postgres.py"}, (
                    f"{path}:{node.lineno} commits"
                )
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "committed":
                in_room = path.parent.name in ROOMS
                assert not in_room or layer in DOORS, f"{path}:{node.lineno} commits"
