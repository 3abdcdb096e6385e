"""Bytes we own, named by their digest."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from wanspec.domain.json import Json


@dataclass(frozen=True, slots=True)
class Coding:
    """How a medium is coded.  None where it has no such thing, or where its file does not tell.

    For people and for lints: no key and no decision of what to render rests on it.
    """

    video_codec: str | None = None  # "h264"
    pixel_format: str | None = None  # of a clip as FFmpeg calls it, "yuv420p"; of a still as Pillow does, "CMYK"
    alpha: bool | None = None  # of a still: whether it may be transparent
    rotation: int | None = None  # degrees counterclockwise that a player turns a clip by
    variable_rate: bool | None = None  # whether a clip's frames stand for different times
    colour_matrix: str | None = None  # "BT.709"; numbers of ITU-T H.273 that have no name here stay numbers
    colour_transfer: str | None = None  # "PQ"
    colour_range: str | None = None  # "limited" or "full"
    audio_codec: str | None = None  # "aac"
    channels: int | None = None
    sample_rate: int | None = None  # samples a second
    loudness_lufs: float | None = None  # of the whole (EBU R 128); -70 is silence
    peak_db: float | None = None  # of the largest sample, from full scale

    @property
    def is_hdr(self) -> bool:
        """Whether brightness is coded for displays that are brighter than usual."""
        return self.colour_transfer in ("PQ", "HLG")

    @property
    def is_silent(self) -> bool:
        """Whether there is a sound track, and nothing is heard on it."""
        return self.loudness_lufs is not None and self.loudness_lufs <= SILENCE_LUFS

    def to_json(self) -> dict[str, Json]:
        """Only what is known."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}

    @classmethod
    def from_json(cls, value: Json) -> Coding | None:
        """Unknown keys are ignored; None for what is no mapping."""
        if not isinstance(value, dict):
            return None
        return cls(**{one.name: value[one.name] for one in fields(cls) if one.name in value})


SILENCE_LUFS = -69.0  # at or below it nothing is heard; the measure itself ends at -70


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file in the store.  Sizes in pixels, times in seconds; None where the medium has no such thing."""

    sha256: str  # 64 hex digits, without a prefix
    media_type: str  # "image/png"
    bytes: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    has_audio: bool | None = None
    # Left out of comparisons: the same bytes are the same artifact, however much is known of them.
    coding: Coding | None = field(default=None, compare=False)

    @property
    def kind(self) -> str:
        return self.media_type.split("/", 1)[0]

    @property
    def extension(self) -> str:
        """Without the dot: what `renders/` files of this type are called."""
        return EXTENSIONS.get(self.media_type, "bin")

    def to_json(self) -> dict[str, Json]:
        """Only what is known, so that the text is small and stable.  Its coding is told apart."""
        return {
            name: value
            for name, value in (
                ("sha256", self.sha256),
                ("media_type", self.media_type),
                ("bytes", self.bytes),
                ("width", self.width),
                ("height", self.height),
                ("duration", self.duration),
                ("fps", self.fps),
                ("has_audio", self.has_audio),
            )
            if value is not None
        }

    @classmethod
    def from_json(cls, value: dict[str, Json]) -> Artifact:
        """Unknown keys of a newer version are ignored.  Raises TypeError or KeyError for what is no artifact."""
        told = {name: value[name] for name in cls.__slots__ if name in value and name != "coding"}
        return cls(**told, coding=Coding.from_json(value.get("coding")))  # type: ignore[arg-type]

    def with_coding_json(self) -> dict[str, Json]:
        """The same with its coding, where that is known: for what is kept on this machine alone, never in the lock."""
        return self.to_json() if self.coding is None else {**self.to_json(), "coding": self.coding.to_json()}


EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/flac": "flac",
}
