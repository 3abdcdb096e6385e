"""The painted ground of a preview: layers of scenery from far and pale to near and dark, under a lit sky.

Speed rests on one trick.  The layers are drawn at twice the size as grey levels that rise with nearness, and reduced:
where two neighbouring layers meet, the reduction makes a level between theirs, and a table that maps levels to colours
turns it into the colour between theirs.  So every edge is smooth for the price of one grey picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from wanspec.media.colours import Colours, Rgb, mix
from wanspec.media.shapes import block
from wanspec.media.words import first_word, has_word

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

OVER = 2  # drawn at this multiple of the size
LAYERS = 5
_SKY_EDGE = 55  # grey levels below this are the edge between the sky and the farthest layer
_LEVELS = tuple(_SKY_EDGE + round(index * (255 - _SKY_EDGE) / (LAYERS - 1)) for index in range(LAYERS))

# What a scene is, by the first such word of the prompt; without any the seed chooses one of the open landscapes.
_SCENES: tuple[tuple[str, str], ...] = (
    (
        "room",
        "room kitchen hall corridor hallway office bedroom table desk interior inside "
        "cellar vault museum studio door window library bar 房间 室内 厨房 部屋",
    ),
    (
        "city",
        "city street streets town skyline rooftop rooftops alley market building buildings "
        "tower bridge tram station car traffic "
        "城 街 市场 都市",
    ),
    (
        "water",
        "sea ocean harbour harbor lake river ferry ship boat beach coast pier dock shore island wave "
        "waves 海 港 湖 河 船",
    ),
    ("forest", "forest jungle woods trees tree park garden pine pines fir 森 林"),
    ("dunes", "desert sand dune dunes 沙漠"),
    ("hills", "mountain mountains hill hills valley cliff alps ridge meadow field fields 山 谷"),
)
_OPEN = ("hills", "water", "dunes", "city", "forest")


_PEOPLE = (
    "she he her his man woman men women girl boy child children person people figure hero heroine courier stranger "
    "traveller traveler dancer soldier sailor thief detective actor couple lovers friends crowd portrait face "
    "人 她 他 女 男"
)
_WOMEN = "she her woman women girl heroine mother daughter queen postwoman 她 女"
_FULL = "full-length full-body head-to-toe 全身"
_CLOSE = "close-up closeup close portrait face bust headshot 特写 肖像"
_WIDE = "wide establishing aerial panorama vista distant drone 远景 全景 航拍"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where things are, in shares of the size."""

    name: str
    horizon: float
    light_x: float
    light_y: float
    figure: float = 0.0  # height of the person in it, above 1 for one that is cut off; 0: nobody
    figure_x: float = 0.5
    knot: bool = False  # in the hair of that person
    lighthouse: bool = False
    stars: bool = False


def scene_of(prompt: str, random: Random) -> Scene:
    named = [(place, name) for name, words in _SCENES if (place := first_word(prompt, words)) is not None]
    name = min(named)[1] if named else ""
    chosen = random.choice(_OPEN)
    horizon = random.uniform(0.42, 0.60)
    light_x = random.choice((0.27, 0.38, 0.64, 0.74)) + random.uniform(-0.04, 0.04)
    light_y = horizon - random.uniform(0.12, 0.26)
    # Beside the light, which draws its outline, and towards the middle of the picture.
    figure_x = light_x + (1 if light_x < 0.5 else -1) * random.uniform(0.10, 0.17)
    figure = 0.0
    if has_word(prompt, _PEOPLE):
        if has_word(prompt, _FULL):
            figure = 0.62
        else:
            figure = 1.5 if has_word(prompt, _CLOSE) else 0.17 if has_word(prompt, _WIDE) else 0.36
    lighthouse = has_word(prompt, "lighthouse 灯塔")
    knot = has_word(prompt, _WOMEN)
    stars = has_word(prompt, "star stars starry starlit milky 星 星空")
    if lighthouse and name not in ("room", "city"):
        name = "water"
    return Scene(name or chosen, horizon, light_x, light_y, figure, figure_x, knot, lighthouse, stars)


