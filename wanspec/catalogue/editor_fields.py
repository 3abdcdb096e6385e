"""What an editor says of each field of the language: its form, and one sentence that stands beside the cursor.

Forms are wide where a template, a group or a default may still decide; `wanspec check` knows the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wanspec.domain.codes import CODES
from wanspec.domain.fields import KINDS, TAKEN_NAMES

Schema = Mapping[str, Any]

TEMPLATE: Final = {"$ref": "#/$defs/template"}
NULL: Final = {"type": "null"}


def soft(*forms: Schema, says: str = "", null: bool = True) -> dict[str, Any]:
    """One of several forms, a template that gives one, or, with `null`, nothing: as if not written."""
    said = {"description": says} if says else {}
    return {**said, "anyOf": [*forms, TEMPLATE, *([NULL] if null else [])]}


def _text(says: str) -> dict[str, Any]:
    return {"description": says, "type": ["string", "null"]}


def _whole(says: str, minimum: int = 1) -> dict[str, Any]:
    return soft({"type": "integer", "minimum": minimum}, says=says)


def _number(says: str, **limits: float) -> dict[str, Any]:
    return soft({"type": "number", **limits}, says=says)


def _truth(says: str) -> dict[str, Any]:
    return soft({"type": "boolean"}, says=says)


def _word(says: str, *known: str) -> dict[str, Any]:
    """Words that most models take, offered; a project's own model may take others."""
    return {"description": says, "anyOf": [{"enum": list(known)}, {"type": ["string", "null"]}]}


def _media(says: str) -> dict[str, Any]:
    return _text(f"{says} A reference, a path from the project's folder, an https address or a data URI.")


def _medias(says: str) -> dict[str, Any]:
    whole = f"{says} References, paths from the project's folder, https addresses or data URIs."
    return soft({"type": "array", "items": {"type": ["string", "null"]}}, says=whole)


def _paths(says: str) -> dict[str, Any]:
    return {"description": says, "type": ["string", "array", "null"], "items": {"type": "string"}}


def _count(says: str, *, above: float | None = None, whole: bool = False) -> dict[str, Any]:
    limit = {"exclusiveMinimum": above} if above is not None else {"minimum": 1 if whole else 0}
    return {"description": says, "type": ["integer" if whole else "number", "null"], **limit}


# Letters and digits of every script and `_`, no digit first: what templates can read.
_NAME = "^[^0-9\\s!-/:-@\\[-^`{-~][^\\s!-/:-@\\[-^`{-~]*$"
_NAMES: Final = {"pattern": _NAME, "not": {"enum": sorted(TAKEN_NAMES)}}

DEFINITIONS: Final[dict[str, Any]] = {
    "template": {
        "description": "A text with `{{ expression }}` in it. An expression that is the whole text keeps its type.",
        "type": "string",
        "pattern": "\\{\\{|\\{%|\\{#",
    },
    "variables": {"type": ["object", "null"], "propertyNames": _NAMES},
    "lint": {
        "type": ["object", "null"],
        "properties": {
            code: {"description": f"{title[0].upper()}{title[1:]}.", "enum": ["off", "on", True, False, None]}
            for code, title in CODES.items()
            if code.startswith("WS4")
        },
        "propertyNames": {"enum": list(CODES)},
        "additionalProperties": {"enum": ["off", "on", True, False, None]},
    },
    "provider": {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "in_flight": _count("Tasks that may be at the vendor at once.", whole=True),
            "per_minute": _count("Submissions a minute, at most.", above=0),
            "poll": {
                "description": "How often a task is asked after, in seconds.",
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {
                    "first": _count("Seconds before the first question.", above=0),
                    "max": _count("The longest pause between two questions.", above=0),
                },
            },
            "timeout_s": _count("Seconds of silence after which one HTTP call counts as lost.", above=0),
            "publish": {"description": "How local files become addresses that the vendor can read."},
            "base_url": {
                "description": "The vendor's stand-in on this machine. Any other address comes from the environment.",
                "type": ["string", "null"],
            },
        },
    },
    "budget": {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {"usd": _count("US dollars that one render may spend at most.")},
    },
}

