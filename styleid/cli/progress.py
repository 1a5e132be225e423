"""A progress bar on standard error, with rate and time left; silent when standard error is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress while the block runs, by ``report(done, total)``; `unit` is what the rate counts."""
    with stage_bar(title, unit) as report:
        yield lambda done, total: report("", done, total)


@contextmanager
def stage_bar(title: str, unit: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show the progress of work in stages while the block runs, by ``report(stage, done, total)``.

    A total of 0 shows that work goes on, not how far.
    """
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
    from rich.progress import TimeElapsedColumn as TimeTaken
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Counted(ProgressColumn):
        def render(self, task: Task) -> Text:
            if not task.total:
                return Text()
            rate = f" {task.speed:.1f} {unit}/s" if task.speed else ""
            return Text(f"{task.completed:.0f}/{task.total:.0f}{rate}")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        Counted(),
        TimeTaken(),
        TimeLeft(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            # A task cannot lose its total again, so each stage has its own, shown alone.
            for other in [name for name in tasks if name != stage]:
                bar.remove_task(tasks.pop(other))
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"{title}: {stage}" if stage else title, total=total or None)
            bar.update(tasks[stage], completed=done, total=total or None)

        report("", 0, 0)
        yield report
