"""The page of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from styleid.data.thumbnails import thumbnails
from styleid.questions.base import FIT, load_questions, show_all
from styleid.questions.projection.question import MAP
from styleid.questions.run_data import RunData, is_calibrated, score_word
from styleid.questions.scores.question import tabulate_folds, tabulate_metrics
from styleid.questions.scores.words import count_scored, write_headline
from styleid.report.numbers import count_of, write_params, write_score
from styleid.report.page import data_uri, embed_json, list_method, render, render_part, write_files
from styleid.report.palette import tidy
from styleid.runs.fit.page_data import collect_page_data, write_left_out
from styleid.runs.fit.pictures import (
    TITLES,
    choose_faces,
    choose_mistake,
    choose_picks,
    draw_grid,
    said_score,
)
from styleid.runs.fit.words import write_cautions, write_notes, write_views

#: Sections in the order of the page; one without a place comes last.
PLACES = (
    "scores",
    "confusion",
    "projection",
    "labels",
    "calibration",
    "strangers",
    "label_sets",
    "more_pictures",
    "curves",
)
#: Cards are drawn at half of this; the rest shows when one is enlarged.
_CARD_SIDE = 256
_CARDS = 8
#: Labels that show a face at the top of the page.
_FACES = 12

_CALIBRATIONS = {
    "temperature": "probabilities, by one temperature learned on pictures that the head had not seen",
    "sigmoid": "probabilities, by a sigmoid for each label learned on pictures that the head had not seen",
    "identity": "as the head gives them: not probabilities",
}


def write_report(run: RunData, folder: Path) -> list[Path]:
    """Write the plots that the run has data for, then ``report.html``; return the paths in this order."""
    plots = {name: draw for question in load_questions(FIT) for name, draw in question.plots.items()}
    drawn = {name: draw(run) for name, draw in (plots | {"grid.png": draw_grid}).items()}
    there = {name: png for name, png in drawn.items() if png is not None}
    return write_files(folder, {**there, "report.html": render_page(run)})


def render_page(run: RunData) -> str:
    """Render the report of a run as one HTML page; pictures that are gone leave gaps."""
    result, data = run.result, collect_page_data(run)
    return render(
        Path(__file__).with_name("report.html.j2"),
        script=(Path(__file__).with_name("report.js"), MAP),
        result=result,
        headline=write_headline(result),
        cautions=write_cautions(result),
        findings=write_notes(result),
        faces=_faces(run),
        hero=tabulate_metrics(result)["hero"],
        folds=tabulate_folds(result),
        sections=[render_part(part.template, part.values) for part in show_all(FIT, run, PLACES)],
        calibrated=is_calibrated(result),
        score_words=score_word(result, full=True),
        cards=_cards(run),
        measured=_measured(result),
        notes=[*result["notes"], *write_left_out(data)],
        data=Markup(embed_json(data)),
    )


def _faces(run: RunData) -> dict[str, Any]:
    """Prepare a picture of each label, and the commonest mistake beside the label it was taken for."""
    mistake, rows = choose_mistake(run), choose_faces(run)
    shown = rows[:_FACES]
    wanted = [*shown, *(mistake or ())[:2]]
    images = thumbnails([run.paths[row] for row in wanted], _CARD_SIDE, quality=78)
    pictures = [
        {
            "image": None if image is None else data_uri(image),
            "id": tidy(run.image_ids[row]),
            "label": tidy(run.result["labels"][run.true[row]]),
        }
        for row, image in zip(wanted, images, strict=True)
    ]
    pair = None if mistake is None else {"pictures": pictures[-2:], "count": mistake[2]}
    return {"labels": pictures[: len(shown)], "left_out": len(rows) - len(shown), "pair": pair}


def _cards(run: RunData) -> list[dict[str, Any]]:
    """Prepare the prediction grid: three rows of pictures."""
    labels, scores = [tidy(label) for label in run.result["labels"]], said_score(run)
    made = []
    for title, chosen in zip(TITLES, choose_picks(run, _CARDS), strict=True):
        images = thumbnails([run.paths[row] for row in chosen], _CARD_SIDE, quality=78)
        cards = [
            {
                "image": None if image is None else data_uri(image),
                "id": tidy(run.image_ids[row]),
                "said": labels[run.predicted[row]],
                "own": labels[run.true[row]],
                "right": bool(run.true[row] == run.predicted[row]),
                "score": write_score(scores[row]),
            }
            for row, image in zip(chosen, images, strict=True)
        ]
        made.append({"title": title, "cards": cards})
    return made


def _measured(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    protocols = {
        "cv": "cross-validation: each picture was scored by a head that had not seen it, nor its group",
        "holdout": "holdout: the scored pictures were kept apart from all training",
    }
    scored, pictures = count_scored(result), int(result["n_images"])
    learned = "" if scored == pictures else f" of {pictures:,}"
    counts = (
        f"{scored:,}{learned} scored; {count_of(result['n_groups'], 'group')} in all; "
        f"{result['n_excluded']:,} left out"
    )
    params = f" ({write_params(result['head_params'])})" if result["head_params"] else ""
    one_vs_rest = "one label against the rest, each by itself: scores need not add up to 1"
    return list_method(
        result,
        [
            ("Protocol", protocols.get(result["protocol"], result["protocol"])),
            ("Pictures", counts),
            ("Head", f"{result['head']}{params}"),
            "Target",
            ("Scores", _CALIBRATIONS.get(result["calibration"]["method"])),
            ("One-vs-rest", one_vs_rest if result["one_vs_rest"] else None),
            ("Intervals", "95 %, from resampling whole groups"),
            "Seed",
            "Backbone",
            ("Views", write_views(result)),
            "Weights",
            "Vector space",
            "Time",
            "Versions",
            "Run",
        ],
    )
