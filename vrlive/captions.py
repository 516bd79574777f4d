"""What is said in a show, to be read: the newest caption of each language for viewers, and what was said a while ago for who looks back."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from vrlive import clock
from vrlive.allowance import Allowance
from vrlive.api.show_models import Caption, SaidCaption
from vrlive.errors import UserError

EVENT: Final = "caption"  # type on the data channel
A_SECOND: Final = 5.0  # speech recognition mends its words so often; nobody reads faster
AT_ONCE: Final = 10.0  # in eight languages, and to spare
MOST_LANGUAGES: Final = 8  # at a time: each is in every message
KEPT: Final = 256  # at one in two seconds that is longer than one can look back


class Captions:
    """Of one channel. They are of the moment, and outlive no server.

    Parameters
    ----------
    publish
        Sends viewers an event.
    """

    def __init__(self, publish: Callable[[dict[str, Any]], None]) -> None:
        self._publish = publish
        self._newest: dict[str, SaidCaption] = {}  # by language, in the order in which these came
        self._said: deque[SaidCaption] = deque(maxlen=KEPT)
        self._allowance = Allowance(A_SECOND, AT_ONCE, clock.now_s())
        self.revision = 0  # grows with every change

    @property
    def newest(self) -> list[SaidCaption]:
        """Of each language: also those whose time is over, and empty ones, which ended another."""
        return list(self._newest.values())

    @property
    def said(self) -> list[SaidCaption]:
        """What was said lately, the newest last."""
        return list(self._said)

    def show(self, wanted: Caption, now_s: float) -> list[SaidCaption]:
        """Show a caption with the picture that is captured now; what it replaces ends there. An empty one without a language ends all.

        Returns
        -------
        list
            The newest of each language.

        Raises
        ------
        UserError
            If too many come.
        """
        if not self._allowance.take(now_s):
            raise UserError(f"captions come too fast: {A_SECOND:g} a second can be shown, and nobody reads faster")
        at_ms = round((now_s + clock.wall_offset_s()) * 1e3)
        ended = list(self._newest) if not (wanted.text or wanted.lang) else [wanted.lang]
        for lang in ended:
            said = SaidCaption(text=wanted.text, lang=lang, at_ms=at_ms, duration_s=wanted.duration_s)
            self._newest[lang] = said
            self._said.append(said)
        self._forget_languages()
        self.revision += 1
        self._publish({"type": EVENT, "captions": [each.model_dump() for each in self.newest]})
        return self.newest

    def _forget_languages(self) -> None:
        """Those in which nothing was said for longest, where there are too many."""
        for lang in sorted(self._newest, key=lambda each: self._newest[each].at_ms)[:-MOST_LANGUAGES]:
            del self._newest[lang]
