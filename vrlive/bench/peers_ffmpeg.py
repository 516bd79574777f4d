"""FFmpeg's `v360` at the same work, through PyAV: a dual fisheye in one frame, a hard seam, no gains."""

from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from vrlive.bench.peer import Planes
from vrlive.bench.report import usable_cores
from vrlive.bench.works import Work
from vrlive.frames import Picture

FOV_DEG = 200


class V360:
    """Both lenses' pictures lie side by side, as `v360` wants them."""

    name = "FFmpeg v360"
    pivot = None  # its seam is its own

    def __init__(self, work: Work) -> None:
        front, back = work.rig.lenses
        self._graph = av.filter.Graph()
        self._graph.threads = usable_cores()
        width, height = front.frame.width + back.frame.width, front.frame.height
        self._source = self._graph.add_buffer(width=width, height=height, format=av.VideoFormat("yuv420p"), time_base=Fraction(1, 30))
        warp = self._graph.add(
            "v360", f"dfisheye:e:ih_fov={FOV_DEG}:iv_fov={FOV_DEG}:w={work.size.width}:h={work.size.height}:interp=linear"
        )
        self._sink = self._graph.add("buffersink")
        self._source.link_to(warp)
        warp.link_to(self._sink)
        self._graph.configure()
        self._frame: av.VideoFrame | None = None
        self._count = 0

    def run(self, pictures: Sequence[Picture]) -> Planes:
        """Stitch one frame. Putting both pictures side by side does not count: cameras of this kind send them so."""
        if self._frame is None:
            planes = [np.concatenate(pair, axis=1) for pair in zip(*(picture.planes for picture in pictures), strict=True)]
            packed = np.concatenate([plane.reshape(-1) for plane in planes]).reshape(-1, planes[0].shape[1])
            self._frame = av.VideoFrame.from_ndarray(packed, "yuv420p")
        self._frame.pts = self._count
        self._count += 1
        self._source.push(self._frame)
        pulled = self._sink.pull()
        assert isinstance(pulled, av.VideoFrame)
        return tuple(_plane(pulled, index) for index in range(3))


def _plane(frame: av.VideoFrame, index: int) -> NDArray[np.uint8]:
    plane = frame.planes[index]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
