"""`vrlive stitch` on small files of a made-up dual-fisheye camera and of two cameras, each with known pictures."""

from collections.abc import Callable, Iterable
from contextlib import closing
from fractions import Fraction
from math import pi, radians
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from streaming.movie import Movie
from streaming.sound_format import AMBISONICS, STEREO
from tests.vrlive.stitch.rigs import dual_fisheye, photograph
from vrlive.capture.demo import demo_rig
from vrlive.capture.footage import Footage
from vrlive.capture.stills import read_picture, write_picture
from vrlive.errors import InputError, UserError
from vrlive.frames import SOUND_RATE_HZ, Frame, Picture, Sound
from vrlive.offline import LARGEST_MOVIE, LARGEST_PICTURE, Track, stitch_files
from vrlive.projection.rig import Array, Lens, Rig
from vrlive.rigs import equirect_rig, write_rig
from vrlive.showing import Showing, own_size
from vrlive.stitch import Stitcher, plan_stitch
from vrlive.stitch.score import ws_psnr
from vrlive.units import Size

SIZE, FRAME = Size(256, 128), Size(64, 64)
ERRORS_EV: Array = np.array([[0.3, 0.3, 0.3], [-0.3, -0.3, -0.3]])


def stitch(rig: Path, *inputs: Path, out: Path, size: Size | None = SIZE) -> str:
    return stitch_files(rig, inputs, out, showing=Showing(size=size), progress=lambda _done, _total: None)


@pytest.fixture
def dual(tmp_path: Path) -> Path:
    """rig.toml of the dual-fisheye camera, beside its picture frame.png."""
    rig = dual_fisheye()
    write_rig(rig, tmp_path / "rig.toml")
    [picture] = photograph(rig, errors_ev=ERRORS_EV)
    write_picture(picture, tmp_path / "frame.png")
    return tmp_path / "rig.toml"


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """rig.toml of two cameras that see half the sphere each, forward and backward, in frames of 64×64."""
    lenses = tuple(Lens(f"lens {i}", i, Size(64, 64), "equidistant", 64 / radians(200), (32, 32), yaw=i * pi) for i in range(2))
    write_rig(Rig(lenses, "halves", 2), tmp_path / "halves.toml")
    return tmp_path / "halves.toml"


