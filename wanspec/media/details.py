"""Everything that can be told of a medium, for people who want to know: coding, colour, channels, loudness."""

from __future__ import annotations

from pathlib import Path

from wanspec.domain.json import Json
from wanspec.media import clips, mixing, sound
from wanspec.media.clips import nearest
from wanspec.media.probe import probe

# ITU-T H.273 numbers that are met in practice; others are shown as numbers.
_MATRICES = {1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020", 0: "RGB"}
_CURVES = {1: "BT.709", 6: "BT.601", 13: "sRGB", 16: "PQ", 18: "HLG"}


def details(path: Path) -> dict[str, Json]:
    """The facts of `probe` with those that a plan does not need.  Sound is decoded to its end to be measured.

    Loudness is integrated, in LUFS; the peak is the true peak, in dB of full scale; both are left out for silence.
    Raises MediaError.
    """
    artifact = probe(path)
    told: dict[str, Json] = artifact.to_json()
    if artifact.kind == "image":
        from wanspec.media.pictures import opened

        with opened(path) as image:
            told["mode"] = image.mode
        return told
    with clips.opened(path) as container:
        if artifact.kind == "video":
            clip = clips.facts(container, path)
            context = container.streams.video[0].codec_context
            told |= {
                "video_codec": clip.codec,
                "pixel_format": clip.pixel_format,
                "rotation": clip.rotation,
                "colour_matrix": _named(_MATRICES, int(context.colorspace)),
                "colour_transfer": _named(_CURVES, int(context.color_trc)),
                "colour_range": {1: "limited", 2: "full"}.get(int(context.color_range), "not told"),
            }
        for stream in container.streams.audio[:1]:
            told |= {
                "audio_codec": stream.codec_context.name,
                "channels": stream.codec_context.channels,
                "sample_rate": stream.codec_context.sample_rate,
            }
    if artifact.has_audio and artifact.duration:
        level = mixing.level(sound.decode(path), max(1, nearest(artifact.duration * sound.RATE)))
        if level.lufs > mixing.SILENCE:
            told["loudness_lufs"] = round(level.lufs, 1)
            told["peak_db"] = round(mixing.decibels(level.peak), 1)
    return told


def _named(names: dict[int, str], number: int) -> str:
    return "not told" if number == 2 else names.get(number, str(number))
