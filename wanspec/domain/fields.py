"""The names that a shot list may write, place by place.

A model's own native fields are not among them: they stand under `params` and are known to the catalogue.
"""

from __future__ import annotations

from typing import Final

KINDS: Final = ("image", "video", "audio")
MAX_TAKES: Final = 1000  # of one item; each is an action with a key of its own

ROOT_FIELDS: Final = frozenset(
    {"wanspec", "name", "description", "include", "prompts", "output", "vars", "data", "models", "defaults"}
    | {"profiles", "allow_outside", "budget", "providers", "lint", "shots"}
)
INCLUDED_FIELDS: Final = frozenset({"wanspec", "vars", "shots"})
PROFILE_FIELDS: Final = frozenset({"vars", "defaults", "models", "providers", "budget"})
PROVIDER_FIELDS: Final = frozenset({"in_flight", "per_minute", "poll", "timeout_s", "publish", "base_url"})
POLL_FIELDS: Final = frozenset({"first", "max"})
BUDGET_FIELDS: Final = frozenset({"usd"})

# Which items a shot makes, and what becomes of them.
META_FIELDS: Final = frozenset(
    {"id", "title", "tags", "kind", "model", "params", "for_each", "key", "when", "vars", "takes", "pick"}
    | {"freeze", "lint", "shots"}
)

# What the same word means for every vendor (rule 1 of the language).
PORTABLE_FIELDS: Final = frozenset(
    {"prompt", "prompt_suffix", "negative_prompt", "prompt_file", "width", "height", "aspect_ratio", "resolution"}
    | {"seed", "takes", "reference_images", "reference_videos", "reference_voices", "first_frame", "last_frame"}
    | {"first_clip", "source_video", "audio", "native_audio", "keep_audio", "duration", "palette", "edit_regions"}
    | {"image_set", "thinking", "prompt_enhance", "shot_type", "watermark", "safety", "format", "quality"}
    | {"text", "voice", "language"}
)

# The fields of all local models together: which of them a shot may have depends on its model, known later.
LOCAL_FIELDS: Final = frozenset(
    {"source", "seconds", "at", "number", "start", "end", "motion", "width", "height", "fit", "color", "x", "y"}
    | {"axis", "words", "size", "picture", "opacity", "clips", "transition", "transition_seconds", "audio"}
    | {"audio_gain", "fade_in", "fade_out", "ducking", "keep_audio", "loudness", "captions", "fps", "format"}
    | {"quality", "pictures", "columns", "labels"}
)

SHOT_FIELDS: Final = META_FIELDS | PORTABLE_FIELDS | LOCAL_FIELDS
# They say which items there are, which no default can.
NOT_IN_DEFAULTS: Final = frozenset({"id", "title", "key", "for_each", "when", "shots"})

# Two ways to say one thing, of which one shot takes one.
WAYS: Final = (
    (frozenset({"width", "height"}), frozenset({"aspect_ratio", "resolution"})),
    (frozenset({"prompt"}), frozenset({"prompt_file"})),
)

# Names that templates see whatever a list defines.
TAKEN_NAMES: Final = frozenset(
    {"ref", "refs", "seed", "place", "data", "project", "shot", "item", "index", "previous", "take"}
)
# Words of the template language itself.
TEMPLATE_WORDS: Final = frozenset(
    {"true", "false", "none", "True", "False", "None", "and", "or", "not", "if", "else", "elif", "in", "is", "for"}
    | {"loop", "self", "super", "caller", "varargs", "kwargs"}
)