# Of a shot, a group, and but for a few of them of `defaults`.
FIELDS: Final[dict[str, Any]] = {
    "id": {
        "description": "The shot's name: letters a-z, digits, `-` and `_`. A group's becomes a tag of its shots.",
        "type": ["string", "null"],
        "pattern": "^(?!preview$)[a-z0-9][a-z0-9_-]*$",
        "errorMessage": "Letters a-z, digits, `-` and `_`, beginning with a letter or digit; not `preview`.",
    },
    "title": {"description": "What people call it. Changes nothing.", "type": ["string", "number", "boolean", "null"]},
    "tags": soft(
        {"type": "array", "items": {"type": ["string", "null"]}},
        says="Words to choose shots by: `-s tag:act1`, `refs('tag:act1')`. Those of groups are added.",
    ),
    "kind": soft({"enum": list(KINDS)}, says="What comes out. Chooses the default model; an image without it."),
    "params": soft(
        {"type": "object"},
        says="Fields in the vendor's own words, nested as the vendor nests them. They reach all that the model has.",
    ),
    "for_each": soft(
        {"type": "object", "propertyNames": _NAMES},
        {"type": "array", "items": {"type": ["object", "string", "null"]}},
        says="Makes one item for each combination: `{name: [values]}`, the first name slowest; or a list of rows.",
    ),
    "key": {
        "description": "The part of an item's id after the shot's; by default the values of `for_each`.",
        "type": ["string", "number", "boolean", "null"],
    },
    "when": _truth("Drops the items for which it is false."),
    "vars": {"description": "Variables of this shot; they see those of `for_each`.", "$ref": "#/$defs/variables"},
    "takes": _whole("How many candidates to make, each an action with a seed of its own."),
    "pick": soft({"const": "required"}, says="`required`: nothing goes on from here until a take has been picked."),
    "freeze": _truth("Keeps the takes of the lock although the request has changed."),
    "lint": {"description": "Lints to be silent about here: `{WS401: off}`.", "$ref": "#/$defs/lint"},
    "shots": {
        "description": "Makes this entry a group: its other fields are defaults of the shots in it.",
        "type": ["array", "null"],
        "items": {"$ref": "#/$defs/shot"},
    },
    "prompt": _text("What is to be seen."),
    "prompt_suffix": _text("Put after the prompt, with a space unless it begins with punctuation."),
    "negative_prompt": _text("What is not to be seen."),
    "prompt_file": _text("A template in the folder of prompts that gives the prompt."),
    "width": _number("Width in pixels. With `height`, one of the two ways to give a size.", exclusiveMinimum=0),
    "height": _number("Height in pixels. With `width`, one of the two ways to give a size.", exclusiveMinimum=0),
    "aspect_ratio": _word(
        "Width to height. With `resolution`, one of the two ways to give a size.",
        *("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5"),
    ),
    "resolution": _word(
        "Class of size: 1K, 2K, 4K of a still, 720p, 1080p of a clip.", "1K", "2K", "4K", "720p", "1080p"
    ),
    "seed": soft(
        {"type": "integer"},
        {"const": "random"},
        says="The same seed and request give a similar result. By default of the item's id; `random`: the vendor's.",
    ),
    "reference_images": _medias("Pictures of who and what appears, counted from 1 in prompts."),
    "reference_videos": _medias("Clips of who and what appears."),
    "reference_voices": _medias("Voices of those who speak."),
    "first_frame": _media("The still that the clip begins on."),
    "last_frame": _media("The still that the clip ends on."),
    "first_clip": _media("The clip that this one goes on from."),
    "source_video": _media("The clip that is edited."),
    "audio": _media("The sound that drives the clip, or lies under the film."),
    "native_audio": _truth("Whether the model makes sound for the clip."),
    "keep_audio": _truth("Whether the sound of what goes in is kept."),
    "duration": _number("Length in seconds.", minimum=0),
    "palette": soft(
        {
            "type": "array",
            "items": soft(
                {
                    "type": "object",
                    "required": ["hex", "ratio"],
                    "additionalProperties": False,
                    "properties": {
                        "hex": soft({"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}, says="A colour: `#1E2A39`."),
                        "ratio": _number("Its share of the picture in percent.", minimum=0, maximum=100),
                    },
                },
                null=False,
            ),
        },
        says="Colours and their shares, which sum to 100 %.",
    ),
    "edit_regions": soft(
        {
            "type": "array",
            "items": soft(
                {
                    "type": "array",
                    "items": soft(
                        {
                            "type": "array",
                            "minItems": 4,
                            "maxItems": 4,
                            "items": soft({"type": "integer", "minimum": 0}, null=False),
                        },
                        {"type": "integer", "minimum": 0},
                        null=False,
                    ),
                },
                null=False,
            ),
        },
        says="For each reference image a list of boxes to change: left, top, right, bottom in its pixels.",
    ),
    "image_set": _whole("One action with up to so many related pictures, which are its takes."),
    "thinking": _truth("Spends more time for a better picture."),
    "prompt_enhance": _truth("Lets the vendor rewrite the prompt, which makes a result less repeatable."),
    "shot_type": _word("One continuous shot, or several with cuts.", "single", "multi"),
    "watermark": _truth("Whether the vendor puts its mark on the result."),
    "safety": _word("How thoroughly the vendor checks the content.", "off", "fast", "full"),
    "format": _word("File format of the result.", "jpg", "png", "webp", "mp4", "webm", "mov"),
    "quality": _whole("Quality of the compression, 20 to 99: more means a larger file.", 0),
    "text": _text("The words that are spoken."),
    "voice": _text("Who speaks."),
    "language": _text("The language that is spoken."),
}

ROOT: Final[dict[str, Any]] = {
    "wanspec": {"description": "Version of the language.", "const": 1},
    "name": {
        "description": "The project's name: letters a-z, digits and `-`.",
        "type": "string",
        "pattern": "^[a-z0-9][a-z0-9-]*$",
        "errorMessage": "Letters a-z, digits and `-`, beginning with a letter or digit.",
    },
    "description": _text("What the project is."),
    "include": _paths("Files with more shots, in this order; patterns like `shots/*.yaml` are sorted."),
    "prompts": _paths("Folders in which templates of prompts are searched; `prompts` by default."),
    "output": _text("The folder of results; `renders` by default."),
    "vars": {"description": "Variables for templates; they may use each other.", "$ref": "#/$defs/variables"},
    "data": {
        "description": "Tables for `for_each`: a name and a CSV, JSON, JSON Lines or YAML file.",
        "type": ["object", "null"],
        "additionalProperties": {"type": ["string", "null"]},
    },
    "models": {
        "description": "Short names for models.",
        "type": ["object", "null"],
        "propertyNames": {"pattern": "^[^/]+$"},
        "additionalProperties": {"$ref": "#/$defs/model"},
    },
    "defaults": {
        "description": "Fields that shots inherit: by kind of output, then by model, then by alias.",
        "$ref": "#/$defs/defaults",
    },
    "profiles": {
        "description": "Overrides that `--profile NAME` chooses.",
        "type": ["object", "null"],
        "additionalProperties": {"$ref": "#/$defs/profile"},
    },
    "allow_outside": _paths("Folders outside the project that it would read, if its user agrees."),
    "budget": {"description": "A render that would cost more is refused.", "$ref": "#/$defs/budget"},
    "providers": {
        "description": "How vendors are spoken to, laid over the catalogue. Never a key.",
        "$ref": "#/$defs/providers",
    },
    "lint": {"description": "Lints to be silent about: `{WS401: off}`.", "$ref": "#/$defs/lint"},
    "shots": {
        "description": "The shots, in story order. An entry with `shots` of its own is a group.",
        "type": ["array", "null"],
        "items": {"$ref": "#/$defs/shot"},
    },
}
