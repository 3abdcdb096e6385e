"""A file is what its bytes say."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from tests import odd_media
from wanspec.domain.errors import MediaError
from wanspec.media.probe import examine, probe, sniff, verify_decodes


def test_a_still_has_its_digest_type_and_size(still) -> None:
    path = still("a.png", (123, 45))
    artifact = probe(path)
    assert artifact.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (artifact.media_type, artifact.width, artifact.height) == ("image/png", 123, 45)
    assert artifact.duration is None
    assert artifact.bytes == path.stat().st_size


def test_the_name_means_nothing(still, clip) -> None:
    assert probe(still("a.webp").rename(still("b.png").with_name("c.mp4"))).media_type == "image/webp"
    assert probe(clip("d.webm").rename(clip("e.mp4").with_name("f.png"))).media_type == "video/webm"


@pytest.mark.parametrize(
    ("name", "media_type"), [("a.mp4", "video/mp4"), ("a.mov", "video/quicktime"), ("a.webm", "video/webm")]
)
def test_a_clip_has_its_length_rate_and_sound(clip, name: str, media_type: str) -> None:
    artifact = probe(clip(name, (160, 90), 1.5, 24))
    assert (artifact.media_type, artifact.width, artifact.height) == (media_type, 160, 90)
    assert artifact.duration == pytest.approx(1.5, abs=1 / 24)
    assert artifact.fps == pytest.approx(24)
    assert artifact.has_audio is True
    assert probe(clip("silent.mp4", tone=False)).has_audio is False


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.ogg", "a.flac"])
def test_a_sound_has_its_length(tone, name: str) -> None:
    artifact = probe(tone(name, 1.25))
    assert artifact.kind == "audio"
    assert artifact.duration == pytest.approx(1.25, abs=0.06)
    verify_decodes(tone(name, 1.25))


def test_an_animation_has_a_length_and_a_rate(tmp_path: Path) -> None:
    from PIL import Image

    pictures = [Image.new("RGB", (40, 30), (n * 40, 0, 0)) for n in range(4)]
    for name in ("a.gif", "a.webp"):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=250)
        artifact = probe(tmp_path / name)
        assert (artifact.kind, artifact.duration, artifact.fps) == ("image", 1.0, 4.0)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "is a web page"),
        (b'{"error": "expired"}', "is a JSON text"),
        (b"#EXTM3U\n#EXT-X-STREAM-INF\nhttp://example.com/x.ts\n", "is a playlist"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS pointer"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"just words\n", "is plain text"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC photograph"),
        (b"8BPS\0\x01" + b"\0" * 40, "is a Photoshop document"),
        (b"FORM\0\0\x01\0AIFFCOMM", "is an AIFF sound"),
        ((b"G" + b"\0" * 187) * 4, "is an MPEG transport stream"),
        (b"MThd\0\0\0\x06", "is a MIDI file"),
        (b"\x00\x01\x02\x03" * 100, "is no picture, clip or sound"),
        (b"\x89PNG\r\n\x1a\n", "is damaged"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, "is damaged"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "is damaged"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "is damaged"),
        (b"\x1aE\xdf\xa3\x93B\x82\x88webmB\x87\x81", "is damaged"),
    ],
)
def test_what_is_no_medium_is_told_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=words):
        probe(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"`none\.png` cannot be read"):
        probe(tmp_path / "none.png")
    with pytest.raises(MediaError, match="cannot be read"):
        probe(tmp_path)


def test_a_cut_still_is_found_when_it_is_decoded(still) -> None:
    for name in ("a.png", "a.jpg", "a.webp"):
        path = still(name, (400, 300))
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
        with pytest.raises(MediaError, match="is damaged"):
            verify_decodes(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_a_cut_clip_is_found(clip, name: str) -> None:
    path = clip(name, seconds=4)
    verify_decodes(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaError, match="cut short"):
        verify_decodes(path)


def test_noise_in_the_middle_of_a_clip_never_escapes_as_another_error(clip) -> None:
    path = clip("a.mp4", seconds=2)
    whole = bytearray(path.read_bytes())
    for at in range(len(whole) // 3, len(whole), 97):
        whole[at] ^= 0x5A
    path.write_bytes(whole)
    try:
        probe(path)
        verify_decodes(path)
    except MediaError as error:
        assert "`a.mp4`" in error.message  # noqa: PT017 - decoders conceal some damage, which is fine too


def test_the_rotation_mark_of_a_photograph_is_heeded(tmp_path: Path) -> None:
    from PIL import Image

    from wanspec.media.pictures import read_picture

    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    picture = Image.new("RGB", (80, 40), "red")
    picture.paste("blue", (0, 0, 40, 40))
    picture.save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert (probe(tmp_path / "a.jpg").width, probe(tmp_path / "a.jpg").height) == (40, 80)
    upright = read_picture(tmp_path / "a.jpg")
    assert upright.size == (40, 80)
    assert upright.getpixel((20, 10))[2] > 200, "what was left is on top"


def test_the_rotation_mark_of_a_clip_is_heeded(clip) -> None:
    from wanspec.media import clips

    path = clip("a.mp4", (160, 90))
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    # The display matrix of the track header: 90 degrees clockwise (ISO/IEC 14496-12, 8.3.2).
    data[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 90 << 16, 0, 1 << 30)
    path.write_bytes(data)
    assert (probe(path).width, probe(path).height) == (90, 160)
    assert clips.upright_picture(clips.first_frame(path)).size == (90, 160)


@pytest.mark.parametrize(("side", "words"), [(60_000, "too large"), (12_000, "too large: 12000x12000")])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int, words: str) -> None:
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)))
    with pytest.raises(MediaError, match=words):
        probe(path)


def test_a_bomb_behind_the_first_picture_is_refused(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "a.gif"
    pictures = [Image.new("RGB", (40, 30), (n * 40, 0, 0)) for n in range(3)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    data = bytearray(path.read_bytes())
    second = data.index(b"\x2c", data.index(b"\x2c") + 1)  # the block that says where the picture stands
    data[second + 5 : second + 9] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"the animation `a\.gif` is damaged behind picture 1"):
        probe(path)


def test_stills_of_every_mode_are_read(tmp_path: Path) -> None:
    from PIL import Image

    from wanspec.media.pictures import read_picture

    ground = Image.new("RGB", (20, 10), (200, 100, 50))
    modes = {
        "cmyk.jpg": "CMYK",
        "grey.png": "L",
        "palette.png": "P",
        "alpha.png": "RGBA",
        "bits.png": "1",
        "deep.png": "I;16",
    }
    for name, mode in modes.items():
        (Image.new("I;16", (20, 10), 32768) if mode == "I;16" else ground.convert(mode)).save(tmp_path / name)
        picture = read_picture(tmp_path / name)
        assert picture.mode == ("RGBA" if mode == "RGBA" else "RGB")
        assert picture.size == (20, 10)
    assert abs(read_picture(tmp_path / "deep.png").getpixel((0, 0))[0] - 127) <= 1
    assert read_picture(tmp_path / "cmyk.jpg").getpixel((5, 5))[0] > 180


def test_sound_of_no_length_is_refused(tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
    with pytest.raises(MediaError, match=r"length is zero|no sound"):
        probe(tmp_path / "a.wav")


def test_first_bytes_tell_the_type() -> None:
    assert sniff(b"\0\0\0\x1cftypM4A ") == "audio/mp4"
    assert sniff(b"\0\0\0\x14ftypqt  ") == "video/quicktime"
    assert sniff(b"ID3\x04\0") == "audio/mpeg"
    assert sniff(b"\xff\xf1\x50\x80") == "audio/aac"
    assert sniff(b"\xff\xfb\x90\x64") == "audio/mpeg"
    assert sniff(b"<html>") is None
    assert sniff(b"") is None


def test_a_coding_without_a_decoder_is_told(clip) -> None:
    path = clip("a.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz9"))
    with pytest.raises(MediaError, match=r"the picture of `a\.mp4` is coded in a way that is not known here"):
        probe(path)


@pytest.mark.parametrize(
    "name", ["a.mp4", "a.webm", "a.png", "a.jpg", "a.webp", "a.avif", "a.gif", "a.wav", "a.mp3", "a.flac"]
)
def test_damage_of_any_kind_is_told_and_nothing_else_escapes(still, clip, tone, tmp_path: Path, name: str) -> None:
    from random import Random

    maker = {"mp4": clip, "webm": clip, "wav": tone, "mp3": tone, "flac": tone}.get(name[2:], still)
    whole = maker(name).read_bytes()
    random = Random(name)
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(random.choice([1, 4, 40])):
            data[random.randrange(min(len(data), random.choice([80, 1000, 1 << 30])))] = random.randrange(256)
        path = tmp_path / "damaged"
        path.write_bytes(data if random.random() < 0.7 else data[: random.randrange(len(data))])
        try:
            probe(path)
            verify_decodes(path)
        except MediaError as error:
            assert "`damaged`" in error.message  # noqa: PT017


def test_a_long_recording_that_was_cut_short_is_found_by_its_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its pictures nor its sound are decoded whole."""
    from wanspec.media import probe as probing

    for path in (odd_media.clip(tmp_path / "a.mp4", movflags="faststart"), odd_media.sound(tmp_path / "a.flac", 2)):
        monkeypatch.setattr(probing, "DECODED_PIXELS", 0)
        monkeypatch.setattr(probing, "LISTENED_S", 0.5)
        examine(path)
        with pytest.raises(MediaError, match="cut short"):
            examine(odd_media.cut(path, 0.5))
