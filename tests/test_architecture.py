"""The shape of the program: who imports whom, what is named where, what is shipped."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "wanspec"
SCHEMAS = ROOT / "schemas"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Names that say nothing about a subject: what is in such a module belongs beside its only user, or under the name
# of what it is about.
VAGUE_NAMES = {"util", "utils", "common", "helper", "helpers", "base", "manager", "misc"}


def run(*command: str, cwd: Path = ROOT, environment: Mapping[str, str]) -> str:
    """What the command printed.  Fails the test with it when the command does."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


def test_imports_point_one_way(plain_environment: dict[str, str]) -> None:
    printed = run(
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
        environment=plain_environment,
    )
    assert "4 kept, 0 broken" in printed


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=" ".join)
def test_the_code_pleases_ruff(arguments: list[str], plain_environment: dict[str, str]) -> None:
    run("-m", "ruff", *arguments, "--no-cache", ".", environment=plain_environment)


def test_the_code_is_typed(plain_environment: dict[str, str], tmp_path: Path) -> None:
    run("-m", "mypy", "--strict", "--cache-dir", str(tmp_path), environment=plain_environment)


# What a vendor is called, and what it calls its parameters, stands in that vendor's files alone.  The emulator's are
# Python: what it knows of a vendor must not come from the files that it is there to prove wrong.
CLIENT = [module for module in MODULES if PACKAGE / "emulator" / "vendors" not in module.parents]


def vendors() -> list[str]:
    return sorted(folder.name for folder in SCHEMAS.iterdir() if folder.is_dir() and folder.name != "local")


def native_names() -> set[str]:
    """Parameters that only a vendor would call so: those in camelCase."""

    def properties(schema: object) -> Iterator[str]:
        if isinstance(schema, dict):
            named = schema.get("properties")
            if isinstance(named, dict):
                yield from named
            for inner in schema.values():
                yield from properties(inner)
        elif isinstance(schema, list):
            for inner in schema:
                yield from properties(inner)

    files = (file for vendor in vendors() for file in (SCHEMAS / vendor).glob("*.json"))
    names = {name for file in files for name in properties(json.loads(file.read_text("utf-8")))}
    return {name for name in names if re.fullmatch(r"[a-z]+([A-Z]+[a-z0-9]*)+", name)}


def test_no_vendor_is_named_in_python() -> None:
    assert vendors()
    named = re.compile("|".join(map(re.escape, vendors())), re.IGNORECASE)
    assert [str(module.relative_to(ROOT)) for module in CLIENT if named.search(module.read_text("utf-8"))] == []


def spoken(module: Path) -> Iterator[str]:
    """The text literals of a module; docstrings may quote a vendor to explain something."""
    tree = ast.parse(module.read_text("utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_vendors_parameter_is_named_in_python() -> None:
    names = native_names()
    assert names
    found = {}
    for module in CLIENT:
        words = {word for text in spoken(module) for word in re.findall(r"[A-Za-z0-9]+", text)}
        if words & names:
            found[str(module.relative_to(ROOT))] = sorted(words & names)
    assert found == {}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(module: Path) -> None:
    assert module.stem.strip("_") not in VAGUE_NAMES
    text = module.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)) or not text.strip()


def test_help_waits_for_nothing_but_click(plain_environment: dict[str, str], tmp_path: Path) -> None:
    printed = run(
        "-c",
        """
import sys
before = set(sys.modules)
from wanspec.cli import main
try:
    sys.argv = ["wanspec", "--help"]
    main()
except SystemExit:
    pass
print("\\n-- " + " ".join(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
""",
        cwd=tmp_path,
        environment=plain_environment,
    )
    imported = set(printed.rpartition("-- ")[2].split())
    assert imported - sys.stdlib_module_names == {"wanspec", "click"}


# The map for newcomers.


def test_the_map_in_contributing_names_every_module(plain_environment: dict[str, str]) -> None:
    """With the sentence that the module begins with.  `.ci/map` renews it."""
    run(".ci/map", "--check", environment=plain_environment)
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [
        str(module) for module in MODULES if f"`{module.relative_to(ROOT)}`" not in text and module.stem[0] != "_"
    ] == []


# What is shipped.


def test_a_wheel_and_a_checkout_know_the_same_models(plain_environment: dict[str, str], tmp_path: Path) -> None:
    """An installed package carries the schemas inside; in a checkout and an editable install they are beside it."""
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"), environment=plain_environment)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    shipped = {path.name for path in (tmp_path / "installed").iterdir() if path.suffix != ".dist-info"}
    assert shipped == {"wanspec"}, "tests, examples and documents stay at home"
    assert (tmp_path / "installed/wanspec/py.typed").exists()

    def models(where: Path) -> object:
        printed = run(
            "-c",
            "import sys; from wanspec.cli import main; sys.exit(main())",
            "models",
            "--json",
            cwd=tmp_path,
            environment=plain_environment | {"PYTHONPATH": str(where)},
        )
        return json.loads(printed)["models"]

    known = models(ROOT)
    assert known
    assert models(tmp_path / "installed") == known
