"""How far a long task is: a bar on a terminal, a line for each tenth in a log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

Report = Callable[[int, int], None]
"""Told how much is done, and of how much."""

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
LINES = 10


@contextmanager
def progress(title: str, console: Console) -> Iterator[Report]:
    """Show progress from its first report on; a task that never reports is never mentioned."""
    if not console.is_terminal:
        yield _in_lines(title, console)
        return
    with Progress(*COLUMNS, console=console, transient=True) as bar:
        task: TaskID | None = None

        def report(done: int, total: int) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task(title, total=total)
            bar.update(task, completed=done, total=total)

        yield report


def _in_lines(title: str, console: Console) -> Report:
    told = -1

    def report(done: int, total: int) -> None:
        nonlocal told
        tenth = LINES * done // max(total, 1)
        if tenth > told:
            told = tenth
            console.print(f"{title}: {100 * tenth // LINES} %", highlight=False, soft_wrap=True)

    return report
