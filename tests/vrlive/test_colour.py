import av
import numpy as np

from vrlive.colour import codes_to_rgb, from_light, rgb_to_codes, to_light
from vrlive.frames import Picture
from vrlive.units import Size


def test_white_black_and_red_have_the_codes_of_bt709() -> None:
    codes = rgb_to_codes([[1, 1, 1], [0, 0, 0], [1, 0, 0]])
    assert np.rint(codes).tolist() == [[235, 128, 128], [16, 128, 128], [63, 102, 240]]


def test_codes_and_rgb_are_each_others_inverse() -> None:
    rgb = np.random.default_rng(1).random((100, 3))
    np.testing.assert_allclose(codes_to_rgb(rgb_to_codes(rgb)), rgb, atol=1e-12)


def test_light_and_code_are_each_others_inverse() -> None:
    light = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(to_light(from_light(light)), light, atol=1e-7)
    assert 0.2 < to_light(0.5) < 0.23


def test_ffmpeg_shows_our_codes_in_the_same_colour() -> None:
    rgb = np.array([[0.2, 0.5, 0.8], [0.9, 0.3, 0.1], [0.4, 0.4, 0.4]])
    for colour, (y, u, v) in zip(rgb, np.rint(rgb_to_codes(rgb)).astype(int), strict=True):
        frame = av.VideoFrame.from_ndarray(Picture.filled(Size(64, 64), (y, u, v)).packed(), format="yuv420p")
        shown = frame.reformat(format="rgb24", src_colorspace="ITU709", src_color_range="MPEG", dst_color_range="JPEG").to_ndarray()
        assert np.abs(shown[32, 32] / 255 - colour).max() < 0.012
