"""Bytes we own, named by their digest."""

from __future__ import annotations

from dataclasses import dataclass

from wanspec.domain.json import Json


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

    @property
    def kind(self) -> str:
        return self.media_type.split("/", 1)[0]

    @property
    def extension(self) -> str:
        """Without the dot: what `renders/` files of this type are called."""
        return EXTENSIONS.get(self.media_type, "bin")

    def to_json(self) -> dict[str, Json]:
        """Only what is known, so that the text is small and stable."""
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
        return cls(**{name: value[name] for name in cls.__slots__ if name in value})  # type: ignore[arg-type]


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
