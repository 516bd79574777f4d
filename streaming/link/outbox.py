"""What the engine has yet to send: bounded, with a policy for each kind when delivery reads too slowly.

Video: the oldest whole group of pictures goes, for half a group cannot be shown. Sound: the oldest packet goes.
Status, and each kind of news of the scene: only the newest stays.
"""

from collections import deque

from streaming.access_unit import AccessUnit
from streaming.link.messages import Kind, Message, from_unit

VIDEO_BYTES = 8 * 1024 * 1024  # 10 s at 6 Mbit/s
SOUND_PACKETS = 200  # 4 s; 2 s when it goes out in two forms


class Outbox:
    """Not thread-safe: its owner holds the lock. The queue's order is the order of sending, except that status has no place in it."""

    def __init__(self) -> None:
        self.dropped = 0
        self._units: deque[AccessUnit] = deque()
        self._others: deque[Message] = deque(maxlen=16)
        self._status: Message | None = None
        self._scene: dict[object, Message] = {}
        self._video_bytes = 0
        self._sounds = 0
        self._need_keyframe = set[int]()  # renditions

    def put_unit(self, unit: AccessUnit) -> bool:
        """Queue an access unit; False when pictures were lost up to a keyframe that has not come yet."""
        if unit.kind == "audio":
            self._put_sound(unit)
        elif unit.keyframe or unit.rendition not in self._need_keyframe:
            self._need_keyframe.discard(unit.rendition)
            self._put_picture(unit)
        else:
            self.dropped += 1
        return unit.rendition not in self._need_keyframe

    def put(self, message: Message) -> None:
        """Queue any other message."""
        if message.kind is Kind.STATUS:
            self._status = message
        elif message.kind is Kind.SCENE:
            self._scene[message.header.get("what")] = message
        else:
            self._others.append(message)

    def take(self) -> Message | None:
        """The next message to send, or None."""
        if self._others:
            return self._others.popleft()
        if self._scene:
            return self._scene.pop(next(iter(self._scene)))
        if self._units:
            unit = self._units.popleft()
            self._forget(unit)
            return from_unit(unit)
        status, self._status = self._status, None
        return status

    def _put_sound(self, unit: AccessUnit) -> None:
        self._units.append(unit)
        self._sounds += 1
        if self._sounds > SOUND_PACKETS:
            self._drop(next(unit for unit in self._units if unit.kind == "audio"))

    def _put_picture(self, unit: AccessUnit) -> None:
        self._units.append(unit)
        self._video_bytes += len(unit.data)
        while self._video_bytes > VIDEO_BYTES:
            self._drop_oldest_group()

    def _drop_oldest_group(self) -> None:
        """Drop pictures of one rendition from the oldest up to its next keyframe; if none is queued, all of them, until one comes."""
        rendition = next(unit.rendition for unit in self._units if unit.kind == "video")
        pictures = [unit for unit in self._units if unit.kind == "video" and unit.rendition == rendition]
        end = next((n for n, unit in enumerate(pictures) if n and unit.keyframe), len(pictures))
        if end == len(pictures):
            self._need_keyframe.add(rendition)
        for unit in pictures[:end]:
            self._drop(unit)

    def _drop(self, unit: AccessUnit) -> None:
        self._units.remove(unit)
        self._forget(unit)
        self.dropped += 1

    def _forget(self, unit: AccessUnit) -> None:
        if unit.kind == "audio":
            self._sounds -= 1
        else:
            self._video_bytes -= len(unit.data)