def film(path: Path, lumas: Iterable[int], fps: int = 25, tone_hz: float = 0) -> Path:
    """Footage of plain pictures, with a tone from its first picture on."""
    with Movie(path, FRAME, Fraction(fps), sound=STEREO if tone_hz else None, cameras=1) as movie:
        count = 0
        for number, luma in enumerate(lumas):
            movie.write(Picture.filled(FRAME, (luma, 128, 128)), number / fps)
            count = number + 1
        if tone_hz:
            time_s = np.arange(count * SOUND_RATE_HZ // fps) / SOUND_RATE_HZ
            tone = np.sin(2 * np.pi * tone_hz * time_s) / 2
            movie.write_sound(Sound(np.stack([tone, tone], -1).astype(np.float32), 0.0))
        movie.finish()
    return path


def shown(path: Path) -> list[tuple[float, int, int]]:
    """Time, and luma at the front and at the back, of every frame of a panorama."""
    with closing(Footage(path)) as footage:
        return [(round(frame.captured_s, 4), int(frame.picture.y[64, 128]), int(frame.picture.y[64, 1])) for frame in footage]


def sound_of(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    with av.open(str(path)) as source:
        return np.concatenate([frame.to_ndarray()[0] for frame in source.decode(audio=0)])


def test_the_sphere_of_sound_turns_with_its_camera(tmp_path: Path) -> None:
    """What its microphone hears to the left of a camera that looks backward comes from the right of the film; a flat view has stereo."""
    time_s = np.arange(SOUND_RATE_HZ) / SOUND_RATE_HZ
    from_the_left = np.sin(2 * np.pi * 500 * time_s)[:, None] / 2 * [1, 1, 0, 0]
    sphere = Size(128, 64)
    with Movie(tmp_path / "in.mp4", sphere, Fraction(25), sound=AMBISONICS, cameras=1) as movie:
        for number in range(25):
            movie.write(Picture.filled(sphere), number / 25)
        movie.write_sound(Sound(from_the_left.astype(np.float32), 0.0))
        movie.finish()
    write_rig(equirect_rig(sphere).turned(pi), tmp_path / "rig.toml")
    said = stitch(tmp_path / "rig.toml", tmp_path / "in.mp4", out=tmp_path / "out.mp4")
    assert said.endswith("with ambisonics")
    with av.open(str(tmp_path / "out.mp4")) as source:
        assert source.streams.audio[0].layout.name == "ambisonic 1"
        heard = np.concatenate([frame.to_ndarray() for frame in source.decode(audio=0)], axis=1)[:, 4800:43_200]
    w, y, z, x = heard / np.abs(heard[0]).max()
    assert (w * y).mean() / (w * w).mean() == pytest.approx(-1, abs=0.02)
    assert max(np.abs(z).max(), np.abs(x).max()) < 0.02
    flat = Showing.parse("rectilinear", "128x64", "-90,0", None)
    said = stitch_files(tmp_path / "rig.toml", [tmp_path / "in.mp4"], tmp_path / "flat.mp4", showing=flat, progress=lambda *_: None)
    assert said.endswith("with sound")
    left, right = stereo_of_film(tmp_path / "flat.mp4")
    assert np.sqrt((left**2).mean()) == pytest.approx(np.sqrt((right**2).mean()), rel=0.05), "it is behind a view to the left"


def stereo_of_film(path: Path) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    with av.open(str(path)) as source:
        return list(np.concatenate([frame.to_ndarray() for frame in source.decode(audio=0)], axis=1)[:, 4800:40_000])


def test_a_picture_is_stitched_with_its_exposures_matched(dual: Path, tmp_path: Path) -> None:
    assert stitch(dual, tmp_path / "frame.png", out=tmp_path / "pano.png") == "256x128, 1 picture"
    stitcher, truth = Stitcher(plan_stitch(dual_fisheye(), SIZE, feather_rad=radians(12))), Picture.filled(SIZE)
    stitcher.run(photograph(dual_fisheye()), truth)
    assert ws_psnr(read_picture(tmp_path / "pano.png").y, truth.y) > 40


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG"])
def test_pictures_of_all_kinds_are_written(dual: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"pano{suffix}"
    stitch(dual, tmp_path / "frame.png", out=out)
    assert read_picture(out).size == SIZE


def test_without_inputs_the_pictures_that_a_pto_names_are_taken(dual: Path, tmp_path: Path) -> None:
    pto = tmp_path / "two.pto"
    lens = "w320 h160 f2 v400 r0 p0 S3,157,2,158"
    pto.write_text(f'p f2 w100 h50 v360\ni {lens} y0 n"frame.png"\ni {lens} y180 n"frame.png"\n')
    assert stitch(pto, out=tmp_path / "pano.png") == "256x128, 1 picture"


def test_footage_becomes_a_video_of_as_many_frames_at_the_same_times(halves: Path, tmp_path: Path) -> None:
    front = film(tmp_path / "front.mp4", [40 + 6 * n for n in range(12)])
    back = film(tmp_path / "back.mp4", [120] * 12)
    assert stitch(halves, front, back, out=tmp_path / "pano.mp4") == "256x128, 12 frames, 0.5 s"
    frames = shown(tmp_path / "pano.mp4")
    assert [time_s for time_s, _, _ in frames] == pytest.approx([n / 25 for n in range(12)], abs=1e-4)


def test_players_are_told_that_it_is_a_sphere(halves: Path, tmp_path: Path) -> None:
    stitch(halves, film(tmp_path / "a.mp4", [90] * 3), film(tmp_path / "b.mp4", [90] * 3), out=tmp_path / "pano.mp4")
    with av.open(str(tmp_path / "pano.mp4")) as source:
        frame = next(source.decode(video=0))
        assert frame.side_data["SPHERICAL"]  # type: ignore[typeddict-item]  # PyAV's types know fewer kinds
        assert (frame.colorspace, frame.color_range) == (1, 1)


def test_the_same_files_make_the_same_video(halves: Path, tmp_path: Path) -> None:
    inputs = film(tmp_path / "a.mp4", range(60, 90)), film(tmp_path / "b.mp4", range(120, 90, -1))
    written = []
    for name in ("one.mp4", "two.mp4"):
        stitch(halves, *inputs, out=tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_it_stops_at_the_shortest(halves: Path, tmp_path: Path) -> None:
    long, short = film(tmp_path / "long.mp4", [100] * 20), film(tmp_path / "short.mp4", [100] * 9)
    for inputs in ((long, short), (short, long)):
        stitch(halves, *inputs, out=tmp_path / "pano.mp4")
        assert len(shown(tmp_path / "pano.mp4")) == 9


def test_inputs_of_other_rates_show_what_they_showed_at_the_time(halves: Path, tmp_path: Path) -> None:
    """Both grow darker alike, so that exposures need no matching."""
    fast, slow = (
        film(tmp_path / "fast.mp4", [180 - 2 * n for n in range(30)], 50),
        film(tmp_path / "slow.mp4", [180 - 4 * n for n in range(15)]),
    )
    stitch(halves, fast, slow, out=tmp_path / "pano.mp4")
    frames = shown(tmp_path / "pano.mp4")
    assert len(frames) in (29, 30)
    assert max(abs(front - back) for _, front, back in frames) <= 5


def test_a_still_stands_beside_footage(halves: Path, tmp_path: Path) -> None:
    write_picture(Picture.filled(Size(64, 64), (100, 128, 128)), tmp_path / "still.png")
    footage = film(tmp_path / "a.mp4", [100] * 5)
    for inputs in ((tmp_path / "still.png", footage), (footage, tmp_path / "still.png")):
        assert stitch(halves, *inputs, out=tmp_path / "pano.mp4").startswith("256x128, 5 frames")


def test_one_file_may_be_two_inputs(halves: Path, tmp_path: Path) -> None:
    footage = film(tmp_path / "a.mp4", [60, 90, 120, 150])
    stitch(halves, footage, footage, out=tmp_path / "pano.mp4")
    frames = shown(tmp_path / "pano.mp4")
    assert [front for _, front, _ in frames] == pytest.approx([60, 90, 120, 150], abs=4)
    assert all(abs(front - back) <= 2 for _, front, back in frames)


def test_exposures_are_followed_by_the_footages_own_time(halves: Path, tmp_path: Path) -> None:
    """One camera turns brighter after a second: the step is taken back little by little."""
    steady, jumps = film(tmp_path / "a.mp4", [100] * 100), film(tmp_path / "b.mp4", [100] * 25 + [112] * 75)
    stitch(halves, steady, jumps, out=tmp_path / "pano.mp4")
    apart = [back - front for _, front, back in shown(tmp_path / "pano.mp4")]
    assert max(map(abs, apart[:25])) <= 2
    assert apart[27] >= 9
    assert apart[99] <= apart[27] / 2


def test_the_sound_is_that_of_the_first_input_that_has_any(halves: Path, tmp_path: Path) -> None:
    silent, loud = film(tmp_path / "a.mp4", [100] * 25), film(tmp_path / "b.mp4", [100] * 25, tone_hz=1000)
    assert stitch(halves, silent, loud, out=tmp_path / "pano.mp4").endswith("1.0 s with sound")
    sound = sound_of(tmp_path / "pano.mp4")
    assert len(sound) == pytest.approx(SOUND_RATE_HZ, abs=2048)
    spectrum = np.abs(np.fft.rfft(sound[8000:40000]))
    assert np.argmax(spectrum) * SOUND_RATE_HZ / 32000 == pytest.approx(1000, abs=3)


def test_progress_ends_at_all_frames(halves: Path, tmp_path: Path) -> None:
    inputs = film(tmp_path / "a.mp4", [100] * 7), film(tmp_path / "b.mp4", [100] * 7)
    told: list[tuple[int, int]] = []
    stitch_files(halves, inputs, tmp_path / "pano.mp4", showing=Showing(size=SIZE), progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 7) for n in range(1, 8)]


@pytest.mark.parametrize(
    ("rig", "size"),
    [
        (demo_rig(), Size(2048, 1024)),
        (equirect_rig(Size(3840, 1920)), Size(3840, 1920)),
        (equirect_rig(Size(40, 20)), Size(64, 32)),
        (Rig((Lens("tele", 0, Size(4000, 3000), "rectilinear", 9000, (2000, 1500)),), "tele", 1), LARGEST_MOVIE),
    ],
)
def test_a_panorama_is_as_sharp_as_its_sharpest_lens(rig: Rig, size: Size) -> None:
    assert own_size(rig, "equirect", LARGEST_MOVIE) == size
    assert own_size(rig, "equirect", LARGEST_PICTURE).width >= size.width


Mistake = Callable[[Path], tuple[list[Path], Path]]

MISTAKES: dict[str, Mistake] = {
    "a.txt: is not video": lambda at: ([at / "a.txt"], at / "pano.mp4"),
    "none.png": lambda at: ([at / "none.png"], at / "pano.png"),
    "pictures become a file that ends in .png": lambda at: ([at / "frame.png"], at / "pano.mp4"),
    "footage becomes a file that ends in .mp4": lambda at: ([at / "film.mp4"], at / "pano.png"),
    "there is no folder": lambda at: ([at / "frame.png"], at / "none" / "pano.png"),
    "is a folder": lambda at: ([at / "frame.png"], at / "folder.png"),
    "is an input too": lambda at: ([at / "frame.png"], at / "frame.png"),
    "takes 1 input, but 2 are given": lambda at: ([at / "frame.png"] * 2, at / "pano.png"),
    "another shape": lambda at: ([at / "film.mp4"], at / "pano.mp4"),
    "give them as inputs": lambda at: ([], at / "pano.png"),
}


@pytest.mark.parametrize("problem", MISTAKES)
def test_a_mistake_is_named_and_nothing_is_written(dual: Path, tmp_path: Path, problem: str) -> None:
    (tmp_path / "a.txt").write_text("not a video")
    (tmp_path / "folder.png").mkdir()
    film(tmp_path / "film.mp4", [100] * 3)
    inputs, out = MISTAKES[problem](tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with pytest.raises(UserError, match=problem):
        stitch(dual, *inputs, out=out)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(("size", "suffix"), [(Size(32, 16), ".png"), (Size(32768, 16384), ".png")])
def test_sizes_out_of_bounds_are_refused_with_the_bounds(dual: Path, tmp_path: Path, size: Size, suffix: str) -> None:
    with pytest.raises(UserError, match="64x32 and 16384x8192"):
        stitch(dual, tmp_path / "frame.png", out=tmp_path / f"pano{suffix}", size=size)


def test_an_older_file_stays_until_the_new_one_is_complete(halves: Path, tmp_path: Path) -> None:
    whole = film(tmp_path / "a.mp4", [100] * 10)
    (tmp_path / "pano.mp4").write_text("older")

    def stop(done: int, _total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stitch_files(halves, [whole, whole], tmp_path / "pano.mp4", showing=Showing(size=SIZE), progress=stop)
    assert (tmp_path / "pano.mp4").read_text() == "older"
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "halves.toml", "pano.mp4"}
    stitch(halves, whole, whole, out=tmp_path / "pano.mp4")
    assert len(shown(tmp_path / "pano.mp4")) == 10


def test_pictures_that_change_their_size_are_refused(tmp_path: Path) -> None:
    frames = [
        Frame(Picture.filled(size), 0, Fraction(1), at_s) for size, at_s in ((Size(8, 8), 0.0), (Size(4, 4), 0.04), (Size(8, 8), 0.08))
    ]
    track = Track(tmp_path / "a.mp4", iter(frames), 0.04)
    with pytest.raises(InputError, match=r"change from 8x8 to 4x4 after 0\.04 s"):
        track.at(0.05)


def test_footage_without_a_readable_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of its pictures"):
        Track(tmp_path / "a.mp4", iter([]), 0.04)


def test_garments_stand_in_a_stitched_panorama(tmp_path: Path) -> None:
    """The showroom's dress, to the right in front: there the picture differs from one without it, and nowhere else."""
    size = Size(512, 256)
    write_rig(equirect_rig(size), tmp_path / "rig.toml")
    Image.new("RGB", size, (120, 130, 140)).save(tmp_path / "room.png")
    stitch_files(
        tmp_path / "rig.toml",
        [tmp_path / "room.png"],
        tmp_path / "show.png",
        showing=Showing(size=size),
        progress=lambda *_: None,
        scene="showroom",
    )
    with Image.open(tmp_path / "show.png") as picture:
        shown = np.asarray(picture.convert("RGB")).astype(int)
    changed = np.abs(shown - (120, 130, 140)).max(axis=-1) > 20
    rows, columns = np.nonzero(changed)
    assert 100 < changed.sum() < 4000
    assert np.median(columns) / size.width * 360 - 180 == pytest.approx(32, abs=3)
    assert rows.min() > size.height * 0.4


def test_garments_stand_in_panoramas_only(tmp_path: Path) -> None:
    write_rig(equirect_rig(Size(64, 32)), tmp_path / "rig.toml")
    with pytest.raises(UserError, match="--scene: garments stand in equirect pictures"):
        stitch_files(
            tmp_path / "rig.toml",
            [tmp_path / "a.png"],
            tmp_path / "b.png",
            showing=Showing("vr180"),
            progress=lambda *_: None,
            scene="showroom",
        )