def paint(size: tuple[int, int], scene: Scene, colours: Colours, random: Random) -> Image:
    """The scenery as an RGB picture of exactly that size."""
    from PIL import Image, ImageChops, ImageDraw

    over = (size[0] * OVER, size[1] * OVER)
    grey = Image.new("L", over, 0)
    draw = ImageDraw.Draw(grey)
    _DRAW[scene.name](draw, over, scene, random)
    if scene.lighthouse and scene.name == "water":
        _lighthouse(draw, over, scene)
    if 0 < scene.figure <= 1 and scene.name == "water":
        _quay(draw, over, _foot(scene) - 0.012, scene.light_x)
    grey = grey.reduce(OVER)
    open_air = grey.point([max(0, 255 - level * 255 // _SKY_EDGE) for level in range(256)])
    shifted = ImageChops.add(grey, _air(size, scene), 1, -_NO_AIR)
    shifted.putpalette(_palette(colours))
    picture = shifted.convert("RGB")
    seen = open_air.getbbox()
    if seen is not None:
        # Only as much of the sky as is seen is painted: less than half of most pictures.
        picture.paste(_sky(size, seen[3], scene, colours), (0, 0), open_air.crop((0, 0, size[0], seen[3])))
        if scene.stars:
            _stars(picture, open_air, scene, colours, random)
    if scene.name == "city":
        _lit_windows(picture, grey, scene, colours, random)
    if scene.name == "water":
        _glitter(picture, scene, colours, random)
    if scene.figure:
        _person(picture, scene, colours, random)
    return picture


_GRID = (32, 24)  # smooth things are reckoned on this grid and enlarged, which is both soft and cheap


@lru_cache(maxsize=1)
def _shades() -> tuple[tuple[float, ...], ...]:
    """How much darker a picture is towards its edges, 0 to 1, row by row of the grid."""
    columns, rows = _GRID

    def shade(x: float, y: float) -> float:
        return min(0.55, max(0.0, math.hypot((x - 0.5) * 1.25, (y - 0.46) * 1.15) - 0.38) * 1.1)

    return tuple(
        tuple(shade((column + 0.5) / columns, (row + 0.5) / rows) for column in range(columns)) for row in range(rows)
    )


def _enlarged(tiny: Image, size: tuple[int, int], lines: int) -> Image:
    """The upper lines of a grid at a picture's size: in curves up to a quarter of it, in straight steps from there."""
    from PIL.Image import Resampling

    columns, rows = _GRID
    quarter = (max(1, size[0] // 4), max(1, lines // 4))
    soft = tiny.resize(quarter, Resampling.BICUBIC, box=(0, 0, columns, rows * lines / size[1]))
    return soft.resize((size[0], lines), Resampling.BILINEAR)


def _sky(size: tuple[int, int], lines: int, scene: Scene, colours: Colours) -> Image:
    """The upper lines of a gradient with the light's glow."""
    from PIL import Image

    columns, rows = _GRID
    aspect = size[0] / size[1]
    dark = mix(colours.zenith, (0, 0, 0), 0.7)
    light = colours.light
    pixels: list[Rgb] = []
    for row in range(min(rows, math.ceil(rows * lines / size[1]) + 2)):
        y = (row + 0.5) / rows
        base = mix(colours.zenith, colours.horizon, min(1.0, max(0.0, y / scene.horizon)) ** 1.3)
        for column, shade in enumerate(_shades()[row]):
            across, down = ((column + 0.5) / columns - scene.light_x) * aspect, y - scene.light_y
            square = across * across + down * down
            glow = min(1.0, 0.75 * math.exp(-square / 0.0256) + 0.4 * math.exp(-square / 0.25))
            # All three together: of the base, of the light and of the dark.
            rest, glow = (1 - glow) * (1 - shade), glow * (1 - shade)
            pixels.append(
                (
                    round(base[0] * rest + light[0] * glow + dark[0] * shade),
                    round(base[1] * rest + light[1] * glow + dark[1] * shade),
                    round(base[2] * rest + light[2] * glow + dark[2] * shade),
                )
            )
    pixels += [pixels[-1]] * (columns * rows - len(pixels))
    tiny = Image.new("RGB", _GRID)
    tiny.putdata(pixels)
    return _enlarged(tiny, size, lines)


_NO_AIR = 90  # what leaves a level as it is


def _air(size: tuple[int, int], scene: Scene) -> Image:
    """What is added to the levels: over the horizon things fade into the distance, at the edges they come nearer.

    It is what turns flat layers into air.
    """
    from PIL import Image

    columns, rows = _GRID
    inside = scene.name == "room"
    near_light = [
        0.35 + 0.65 * math.exp(-((((column + 0.5) / columns - scene.light_x) / 0.45) ** 2)) for column in range(columns)
    ]
    values = []
    for row, shades in enumerate(_shades()):
        band = 0.0 if inside else 66 * math.exp(-((((row + 0.5) / rows - scene.horizon - 0.05) / 0.11) ** 2))
        values += [round(_NO_AIR - band * near + 150 * shade) for near, shade in zip(near_light, shades, strict=True)]
    tiny = Image.new("L", _GRID)
    tiny.putdata(values)
    return _enlarged(tiny, size, size[1])


def _palette(colours: Colours) -> list[int]:
    """Red, green and blue of every grey level."""
    haze = mix(colours.horizon, colours.layers[0], 0.25)  # what the air makes of the farthest things
    stops = ((0, haze), *zip(_LEVELS, colours.layers, strict=True))
    found: list[int] = []
    for (below, first), (above, second) in pairwise(stops):
        for level in range(below, above):
            found += mix(first, second, (level - below) / (above - below))
    return [*found, *colours.layers[-1]]


def _ridge(
    draw: ImageDraw,
    size: tuple[int, int],
    top: float,
    swing: float,
    level: int,
    random: Random,
    *,
    rough: float = 0.5,
    waves: float = 1.0,
) -> list[float]:
    """One silhouette from edge to edge; returns its heights, one per step."""
    width, height = size
    parts = [(random.uniform(0.6, 1.4) * waves * 2**n, random.uniform(0, math.tau), rough**n) for n in range(6)]
    scale = sum(weight for _, _, weight in parts)
    steps = max(24, min(320, width // 12))
    heights = []
    for step in range(steps + 1):
        x = step / steps * width / height  # waves are as wide as they are in any other shape of frame
        value = sum(weight * math.sin(frequency * math.tau * x * 0.55 + phase) for frequency, phase, weight in parts)
        heights.append((top - swing * value / scale) * height)
    outline = [(step / steps * width, y) for step, y in enumerate(heights)]
    draw.polygon([(0, height), *outline, (width, height)], fill=level)
    return heights


def _hills(draw: ImageDraw, size: tuple[int, int], scene: Scene, random: Random) -> None:
    for index, level in enumerate(_LEVELS):
        depth = index / (LAYERS - 1)
        top = scene.horizon - 0.10 + depth * 0.42
        _ridge(
            draw,
            size,
            top,
            0.17 * (1 - depth * 0.45),
            level,
            random,
            rough=0.55 - 0.12 * depth,
            waves=1.3 - 0.7 * depth,
        )


def _dunes(draw: ImageDraw, size: tuple[int, int], scene: Scene, random: Random) -> None:
    for index, level in enumerate(_LEVELS):
        depth = index / (LAYERS - 1)
        _ridge(
            draw,
            size,
            scene.horizon + depth * 0.38,
            0.05 + 0.06 * depth,
            level,
            random,
            rough=0.25,
            waves=0.9 - 0.4 * depth,
        )


def _forest(draw: ImageDraw, size: tuple[int, int], scene: Scene, random: Random) -> None:
    width, height = size
    for index, level in enumerate(_LEVELS):
        depth = index / (LAYERS - 1)
        heights = _ridge(draw, size, scene.horizon + 0.02 + depth * 0.40, 0.07, level, random, rough=0.4)
        if index == 0:
            continue
        # A clearing for whoever stands in it.
        clear = scene.figure * height * 0.45 if index >= 3 and scene.figure <= 1 else 0.0
        tall = height * (0.10 + 0.34 * depth)
        x = -tall * 0.2
        while x < width + tall * 0.2:
            tree = tall * random.uniform(0.55, 1.15)
            if abs(x - scene.figure_x * width) < clear:
                x += tree * random.uniform(0.22, 0.75)
                continue
            foot = heights[min(len(heights) - 1, max(0, round(x / width * (len(heights) - 1))))] + tree * 0.08
            for tier in range(3):
                half = tree * (0.11 + 0.055 * tier)
                tip = foot - tree * (1.0 - 0.24 * tier)
                draw.polygon([(x, tip), (x - half, tip + tree * 0.46), (x + half, tip + tree * 0.46)], fill=level)
            block(draw, (x - tree * 0.02, foot - tree * 0.2, x + tree * 0.02, foot + tree * 0.2), level)
            x += tree * random.uniform(0.22, 0.75)


def _city(draw: ImageDraw, size: tuple[int, int], scene: Scene, random: Random) -> None:
    width, height = size
    for index, level in enumerate(_LEVELS):
        depth = index / (LAYERS - 1)
        base = scene.horizon + 0.02 + depth * 0.30
        x = -width * random.uniform(0, 0.05)
        block(draw, (0, base * height, width, height), level)
        while x < width:
            wide = height * (0.05 + 0.11 * depth) * random.uniform(0.6, 1.6)
            tall = height * (0.10 + 0.24 * random.random() ** 2 + 0.05 * depth)
            # The street opens towards the light: near houses keep away from it.
            away = abs((x + wide / 2) / width - scene.light_x)
            tall *= 0.35 + min(1.0, away * 2.4) * (0.7 + 0.8 * depth)
            top = base * height - tall
            block(draw, (x, top, x + wide, height), level)
            if random.random() < 0.3:
                draw.polygon([(x, top), (x + wide / 2, top - wide * 0.45), (x + wide, top)], fill=level)
            elif random.random() < 0.3:
                block(draw, (x + wide * 0.46, top - tall * 0.22, x + wide * 0.5, top), level)
            x += wide * random.uniform(0.98, 1.15)
    # The pavement that leads there.
    vanish = (scene.light_x * width, (scene.horizon + 0.05) * height)
    draw.polygon(
        [
            (-0.1 * width, height),
            (vanish[0] - 0.02 * width, vanish[1]),
            (vanish[0] + 0.02 * width, vanish[1]),
            (1.1 * width, height),
        ],
        fill=_LEVELS[1] + 3,
    )
    draw.polygon(
        [
            (0.08 * width, height),
            (vanish[0] - 0.012 * width, vanish[1]),
            (vanish[0] + 0.012 * width, vanish[1]),
            (0.92 * width, height),
        ],
        fill=_LEVELS[2] + 3,
    )


def _water(draw: ImageDraw, size: tuple[int, int], scene: Scene, random: Random) -> None:
    width, height = size
    _ridge(draw, size, scene.horizon - 0.02, 0.055, _LEVELS[0], random, rough=0.5)
    surface = scene.horizon * height
    block(draw, (0, surface, width, height), _LEVELS[0] + 12)
    for band in range(40):
        depth = band / 39
        y = surface + (height - surface) * depth**1.8
        level = _LEVELS[0] + 12 + round((_LEVELS[3] - _LEVELS[0] - 12) * depth)
        block(draw, (0, y, width, height), level)
        for _ in range(5):
            x, long = random.uniform(-0.1, 1) * width, random.uniform(0.03, 0.2) * width * (0.4 + depth)
            thick = max(1, round((1 + 5 * depth) * height / 900))
            block(draw, (x, y, x + long, y + thick), min(255, level + 22))
    # A near shore on the side away from the light, and a boat in it.
    side = 1 if scene.light_x < 0.5 else 0
    points: list[tuple[float, float]] = [(side * width, height), (side * width, height * (scene.horizon + 0.16))]
    for step in range(13):
        share = step / 12
        points.append(
            (
                abs(side - share * 0.62) * width,
                height * (scene.horizon + 0.2 + 0.3 * share + 0.02 * random.uniform(-1, 1)),
            )
        )
    draw.polygon([*points, (abs(side - 0.66) * width, height)], fill=_LEVELS[4])
    # Off the shore, where neither the light nor somebody beside it stands.
    x, y, hull = width * abs(side - random.uniform(0.17, 0.27)), surface + (height - surface) * 0.1, height * 0.13
    draw.polygon(
        [(x - hull, y - hull * 0.22), (x + hull * 1.1, y - hull * 0.26), (x + hull * 0.8, y), (x - hull * 0.8, y)],
        fill=_LEVELS[3],
    )
    block(draw, (x - hull * 0.35, y - hull * 0.55, x + hull * 0.3, y - hull * 0.2), _LEVELS[3])
    block(draw, (x - hull * 0.1, y - hull * 1.0, x - hull * 0.05, y - hull * 0.5), _LEVELS[3])


def _room(draw: ImageDraw, size: tuple[int, int], scene: Scene, random: Random) -> None:
    width, height = size
    left, right = 0.2 + random.uniform(-0.05, 0.05), 0.8 + random.uniform(-0.05, 0.05)
    top, bottom = 0.2, 0.68
    box = (left * width, top * height, right * width, bottom * height)
    block(draw, (0, 0, width, height), _LEVELS[2])
    draw.polygon([(0, 0), (box[0], box[1]), (box[2], box[1]), (width, 0)], fill=_LEVELS[3])
    draw.polygon([(0, 0), (box[0], box[1]), (box[0], box[3]), (0, height)], fill=_LEVELS[3] - 14)
    draw.polygon([(width, 0), (box[2], box[1]), (box[2], box[3]), (width, height)], fill=_LEVELS[2] + 12)
    draw.polygon([(0, height), (box[0], box[3]), (box[2], box[3]), (width, height)], fill=_LEVELS[2] - 22)
    block(draw, box, _LEVELS[1])
    # Boards of the floor run to the vanishing point.
    vanish = ((box[0] + box[2]) / 2, height * 0.42)
    for step in range(-6, 19):
        x = width * step / 12
        draw.line(
            (x, height, vanish[0] + (x - vanish[0]) * (box[3] - vanish[1]) / (height - vanish[1]), box[3]),
            fill=_LEVELS[2] - 4,
            width=max(1, height // 360),
        )
    # A window onto the sky, with bars, and its light on the floor.
    wide = (box[2] - box[0]) * 0.44
    x = box[0] + (box[2] - box[0] - wide) * (0.15 if scene.light_x < 0.5 else 0.85)
    y, tall = box[1] + height * 0.07, height * 0.27
    draw.polygon(
        [(x - wide * 0.1, height * 0.98), (x + wide * 1.5, height * 0.98), (x + wide, box[3] + 2), (x, box[3] + 2)],
        fill=_LEVELS[0] + 8,
    )
    block(draw, (x, y, x + wide, y + tall), 0)
    bar = max(2, height // 150)
    for share in (0, 0.5, 1):
        block(draw, (x + wide * share - bar, y - bar, x + wide * share + bar, y + tall + bar), _LEVELS[3])
        block(draw, (x - bar, y + tall * share - bar, x + wide + bar, y + tall * share + bar), _LEVELS[3])
    # A table near the viewer.
    x = width * (0.62 if scene.light_x < 0.5 else 0.12)
    y, wide = height * 0.66, width * 0.27
    draw.polygon(
        [(x, y + height * 0.05), (x + wide * 0.16, y), (x + wide * 0.92, y), (x + wide, y + height * 0.05)],
        fill=_LEVELS[4] - 30,
    )
    block(draw, (x, y + height * 0.05, x + wide, y + height * 0.075), _LEVELS[4])
    for leg in (0.06, 0.9):
        block(draw, (x + wide * leg, y + height * 0.07, x + wide * (leg + 0.045), y + height * 0.28), _LEVELS[4])


_DRAW = {"hills": _hills, "dunes": _dunes, "forest": _forest, "city": _city, "water": _water, "room": _room}


def _quay(draw: ImageDraw, size: tuple[int, int], top: float, vanish: float) -> None:
    """Planks to stand on, between the water and the viewer."""
    width, height = size
    line = max(1, height // 500)
    block(draw, (0, top * height, width, height), _LEVELS[3] + 12)
    for step in range(-14, 28):
        near, far = (vanish + (step / 14 - vanish) * 2.6) * width, (vanish + (step / 14 - vanish) * 1.3) * width
        draw.line((far, top * height, near, height), fill=_LEVELS[4], width=line)
    block(draw, (0, top * height, width, (top + 0.012) * height), _LEVELS[2] + 10)
    block(draw, (0, (top + 0.012) * height, width, (top + 0.017) * height), _LEVELS[4])


def _lighthouse(draw: ImageDraw, size: tuple[int, int], scene: Scene) -> None:
    """On a rock before the horizon; somebody stands on the other side of the light."""
    width, height = size
    x = (scene.light_x + (0.15 if scene.light_x > 0.5 else -0.15)) * width
    foot, tall = (scene.horizon + 0.035) * height, height * 0.34
    level = _LEVELS[2]

    def part(low: float, high: float, wide_low: float, wide_high: float) -> None:
        corners = [(-wide_low, low), (wide_low, low), (wide_high, high), (-wide_high, high)]
        draw.polygon([(x + across * tall, foot - up * tall) for across, up in corners], fill=level)

    part(-0.06, 0.06, 0.52, 0.22)  # the rock
    part(0.0, 0.80, 0.085, 0.055)
    part(0.80, 0.83, 0.085, 0.085)
    part(0.83, 0.92, 0.012, 0.012)
    part(0.92, 1.0, 0.062, 0.008)
    block(draw, (x - 0.07 * tall, foot - 0.87 * tall, x + 0.07 * tall, foot - 0.855 * tall), level)


def _stars(picture: Image, open_air: Image, scene: Scene, colours: Colours, random: Random) -> None:
    """Points that grow sparse towards the horizon; none stands before a roof."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    seen = open_air.load()
    assert seen is not None
    size = max(0, height // 500)
    for _ in range(220):
        x, y = int(random.random() * width), int(random.random() ** 1.7 * scene.horizon * height)
        bright = random.uniform(0.25, 0.9)
        if seen[x, y] == 255:
            here = picture.getpixel((x, y))
            assert isinstance(here, tuple)
            block(draw, (x, y, x + size, y + size), mix((here[0], here[1], here[2]), colours.light, bright))


def _foot(scene: Scene) -> float:
    """Where somebody stands: lower in the picture the nearer they are."""
    if scene.name == "forest":
        return 0.74  # on the ground, not in the trees
    return min(0.775, scene.horizon + 0.08 + 0.5 * scene.figure)  # above where the lower third will be


# Half of somebody in a long coat, from the neck down to the hem: across and down, in shares of the height.
_COAT = (
    (0.024, 0.118), (0.027, 0.146), (0.060, 0.163), (0.094, 0.178), (0.112, 0.208), (0.121, 0.262), (0.131, 0.330),
    (0.134, 0.396), (0.129, 0.448), (0.121, 0.476), (0.107, 0.470), (0.106, 0.430), (0.103, 0.420), (0.113, 0.520),
    (0.127, 0.620), (0.133, 0.664), (0.070, 0.676), (0.0, 0.680),
)  # fmt: skip


def _person(picture: Image, scene: Scene, colours: Colours, random: Random) -> None:
    """Somebody in a coat, in outline: it gives a scene its scale, and shows whether it is wide or close."""
    from PIL import Image, ImageDraw

    width, height = picture.size
    tall = scene.figure * height
    # Close ones are cut off by the frame.
    top = height * 0.13 if scene.figure > 1 else height * _foot(scene) - tall
    half = tall * 0.2
    mask = Image.new("L", (max(1, round(half * 2)) * OVER, max(1, round(min(tall * 1.02, height - top))) * OVER), 0)
    draw = ImageDraw.Draw(mask)
    unit = tall * OVER
    facing = 1 if scene.light_x > scene.figure_x else -1
    stride = random.uniform(0.02, 0.06)

    def at(across: float, down: float) -> tuple[float, float]:
        return mask.width / 2 + across * unit * facing, down * unit

    def disc(across: float, down: float, wide: float, high: float) -> None:
        x, y = at(across, down)
        draw.ellipse((x - wide * unit, y - high * unit, x + wide * unit, y + high * unit), fill=255)

    def leg(hip: float, knee: float, foot: float) -> None:
        draw.polygon(
            [at(hip - 0.04, 0.6), at(hip + 0.04, 0.6), at(knee + 0.03, 0.8), at(foot + 0.02, 0.965),
             at(foot - 0.02, 0.965), at(knee - 0.032, 0.8)],
            fill=255,
        )  # fmt: skip
        disc(foot + 0.014, 0.972, 0.036, 0.017)

    if scene.figure <= 1:
        leg(0.045, 0.05 + stride * 0.6, 0.05 + stride)
        leg(-0.045, -0.05 - stride * 0.3, -0.055 - stride)
    draw.polygon(
        [at(*point) for point in _smooth(_COAT)] + [at(-across, down) for across, down in reversed(_smooth(_COAT))],
        fill=255,
    )
    disc(0.006, 0.072, 0.046, 0.060)
    disc(0.030, 0.088, 0.026, 0.034)  # the face, turned to the light
    disc(-0.010, 0.056, 0.052, 0.048)  # hair
    if scene.knot:
        disc(-0.056, 0.074, 0.021, 0.024)
    mask = mask.reduce(OVER)
    left, upper = round(scene.figure_x * width - half), round(top)
    # A rim of light on the side of the light: it lifts somebody off a dark ground.
    rim = max(1, round(tall * 0.006)) * facing
    edge = mix(colours.light, colours.layers[-1], 0.35)
    picture.paste(edge, (left + rim, upper), mask)
    picture.paste(mix(colours.layers[-1], (0, 0, 0), 0.2), (left, upper), mask)


@lru_cache(maxsize=4)
def _smooth(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """A curve through the points (Catmull and Rom's), five steps for each."""
    found = []
    for index in range(len(points) - 1):
        before, one, other = points[max(0, index - 1)], points[index], points[index + 1]
        after = points[min(len(points) - 1, index + 2)]
        for step in range(5):
            t = step / 5
            weights = (
                -0.5 * t + t * t - 0.5 * t**3, 1 - 2.5 * t * t + 1.5 * t**3,
                0.5 * t + 2 * t * t - 1.5 * t**3, -0.5 * t * t + 0.5 * t**3,
            )  # fmt: skip
            corners = (before, one, other, after)
            found.append(
                (
                    sum(weight * corner[0] for weight, corner in zip(weights, corners, strict=True)),
                    sum(weight * corner[1] for weight, corner in zip(weights, corners, strict=True)),
                )
            )
    return (*found, points[-1])


def _lit_windows(picture: Image, grey: Image, scene: Scene, colours: Colours, random: Random) -> None:
    """Small lights in dark walls: they stand upright and square, so they need no smoothing."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    unit = max(2, height // 140)
    levels = grey.load()
    assert levels is not None
    glow = mix(colours.light, colours.accent, 0.35)
    for _ in range(420 if width > 4 * unit else 0):
        x = int(random.random() * (width - 2 * unit))
        y = int((scene.horizon - 0.2 + random.random() * 0.36) * height)
        if not 2 * unit <= y < height - 2 * unit:
            continue
        level = levels[x, y]
        if level in _LEVELS[2:] and level == levels[x + unit, y + 2 * unit] == levels[x, y - unit * 2]:
            x, y = x - x % (unit * 3), y - y % (unit * 4)
            colour = mix(glow, colours.layers[_LEVELS.index(int(level))], random.uniform(0.1, 0.6))
            block(draw, (x, y, x + unit - 1, y + round(unit * 1.5)), colour)


def _glitter(picture: Image, scene: Scene, colours: Colours, random: Random) -> None:
    """The light's path on the water: short strokes, wider and farther apart as they come nearer."""
    from PIL import Image, ImageDraw

    width, height = picture.size
    top = int(scene.horizon * height)
    left, right = int((scene.light_x - 0.24) * width), int((scene.light_x + 0.24) * width)
    bottom = min(height, int(_foot(scene) * height)) if scene.figure else height
    mask = Image.new("L", (right - left, max(1, bottom - top)), 0)
    draw = ImageDraw.Draw(mask)
    for _ in range(150):
        depth = random.random()
        y = (height - top) * depth**1.5 * 0.8
        long = width * (0.008 + 0.05 * depth) * random.uniform(0.4, 1.4)
        x = scene.light_x * width - left + random.gauss(0, 0.02 + 0.05 * depth) * width
        block(draw, (x - long, y, x + long, y + max(1, height // 360)), round(150 * (1 - depth * 0.7)))
    picture.paste(colours.light, (left, top), mask)
