import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.light import LEVELS, PARTS, SIZE, Light, even_light, look, radiance_of, solid_angles, with_lamps
from vrlive import colour
from vrlive.frames import Picture
from vrlive.projection.equirect import directions
from vrlive.units import Size

Array = NDArray[np.float64]


def room(seed: int = 3) -> NDArray[np.float32]:
    """Walls of several brightnesses, a window, a dark floor, (64, 128, 3)."""
    generator = np.random.default_rng(seed)
    blocks = generator.random((8, 16, 3)) * 0.5
    seen = np.repeat(np.repeat(blocks, 8, axis=0), 8, axis=1)
    seen[20:34, 90:110] = [0.9, 0.95, 1.0]
    return np.asarray(seen, np.float32)


def irradiance(light: Light, normal: Array) -> Array:
    """What the shader makes of the coefficients: Ramamoorthi & Hanrahan's basis, in their order."""
    x, y, z = normal
    basis = [0.282095, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z,
             0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y)]  # fmt: skip
    return np.asarray(basis @ light.irradiance.astype(np.float64))


def slow_irradiance(radiance: NDArray[np.float32], normal: Array) -> Array:
    """The integral of radiance times cosine over the hemisphere, over π."""
    cosine = np.maximum(directions(SIZE).reshape(-1, 3) @ normal, 0)
    return np.asarray((radiance.reshape(-1, 3) * (cosine * solid_angles(SIZE))[:, None]).sum(axis=0) / np.pi)


def test_pixels_share_the_whole_sphere() -> None:
    assert solid_angles(SIZE).sum() == pytest.approx(4 * np.pi)


def test_light_on_a_surface_is_the_integral_over_its_hemisphere() -> None:
    light = Light.from_radiance(room())
    normals = np.random.default_rng(1).normal(size=(60, 3))
    errors = []
    for normal in normals / np.linalg.norm(normals, axis=1, keepdims=True):
        truth = slow_irradiance(light.radiance, normal)
        errors.append(np.abs(irradiance(light, normal) - truth) / truth)
    assert np.mean(errors) < 0.02
    assert np.max(errors) < 0.10  # order 2 holds 99 % of any light's cosine integral


def test_a_uniform_room_lights_and_mirrors_uniformly() -> None:
    light = even_light(0.3)
    for normal in np.eye(3):
        np.testing.assert_allclose(irradiance(light, normal), 0.3, atol=1e-3)
    for level in light.reflections:
        np.testing.assert_allclose(level, 0.3, rtol=1e-5)


def test_reflections_halve_in_size_and_grow_in_roughness() -> None:
    light = Light.from_radiance(room())
    assert [level.shape[:2] for level in light.reflections] == [(SIZE.height >> k, SIZE.width >> k) for k in range(LEVELS)]
    contrasts = [float(level.std()) for level in light.reflections]
    assert contrasts == sorted(contrasts, reverse=True)


def test_a_mirror_stays_in_its_place() -> None:
    """A lamp is mirrored brightest in its own direction, at every roughness."""
    seen = np.full((SIZE.height, SIZE.width, 3), 0.05, np.float32)
    seen[16:20, 100:104] = 5
    for level in Light.from_radiance(seen).reflections:
        row, column = np.unravel_index(level[..., 0].argmax(), level.shape[:2])
        assert abs((row + 0.5) / level.shape[0] - 18 / 64) <= 1 / level.shape[0] + 2 / 64
        assert abs((column + 0.5) / level.shape[1] - 102 / 128) <= 1 / level.shape[1] + 2 / 128


def test_a_picture_s_light_is_linear_and_in_its_colours() -> None:
    """Left half one colour, right half another, both too much alike for lamps."""
    size = Size(512, 256)
    picture = Picture.filled(size)
    for half, tint in ((slice(0, 128), (0.6, 0.5, 0.4)), (slice(128, 256), (0.4, 0.5, 0.6))):
        y, u, v = np.rint(colour.rgb_to_codes(tint)).astype(int)
        picture.y[:, half.start * 2 : half.stop * 2], picture.u[:, half], picture.v[:, half] = y, u, v
    radiance = radiance_of(picture)
    for columns, tint in ((slice(2, 62), (0.6, 0.5, 0.4)), (slice(66, 126), (0.4, 0.5, 0.6))):
        part = radiance[:, columns]
        assert part.std(axis=(0, 1)).max() < 1e-4
        shown = colour.to_light(tint)
        np.testing.assert_allclose(part[0, 0] / part[0, 0].sum(), shown / shown.sum(), atol=0.01)


def test_light_that_video_clipped_comes_from_the_brightest_parts() -> None:
    seen = np.full((SIZE.height, SIZE.width, 3), 0.15, np.float32)
    seen[10:16, 30:50] = 0.9
    lit = with_lamps(seen)
    np.testing.assert_allclose(lit[40:], seen[40:], rtol=1e-3)  # walls are as bright as they look
    assert lit[12, 40].min() > 3
    mean = np.average(lit.reshape(-1, 3), axis=0, weights=solid_angles(SIZE))
    before = np.average(seen.reshape(-1, 3), axis=0, weights=solid_angles(SIZE))
    np.testing.assert_allclose(mean, before / 0.5, rtol=0.01)  # walls of albedo ½ need twice the light that they show


@pytest.mark.parametrize("level", [0.0, 0.6, 0.9, 1.0])
def test_cloth_in_a_white_studio_is_never_whiter_than_white(level: float) -> None:
    lit = with_lamps(np.full((SIZE.height, SIZE.width, 3), level, np.float32))
    assert np.isfinite(lit).all()
    assert lit.max() <= 1.0 + 1e-5


def test_distance_tells_how_much_the_light_moved() -> None:
    light = Light.from_radiance(room())
    assert light.distance(light) == 0
    assert light.distance(Light.from_radiance(room() * np.float32(1.1))) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("seed", [1, 2])
def test_light_of_the_small_picture_is_that_of_every_pixel(seed: int) -> None:
    """Spherical harmonics of the full picture, pixel by pixel in float64: within a thousandth."""
    size = Size(1536, 768)
    generator = np.random.default_rng(seed)
    coarse = cv2.resize(generator.random((24, 48, 3)), (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    shown = (coarse * 0.8 + generator.normal(0, 0.1, (size.height, size.width, 3))).clip(0.02, 0.98)  # walls and fine patterns
    codes = colour.rgb_to_codes(shown)
    half = codes.reshape(size.height // 2, 2, size.width // 2, 2, 3).mean(axis=(1, 3))
    picture = Picture(*(np.rint(plane).astype(np.uint8) for plane in (codes[..., 0], half[..., 1], half[..., 2])))
    u, v = (np.repeat(np.repeat(plane, 2, 0), 2, 1) for plane in (picture.u, picture.v))
    whole = colour.to_light(colour.codes_to_rgb(np.dstack([picture.y, u, v])).clip(0, 1)).reshape(-1, 3)
    x, y, z = directions(size).reshape(-1, 3).T
    basis = [np.full_like(x, 0.282095), 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z,
             0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y)]  # fmt: skip
    lobe = np.array([1, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4])
    wanted = lobe[:, None] * (np.array(basis) * solid_angles(size) @ whole)
    seen = np.zeros((SIZE.height, SIZE.width, 3), np.float32)
    for part in range(PARTS):
        look(picture, part, seen)
    got = Light.from_radiance(seen).irradiance
    assert np.abs(got - wanted).max() / np.abs(wanted).max() < 1e-3
