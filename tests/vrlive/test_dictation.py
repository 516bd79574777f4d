"""Lines of somebody who types, or of a program that recognises speech, become captions."""

from collections.abc import Iterator

import pytest

from vrlive.dictation import LEAST_S, LONGEST, READ_A_SECOND, captions_of


class Time:
    """Stands still but for waiting."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now_s += seconds


def test_each_line_is_a_caption_and_lines_without_a_word_are_none() -> None:
    time = Time()
    lines = ["Good evening\n", "\n", "   \n", "\x1b[2K\r and \twelcome\x07 \x1b[1;32mall\x1b[0m\n", "剪裁利落"]
    assert list(captions_of(lines, lambda: time.now_s, time.wait)) == ["Good evening", "and welcome all", "剪裁利落"]
    assert time.waits == [LEAST_S] * 2


def test_a_long_line_comes_in_pieces_that_can_be_read() -> None:
    time = Time()
    said = "Cut on the bias, this dress falls in folds that move with every step " * 4 + "x" * 200
    pieces = list(captions_of([said], lambda: time.now_s, time.wait))
    assert max(map(len, pieces)) <= LONGEST
    assert "".join(pieces).replace(" ", "") == said.replace(" ", "")
    assert time.waits == pytest.approx([len(each) / READ_A_SECOND for each in pieces[:-1]])


def test_who_speaks_slowly_is_not_waited_for() -> None:
    time = Time()

    def speech() -> Iterator[str]:
        for word in ("one", "two", "three"):
            time.now_s += 1
            yield word

    assert list(captions_of(speech(), lambda: time.now_s, time.wait)) == ["one", "two", "three"]
    assert time.waits == []
