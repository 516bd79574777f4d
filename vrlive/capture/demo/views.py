"""The demo's pictures without a codec between: what each camera sees, and the truth from the middle of the rig."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.cameras import demo_rig, exposure_error
from vrlive.capture.demo.film import Eye, View
from vrlive.capture.demo.light import lit_room
from vrlive.frames import Picture
from vrlive.projection.equirect import direction
from vrlive.projection.lenses import inside, unproject
from vrlive.projection.rig import Lens
from vrlive.units import Size

Array = NDArray[np.float64]


def truth_view(size: Size, *, samples: int = 2) -> View:
    """The room as an exact equirectangular picture from the rig's centre: good for many instants, a second or more to make."""
    return View(Eye(size, np.zeros(3), partial(_look_around, size), _everywhere), samples=samples)


def camera_view(index: int, *, radius_m: float = 0.05, size_px: int = 1080, exposure: bool = True, samples: int = 2) -> View:
    """The room as camera `index` of `demo_rig` sees it, with its exposure error unless told otherwise."""
    lens = demo_rig(radius_m, size_px).lenses[index]
    eye = Eye(lens.frame, np.array(lens.position_m), partial(_look_out, lens), partial(inside, lens))
    return View(eye, exposure_error(index) if exposure else None, samples=samples)


def truth(size: Size, time_s: float, *, samples: int = 2) -> Picture:
    """The exact equirectangular picture at one instant; for several instants keep a `truth_view`."""
    return truth_view(size, samples=samples).picture(time_s)


def camera_picture(index: int, time_s: float, *, radius_m: float = 0.05, size_px: int = 1080, exposure: bool = True) -> Picture:
    """What camera `index` sees at one instant; for several instants keep a `camera_view`."""
    return camera_view(index, radius_m=radius_m, size_px=size_px, exposure=exposure).picture(time_s)


def camera_pictures(time_s: float, *, radius_m: float = 0.05, size_px: int = 1080, exposure: bool = True) -> list[Picture]:
    """What all cameras see at one instant, in the order of the rig's inputs."""
    lit_room()
    take = partial(camera_picture, time_s=time_s, radius_m=radius_m, size_px=size_px, exposure=exposure)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as crew:
        return list(crew.map(take, range(demo_rig(radius_m, size_px).inputs)))


def _look_around(size: Size, xy: Array) -> Array:
    yaw, pitch = (xy[..., 0] / size.width - 0.5) * (2 * np.pi), (0.5 - xy[..., 1] / size.height) * np.pi
    return direction(yaw, pitch)


def _everywhere(xy: Array) -> NDArray[np.bool_]:
    return np.ones(xy.shape[:-1], np.bool_)


def _look_out(lens: Lens, xy: Array) -> Array:
    """Rays of a fisheye, a little beyond its image circle too, so that its edge is as smooth as its middle."""
    rays = unproject(lens, xy)
    beyond = np.hypot(*np.moveaxis(xy - lens.centre_px, -1, 0)) > lens.frame.width / 2 + 3.0
    rays[beyond] = np.nan
    return rays
