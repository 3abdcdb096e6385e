"""What a file is, told from its first bytes: a name is a claim, and a failed download is often a web page."""

from __future__ import annotations

HEAD = 4096  # bytes that `sniff` wants to see

# The demuxer for each type.  It is named outright: a playlist dressed up as a clip is refused and fetches nothing.
CONTAINERS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "audio/mp4": "mp4",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "image/gif": "gif",
}

# Pillow's decoder for each type; the others it knows are not offered to files from outside.
DECODERS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
}


def sniff(head: bytes) -> str | None:
    """The media type that the first bytes of a file speak of, or None.  `HEAD` bytes are enough."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head.startswith(b"BM") and len(head) >= 26 and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "image/tiff"
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12], head)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video/quicktime"  # QuickTime files from before there were brands
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"ID3"):
        return "audio/mpeg"
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        # An MPEG audio frame; layer bits of zero mean ADTS, which is AAC.
        return "audio/aac" if head[1] & 0x06 == 0 else "audio/mpeg"
    return None


def _of_brand(brand: bytes, head: bytes) -> str | None:
    if brand == b"qt  ":
        return "video/quicktime"
    if brand in (b"avif", b"avis"):
        return "image/avif"
    if brand in _HEIC:
        return "image/avif" if b"avif" in head[8:40] else None  # HEIC has no decoder here
    if brand in (b"M4A ", b"M4B "):
        return "audio/mp4"
    return "video/mp4"


_HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
# Media that cameras and editors write, and for which there is no decoder, or none that is let near a stranger's file.
_NOT_READ = (
    (b"8BPS", "a Photoshop document, which is not read here"),
    (b"\xff\x0a", "a JPEG XL picture, which is not read here"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture, which is not read here"),
    (b"v/1\x01", "an OpenEXR picture, which is not read here"),
    (b"FLV\x01", "a Flash video, which is not read here"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file, which is not read here"),
    (b"MThd", "a MIDI file: notes and no sound"),
)


def looks_like(head: bytes) -> str:
    """What a file that is no medium seems to be, in words for a message; empty when there is no telling."""
    for begins, what in _NOT_READ:
        if head.startswith(begins):
            return what
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return "a HEIC photograph, which is not read here"
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "an AIFF sound, which is not read here"
    if head[:1] == head[188:189] == head[376:377] == b"G":
        return "an MPEG transport stream, which is not read here"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if text.startswith((b"<?xml", b"<svg")):
        return "an SVG drawing" if b"<svg" in text else "an XML document"
    if text.startswith((b"{", b"[")):
        return "a JSON text"
    if text.startswith(b"#extm3u"):
        return "a playlist"
    if text.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file itself"
    if text.startswith(b"%pdf"):
        return "a PDF document"
    if text.startswith(b"pk\x03\x04"):
        return "a ZIP archive"
    if text and all(32 <= byte < 127 or byte in b"\r\n\t" for byte in text[:256]):
        return "plain text"
    return ""
