"""What a notebook shows of a result: a heading, sentences and a table, with no script and no picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from styleid.report.palette import tidy

#: Rows of a table that are shown.
MOST = 20


def show(
    title: str, sentences: Iterable[str] = (), header: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()
) -> str:
    """Return a few lines of HTML; whatever the texts hold is shown as text."""
    parts = [Markup("<p><strong>{}</strong></p>").format(tidy(title))]
    if told := [Markup("<li>{}</li>").format(tidy(sentence)) for sentence in sentences]:
        parts.append(Markup("<ul>{}</ul>").format(Markup("").join(told)))
    if rows:
        head = Markup("").join(Markup("<th>{}</th>").format(tidy(name)) for name in header)
        body = [Markup("<tr>{}</tr>").format(_cells(row)) for row in rows[:MOST]]
        table = Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>")
        parts.append(table.format(head, Markup("").join(body)))
    if len(rows) > MOST:
        parts.append(Markup("<p>and {} more</p>").format(f"{len(rows) - MOST:,}"))
    return str(Markup("<div>{}</div>").format(Markup("").join(parts)))


def _cells(row: Sequence[str]) -> Markup:
    return Markup("").join(Markup("<td>{}</td>").format(escape(tidy(str(cell)))) for cell in row)
