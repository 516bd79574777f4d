from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from renderer.compositor import Compositor
from renderer.light import even_light
from renderer.metering import RELIGHT_FRAMES
from renderer.steps import at_once
from tests.renderer.boxes import BLUE, GREEN, RED, YELLOW, Colour, write_box
from vrlive import colour
from vrlive.errors import UserError
from vrlive.frames import Picture
from vrlive.show.scene import Garment, Scene, read_scene
from vrlive.units import Size

Array = NDArray[np.float64]

SIZE = Size(1024, 512)
ENOUGH = 2 * RELIGHT_FRAMES  # frames after which any change has been drawn


def grey(level: float = 0.5, size: Size = SIZE) -> Picture:
    return tinted((level, level, level), size)


def tinted(rgb: Colour, size: Size = SIZE) -> Picture:
    y, u, v = np.rint(colour.rgb_to_codes(rgb)).astype(int)
    return Picture.filled(size, (y, u, v))


def rgb_at(picture: Picture, yaw_rad: float, pitch_rad: float) -> Array:
    """Colour in a direction."""
    column = int((yaw_rad / (2 * np.pi) + 0.5) * picture.size.width) % picture.size.width
    row = int((0.5 - pitch_rad / np.pi) * picture.size.height)
    return colour.codes_to_rgb([picture.y[row, column], picture.u[row // 2, column // 2], picture.v[row // 2, column // 2]])


def painted(compositor: Compositor, level: float) -> Array:
    """The pixels of the one garment in even light of a level."""
    garment = compositor.garments[0]
    assert compositor._desk is not None
    return np.asarray(at_once(compositor._desk.paint(garment.name, "", garment.rectangle, even_light(level))).pixels, np.float64)


def scene(*garments: Garment) -> Scene:
    return Scene(name="test", garment=garments)


@pytest.fixture
def composite(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens compositors that are closed when the test ends."""
    opened: list[Compositor] = []

    def opening(of: Scene, size: Size = SIZE) -> Compositor:
        opened.append(Compositor(of, size))
        return opened[-1]

    yield opening
    for each in opened:
        each.close()


@pytest.mark.parametrize("bearing_deg", [0, 90, -75, 180, 179])
def test_a_garment_stands_where_the_scene_says(composite: Any, tmp_path: Path, bearing_deg: float) -> None:
    """A narrow red pole, its middle seen within a tenth of a degree of where its bearing and distance put it."""
    pole = write_box(tmp_path / "pole.glb", (0.1, 1.2, 0.1), sides=dict.fromkeys(("front", "back", "left", "right", "top"), RED))
    distance, floor = 2.5, 1.6
    picture = grey()
    composite(scene(Garment(name="pole", model=pole, bearing_deg=bearing_deg, distance_m=distance))).run(picture)
    red = np.maximum(picture.v.astype(np.float64) - 134, 0)
    yaws = ((np.arange(512) + 0.5) / 512 - 0.5) * 2 * np.pi
    yaw = np.degrees(np.angle((red.sum(axis=0) * np.exp(1j * yaws)).sum()))
    assert abs((yaw - bearing_deg + 180) % 360 - 180) < 0.1
    rows = np.flatnonzero(red.max(axis=1) > 45)
    near = distance - 0.05
    top, foot = (90 - 180 * edge / 256 for edge in (rows[0], rows[-1] + 1))
    assert top == pytest.approx(np.degrees(np.arctan2(1.2 - floor, distance + 0.05)), abs=0.5)
    assert foot == pytest.approx(np.degrees(np.arctan2(-floor, near)), abs=0.5)


def projected(model: Path, garment: Garment, floor_m: float, size: Size) -> NDArray[np.bool_]:
    """Silhouette of a garment, by other code: trimesh reads, the centre is turned to the middle, Pillow fills its triangles."""
    mesh: Any = trimesh.load(model, force="mesh", process=False)
    assert garment.bearing_deg is not None
    assert garment.distance_m is not None
    x, y, z = mesh.vertices.T  # facing the viewer straight ahead; then everything is turned by the bearing
    ahead, up = garment.distance_m - z, y - floor_m + garment.height_m
    yaw, pitch = np.arctan2(x, ahead), np.arctan2(up, np.hypot(x, ahead))
    fine = 4
    column = ((yaw + np.radians(garment.bearing_deg)) / (2 * np.pi) + 0.5) * size.width * fine
    row = (0.5 - pitch / np.pi) * size.height * fine
    image = Image.new("1", (size.width * fine, size.height * fine))
    drawing = ImageDraw.Draw(image)
    for triangle in np.column_stack([column, row])[mesh.faces]:
        drawing.polygon([(float(u), float(v)) for u, v in triangle], fill=1)
    covered = np.asarray(image, np.float64).reshape(size.height, fine, size.width, fine).mean(axis=(1, 3))
    return np.asarray(covered > 0.5)


def test_the_showroom_s_dress_has_its_silhouette_where_the_scene_puts_it(composite: Any) -> None:
    """Without its shadow."""
    showroom, size = read_scene("showroom"), Size(1920, 960)
    garment = showroom.garment[0]
    compositor = composite(showroom, size)
    compositor._desk._loaded["dress"].shades[0].hidden[:] = 0
    compositor.run(grey(size=size))
    layer = compositor._cast.roles["dress"].ring.seen(0).eyes[0].layers[-1]
    place = layer.rectangle
    drawn = np.zeros((size.height, size.width), bool)
    drawn[place.row : place.row + place.height, place.column : place.column + place.width] = layer.alpha > 127
    wanted = projected(garment.model, garment, showroom.floor_m, size)
    assert (drawn & wanted).sum() / (drawn | wanted).sum() > 0.985
    for axis in (0, 1):  # its middle within a twentieth of a degree
        where = [np.average(np.arange(mask.shape[axis]), weights=mask.sum(axis=1 - axis)) for mask in (drawn, wanted)]
        assert abs(where[0] - where[1]) * 360 / size.width < 0.05


@pytest.mark.parametrize(("turn_deg", "seen"), [(0, RED), (180, BLUE), (90, GREEN), (-90, YELLOW), (270, YELLOW)])
@pytest.mark.parametrize("bearing_deg", [0, 120])
def test_its_own_turn_is_clockwise_from_facing_the_viewer(
    composite: Any, tmp_path: Path, bearing_deg: float, turn_deg: float, seen: Colour
) -> None:
    """Clockwise from above brings its left side, +X of the model, to the viewer."""
    box = write_box(tmp_path / "box.glb", sides={"front": RED, "back": BLUE, "left": GREEN, "right": YELLOW})
    picture = grey()
    composite(scene(Garment(name="box", model=box, bearing_deg=bearing_deg, distance_m=2.5, turn_deg=turn_deg))).run(picture)
    np.testing.assert_allclose(rgb_at(picture, np.radians(bearing_deg), -0.4), seen, atol=0.02)


def test_both_ways_of_placing_give_the_same_picture(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", sides={"front": RED})
    bearing, distance = np.radians(50), 2.0
    polar = Garment(name="box", model=box, bearing_deg=50, distance_m=distance, height_m=0.2)
    straight = Garment(name="box", model=box, position_m=(distance * np.sin(bearing), -1.4, -distance * np.cos(bearing)))
    first, second = grey(), grey()
    composite(scene(polar)).run(first)
    composite(scene(straight)).run(second)
    for plane, other in zip(first.planes, second.planes, strict=True):
        assert np.abs(plane.astype(int) - other).max() <= 1


def test_a_white_surface_in_a_uniform_room_is_as_bright_as_the_room(composite: Any, tmp_path: Path) -> None:
    """The white furnace: what a matt white surface loses to its shine it gets back as a reflection."""
    box = write_box(tmp_path / "box.glb", unlit=False)
    pixels = painted(composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5))), 0.4)
    middle = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
    np.testing.assert_allclose(colour.to_light(middle[:3] / 255), 0.4, rtol=0.02)
    assert middle[3] == 255


def test_highlights_roll_off_instead_of_clipping(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", unlit=False)
    compositor = composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5)))
    images = [painted(compositor, level) for level in (0.6, 0.8, 1.2, 2.0)]
    codes = [image[image.shape[0] // 2, image.shape[1] // 2, 1] for image in images]
    assert codes == sorted(set(codes))
    assert codes[-1] <= 255
    assert codes[1] < colour.from_light(0.8) * 255


def test_it_is_lit_in_the_colour_of_the_picture(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", unlit=False)
    shown = {}
    for name, tint in {"warm": (0.7, 0.5, 0.3), "cold": (0.3, 0.5, 0.7)}.items():
        picture = tinted(tint)
        composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5))).run(picture)
        shown[name] = rgb_at(picture, 0, -0.4)
    assert shown["warm"][0] > shown["warm"][2] + 0.2
    assert shown["cold"][2] > shown["cold"][0] + 0.2


def test_it_is_brighter_on_the_side_of_the_window(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", unlit=False)
    picture = grey(0.3)
    column = SIZE.width * 3 // 4  # yaw 90°, to the right
    picture.y[180:300, column - 60 : column + 60] = 225
    composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5, turn_deg=45))).run(picture)
    left, right = (rgb_at(picture, yaw, -0.4)[1] for yaw in (-0.07, 0.07))
    assert right > left + 0.15


def test_the_floor_is_darkest_beside_the_garment(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", (0.5, 1.0, 0.5), sides={"front": RED})
    picture = grey()
    composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5))).run(picture)
    before = grey().y[0, 0]
    at = {metres: int(rgb_at(picture, 0, np.arctan2(-1.6, metres))[1] * 219 + 16.5) for metres in (2.2, 2.0, 1.8, 1.0)}
    assert at[2.2] < at[2.0] < at[1.8] <= before
    assert at[2.2] < before - 25
    assert at[1.0] == before


def test_a_still_garment_in_still_light_is_not_drawn_again(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", unlit=False)
    compositor = composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5)))
    compositor.run(grey())
    view = compositor._cast.roles["box"].ring.seen(0)
    for _ in range(3 * RELIGHT_FRAMES):
        compositor.run(grey())
    assert compositor._cast.roles["box"].ring.seen(0) is view


def test_changed_light_is_followed(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", unlit=False)
    compositor = composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5)))
    compositor.run(tinted((0.3, 0.5, 0.7)))
    for _ in range(4 * RELIGHT_FRAMES):
        picture = tinted((0.7, 0.5, 0.3))
        compositor.run(picture)
    red, _, blue = rgb_at(picture, 0, -0.4)
    assert red > blue + 0.2


def test_another_variant_is_shown_soon_and_until_then_the_old_one(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", variants={"rouge": RED, "ink": BLUE})
    compositor = composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5)))
    first = grey()
    compositor.run(first)
    np.testing.assert_allclose(rgb_at(first, 0, -0.4), RED, atol=0.02)
    compositor.set_variant("box", "ink")
    assert compositor.garments[0].variant == "ink"
    seen = []
    for _ in range(ENOUGH):
        picture = grey()
        compositor.run(picture)
        seen.append(rgb_at(picture, 0, -0.4).round().tolist())
    assert seen[-1] == list(BLUE)
    assert all(each in (list(RED), list(BLUE)) for each in seen)
    assert seen.index(list(BLUE)) < 12


def test_the_dress_comes_in_two_colours(composite: Any) -> None:
    shown = {}
    for variant in ("rouge", "ink"):
        compositor = composite(read_scene("showroom"))
        compositor.set_variant("dress", variant)
        picture = grey(0.6)
        compositor.run(picture)
        standing = compositor.garments[0]
        shown[variant] = rgb_at(picture, standing.yaw_rad, standing.pitch_rad)
    assert shown["rouge"][0] > 2 * shown["rouge"][2]
    assert shown["ink"][2] > shown["ink"][0]


def test_the_variant_of_the_scene_is_shown_first(composite: Any, tmp_path: Path) -> None:
    box = write_box(tmp_path / "box.glb", variants={"rouge": RED, "ink": BLUE})
    picture = grey()
    composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5, variant="ink"))).run(picture)
    np.testing.assert_allclose(rgb_at(picture, 0, -0.4), BLUE, atol=0.02)


def test_the_nearer_garment_hides_the_farther_one(composite: Any, tmp_path: Path) -> None:
    model = write_box(tmp_path / "box.glb", variants={"rouge": RED, "ink": BLUE})
    near = Garment(name="near", model=model, bearing_deg=10, distance_m=2, variant="rouge")
    far = Garment(name="far", model=model, bearing_deg=10, distance_m=4, variant="ink")
    for order in ((near, far), (far, near)):
        picture = grey()
        compositor = composite(scene(*order))
        compositor.run(picture)
        np.testing.assert_allclose(rgb_at(picture, np.radians(10), -0.4), RED, atol=0.02)
        assert [each.name for each in compositor.garments] == ["far", "near"]


def test_unknown_names_are_answered_with_the_ones_meant(composite: Any, tmp_path: Path) -> None:
    model = write_box(tmp_path / "box.glb", variants={"rouge": RED, "ink": BLUE})
    compositor = composite(scene(Garment(name="dress", model=model, bearing_deg=0, distance_m=2.5)))
    with pytest.raises(UserError, match=r"“rogue” is no variant of dress; did you mean “rouge”\?"):
        compositor.set_variant("dress", "rogue")
    with pytest.raises(UserError, match="“zebra” is no variant of dress; there is: rouge, ink"):
        compositor.set_variant("dress", "zebra")
    with pytest.raises(UserError, match=r"“drees” is no garment; did you mean “dress”\?"):
        compositor.set_variant("drees", "ink")
    with pytest.raises(UserError, match=r"“rogue” is no variant of dress; did you mean “rouge”\?"):
        composite(scene(Garment(name="dress", model=model, bearing_deg=0, distance_m=2.5, variant="rogue")))


def test_a_garment_over_or_under_the_cameras_is_drawn_too(composite: Any, tmp_path: Path) -> None:
    """A red box around the nadir: seen wherever one looks down steeply, and nowhere else."""
    box = write_box(tmp_path / "box.glb", (0.5, 1.0, 0.5), sides=dict.fromkeys(("front", "back", "left", "right", "top"), RED))
    picture = grey()
    composite(scene(Garment(name="box", model=box, bearing_deg=0, distance_m=0.1))).run(picture)
    for yaw in np.radians(range(-175, 180, 10)):
        np.testing.assert_allclose(rgb_at(picture, yaw, np.radians(-85)), RED, atol=0.02)
        assert np.ptp(rgb_at(picture, yaw, np.radians(-10))) < 0.02
    # its top, 0.6 m below, ends 0.35 m ahead and 0.15 m behind
    for yaw, away in ((0.0, 0.35), (np.pi - 0.01, 0.15)):
        edge = np.arctan2(-0.6, away)
        np.testing.assert_allclose(rgb_at(picture, yaw, edge - 0.02), RED, atol=0.02)
