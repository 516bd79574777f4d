"""`vrlive bench render`: what garments cost: drawn straight into the sphere or by way of a cube, laid over frames, lit anew."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from renderer.compositor import Compositor
from renderer.desk import Desk
from renderer.figure import Figure, stand
from renderer.layers import Layer, lay_over, make_layer
from renderer.light import Light, even_light, radiance_of
from renderer.placement import CUBE, Rectangle
from renderer.steps import at_once
from vrlive.bench.report import Report, Row
from vrlive.bench.stopwatch import Stopwatch
from vrlive.frames import Picture
from vrlive.show.scene import Garment, Scene, read_scene
from vrlive.units import Size

SIZES: Final = (Size(1920, 960), Size(3840, 1920))
MANY: Final = 12  # garments that stand still
FULL_S, QUICK_S = 6.0, 1.0

DIRECT: Final = "redraw, straight into the sphere"
CUBE_ROW: Final = "redraw, six faces of a cube"
STILL: Final = "one still garment, laid over"
STILL_MANY: Final = f"{MANY} still garments, a frame"
LIGHT: Final = "light of a picture"

Say = Callable[[str], None]


def measure(*, quick: bool, say: Say) -> Report:
    """Measure the showroom's garment at two sizes, on one thread but for OpenGL's own.

    Raises
    ------
    RenderUnavailable
        If there is no usable OpenGL.
    """
    lasts_s = QUICK_S if quick else FULL_S
    rows: list[Row] = []
    for size in SIZES:
        say(f"garments at {size} …")
        rows += _rows(size, lasts_s)
    return Report(rows)


def verdicts(report: Report) -> list[str]:
    """What the rows say, in words."""
    told = []
    for size in SIZES:
        found = {row.stage: row for row in report.rows if row.work == str(size)}
        still = found[STILL]
        assert still.median_ms is not None
        assert still.megapixels is not None
        told.append(
            f"{size}: drawn straight in 1/{found[CUBE_ROW].ratio:.1f} of a cube's time; "
            f"a still one has {still.megapixels:.2f} Mpix, laid over at {still.median_ms / still.megapixels:.2f} ms/Mpix; "
            f"{MANY} still ones take {found[STILL_MANY].median_ms:.2f} ms a frame"
        )
    return told


def _rows(size: Size, lasts_s: float) -> Iterator[Row]:
    scene = read_scene("showroom")
    figure = stand(scene.garment[0], scene.floor_m, size)
    ground, place, light = figure.ground_rectangles(size)[0], figure.rectangle(size), even_light()
    desk = Desk()
    try:
        for _ in desk.load([figure]):
            pass
        direct = _timed(lasts_s, lambda: _painted(desk, figure, ground, place, light)).row(str(size), DIRECT)
        around = replace(place, faces=tuple(range(len(CUBE))))
        cube = _timed(lasts_s, lambda: _painted(desk, figure, ground, around, light)).row(str(size), CUBE_ROW)
        layers = _painted(desk, figure, ground, place, light)
    finally:
        desk.close()
    assert direct.median_ms is not None
    assert cube.median_ms is not None
    yield direct
    yield replace(cube, ratio=cube.median_ms / direct.median_ms)
    picture = Picture.filled(size, (110, 120, 135))
    still = _timed(lasts_s, lambda: _laid_over(picture, layers)).row(str(size), STILL)
    yield replace(still, megapixels=(place.width * place.height + ground.width * ground.height) / 1e6)
    yield _many(scene.garment[0], size, lasts_s)
    yield _timed(lasts_s, lambda: _lit(picture)).row(str(size), LIGHT)


def _many(garment: Garment, size: Size, lasts_s: float) -> Row:
    """A circle of the same garment; after the first frame nothing has to be drawn, and the light is looked at once in a while."""
    around = [
        garment.model_copy(update={"name": f"dress-{number}", "bearing_deg": 360.0 * number / MANY, "distance_m": 3.0})
        for number in range(MANY)
    ]
    compositor, picture, fresh = (
        Compositor(Scene(name="circle", garment=tuple(around)), size),
        Picture.filled(size),
        Picture.filled(size, (110, 120, 135)),
    )
    watch = Stopwatch(lasts_s)
    try:
        while not watch.enough:
            picture.copy_from(fresh)
            with watch.frame():
                compositor.run(picture)
    finally:
        compositor.close()
    return watch.row(str(size), STILL_MANY)


def _painted(desk: Desk, figure: Figure, ground: Rectangle, place: Rectangle, light: Light) -> list[Layer]:
    """Shadow and garment."""
    name, variant = figure.garment.name, figure.garment.variant or ""
    shadow, drawn = at_once(desk.paint_shadow(name, 0, ground, light)), at_once(desk.paint(name, variant, place, light))
    return [make_layer(ground, shadow.pixels), make_layer(place, drawn.pixels)]


def _laid_over(picture: Picture, layers: list[Layer]) -> None:
    for layer in layers:
        lay_over(picture, layer)


def _lit(picture: Picture) -> Light:
    return Light.from_radiance(radiance_of(picture))


def _timed(lasts_s: float, work: Callable[[], object]) -> Stopwatch:
    watch = Stopwatch(lasts_s)
    while not watch.enough:
        with watch.frame():
            work()
    return watch
