"""Progress on standard error: a bar with rate and time left; where nobody watches, a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from styleid.cli.words import shown, warn

#: Seconds between two lines where standard error is no terminal.
EVERY = 30.0


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress while the block runs, by ``report(done, total)``; `unit` is what the rate counts."""
    with stage_bar(title, unit) as report:
        yield lambda done, total: report("", done, total)


@contextmanager
def stage_bar(title: str, unit: str = "") -> Iterator[Callable[[str, int, int], None]]:
    """Show the progress of work in stages while the block runs, by ``report(stage, done, total)``.

    A total of 0 shows that work goes on, not how far. What stands behind a comma in the stage's name, such as
    the failures so far, may change within a stage.
    """
    if not sys.stderr.isatty():
        with _lines(title, unit) as report:
            yield report
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
    from rich.progress import TimeElapsedColumn as TimeTaken
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.table import Column
    from rich.text import Text

    class Counted(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(
                f"{task.completed:.0f}/{task.total:.0f}{_rate(task.speed or 0, unit)}" if task.total else ""
            )

    name, whole = Column(overflow="ellipsis", no_wrap=True, ratio=1), Column(no_wrap=True)
    columns = (
        TextColumn("{task.description}", table_column=name),
        BarColumn(bar_width=12),
        Counted(whole),
        TimeTaken(whole),
        TimeLeft(table_column=whole),
        TextColumn("left", table_column=whole),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            # A task cannot lose its total again, so each stage has its own, shown alone.
            name = stage.partition(",")[0]
            for other in [known for known in tasks if known != name]:
                bar.remove_task(tasks.pop(other))
            words = shown(f"{title}: {stage}" if stage else title)
            if name not in tasks:
                tasks[name] = bar.add_task(words, total=total or None)
            bar.update(tasks[name], completed=done, total=total or None, description=words)

        show("", 0, 0)
        yield show


@contextmanager
def _lines(title: str, unit: str) -> Iterator[Callable[[str, int, int], None]]:
    began, at = time.monotonic(), ("", 0, 0)
    finished = Event()

    def show(stage: str, done: int, total: int) -> None:
        nonlocal began, at
        if stage.partition(",")[0] != at[0].partition(",")[0]:
            began = time.monotonic()
        at = stage, done, total

    def speak() -> None:
        while not finished.wait(EVERY):
            stage, done, total = at
            taken = time.monotonic() - began
            words = f"{title}: {stage}" if stage else title
            if total:
                words += f", {done:,} of {total:,}{_rate(done / taken, unit)}"
                words += f", about {(total - done) * taken / done:.0f} s left" if done else ""
            warn(f"{words}, {taken:.0f} s so far")

    thread = Thread(target=speak, daemon=True)
    thread.start()
    try:
        yield show
    finally:
        finished.set()
        thread.join()


def _rate(a_second: float, unit: str) -> str:
    return f", {a_second:.1f} {unit}".rstrip() + "/s" if a_second else ""
