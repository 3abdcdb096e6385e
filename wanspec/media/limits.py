"""What a media file may ask of this machine: everything read here was written by somebody else."""

from __future__ import annotations

MAX_SIDE = 16384  # WEBP's own limit, and four times the longest side any model takes
MAX_PIXELS = 100_000_000  # 10 000 x 10 000: 400 MB when decoded
MAX_SECONDS = 6 * 3600.0
MAX_FPS = 240.0
MAX_CAPTIONS = 20_000
MAX_CAPTION_BYTES = 4 << 20
