import io

from rich.console import Console

from vrlive.progress import progress


def shown(reports: list[tuple[int, int]], *, terminal: bool) -> str:
    screen = io.StringIO()
    with progress("Filming", Console(file=screen, force_terminal=terminal, width=100)) as report:
        for done, total in reports:
            report(done, total)
    return screen.getvalue()


def test_a_log_gets_a_line_for_each_tenth() -> None:
    lines = shown([(n, 40) for n in range(41)], terminal=False).splitlines()
    assert lines == [f"Filming: {percent} %" for percent in range(0, 101, 10)]


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end() -> None:
    screen = shown([(n, 40) for n in range(41)], terminal=True)
    assert "Filming" in screen
    assert "40/40" in screen
    assert screen.endswith("\x1b[2K"), "the line is wiped"


def test_what_never_reports_is_never_mentioned() -> None:
    assert shown([], terminal=False) == ""
    assert "Filming" not in shown([], terminal=True)
