"""Where the JSON Schemas are on this machine."""

from __future__ import annotations

from pathlib import Path


def schemas_folder() -> Path:
    """Inside the installed package, else beside it in a source checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent / "schemas"


def shotlist_schema_path() -> Path:
    """The schema of the language, for an editor's modeline."""
    return schemas_folder() / "shotlist.schema.json"
