"""The dresser: a picture in, the same with its garments out, on a thread of its own. For windows, which must answer meanwhile."""

import time
from dataclasses import dataclass

from renderer.compositor import Compositor
from renderer.placement import Rectangle
from vrlive.errors import VrliveError
from vrlive.frames import Picture
from vrlive.show.scene import Scene
from vrlive.units import Size
from vrlive.worker import NewestWins


@dataclass(frozen=True)
class Dressed:
    """A picture with its garments, and the scene that they stand in.

    Attributes
    ----------
    places
        The part of the picture that each garment covers, by its name.
    """

    scene: Scene
    bare: Picture
    picture: Picture
    places: dict[str, Rectangle]
    fault: str = ""


class Dresser:
    """Draws the garments over the newest picture, on a thread of its own."""

    def __init__(self) -> None:
        self._compositor: Compositor | None = None
        self._scene: Scene | None = None
        self._fault = ""
        self._newest: Dressed | None = None
        self._worker: NewestWins[tuple[Scene, Picture] | None] = NewestWins("dresser", self._dress)

    def give(self, scene: Scene, picture: Picture) -> None:
        """Draw a scene over a picture, whose pixels nobody changes any more."""
        self._worker.give((scene, picture))

    def take(self) -> Dressed | None:
        """What was finished since the last call."""
        newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """End the thread, and free what it has drawn with."""
        self._worker.close()
        self._end()

    def _dress(self, job: tuple[Scene, Picture] | None) -> None:
        assert job is not None
        scene, bare = job
        picture = Picture.filled(bare.size)
        picture.copy_from(bare)
        if scene != self._scene:
            self._begin(scene, bare.size)
        places: dict[str, Rectangle] = {}
        fault = self._fault
        if self._compositor:
            self._compositor.run(picture, time.monotonic())
            places = {standing.name: standing.rectangle for standing in self._compositor.garments}
            fault = self._compositor.fault
        self._newest = Dressed(scene, bare, picture, places, fault)

    def _begin(self, scene: Scene, size: Size) -> None:
        before, self._compositor = self._compositor, None  # it keeps the models, which are read once
        self._scene, self._fault = scene, ""
        try:
            self._compositor = Compositor(scene, size)
        except VrliveError as fault:
            self._fault = str(fault)
        if before:
            before.close()

    def _end(self) -> None:
        if self._compositor:
            self._compositor.close()
            self._compositor = None
