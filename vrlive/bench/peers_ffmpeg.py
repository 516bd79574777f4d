"""FFmpeg's `v360` at the same work, through PyAV: a dual fisheye in one frame, a hard seam, no gains."""

from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from vrlive.bench.peer import Planes, exact_rows
from vrlive.bench.report import usable_cores
from vrlive.bench.works import Work
from vrlive.frames import BLACK, Picture
from vrlive.projection.rig import Array

FOV_DEG = 200


class V360:
    """Both lenses' pictures lie side by side; putting them there does not count, for cameras of this kind send them so."""

    name = "FFmpeg v360"

    def __init__(self, work: Work, pictures: Sequence[Picture]) -> None:
        self._work = work
        self._frame = av.VideoFrame.from_ndarray(_side_by_side(pictures[::-1]), "yuv420p")  # the right one looks forward
        self._graph = av.filter.Graph()  # kept: FFmpeg's memory goes with it
        self._graph.threads = usable_cores()
        width, height = self._frame.width, self._frame.height
        self._source = self._graph.add_buffer(width=width, height=height, format=self._frame.format, time_base=Fraction(1, 30))
        warp = self._graph.add(
            "v360", f"dfisheye:e:ih_fov={FOV_DEG}:iv_fov={FOV_DEG}:w={work.size.width}:h={work.size.height}:interp=linear"
        )
        self._sink = self._graph.add("buffersink")
        self._source.link_to(warp)
        warp.link_to(self._sink)
        self._graph.configure()
        self._count = 0

    def run(self, pictures: Sequence[Picture]) -> Planes:  # noqa: ARG002 - they lie in one frame already
        """Stitch one frame."""
        self._frame.pts = self._count
        self._count += 1
        self._source.push(self._frame)
        pulled = self._sink.pull()
        assert isinstance(pulled, av.VideoFrame)
        return tuple(_plane(pulled, index) for index in range(3))

    def exact(self, pictures: Sequence[Picture], rows: slice) -> tuple[Array, ...]:
        """With a hard seam half-way between the lenses."""
        return exact_rows(self._work, pictures, rows, pivot=BLACK, factors=np.ones(2), division=_halves)


def fault() -> str | None:
    """Why it cannot take part, and what to do about it; None: it can."""
    if "v360" in av.filter.filters_available:
        return None
    return "FFmpeg's row is left out (this build has no v360): pip install --force-reinstall av"


def _halves(_: Work, looking: Array) -> Array:
    return np.stack([looking[..., 2] < 0, looking[..., 2] >= 0]).astype(np.float64)


def _side_by_side(pictures: Sequence[Picture]) -> NDArray[np.uint8]:
    planes = [np.concatenate(pair, axis=1) for pair in zip(*(picture.planes for picture in pictures), strict=True)]
    return np.concatenate([plane.reshape(-1) for plane in planes]).reshape(-1, planes[0].shape[1])


def _plane(frame: av.VideoFrame, index: int) -> NDArray[np.uint8]:
    plane = frame.planes[index]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
