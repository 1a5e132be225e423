"""The page: one file that opens offline, in any browser, in ten years too."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from styleid.data.thumbnails import thumbnails
from styleid.model.words import write_score
from styleid.questions.calibration.plot import lay_out_reliability
from styleid.questions.calibration.words import is_calibrated, score_word, write_calibration
from styleid.questions.label_sets.words import write_sets
from styleid.questions.more_pictures.plot import lay_out_learning
from styleid.questions.more_pictures.words import write_learning
from styleid.questions.projection.plot import describe_projection
from styleid.questions.run_data import RunData
from styleid.questions.scores.curves import lay_out_curves
from styleid.questions.scores.tables import (
    tabulate_confusion,
    tabulate_folds,
    tabulate_labels,
    tabulate_metrics,
)
from styleid.questions.scores.words import count_scored, write_cautions, write_findings, write_headline
from styleid.questions.strangers.plot import lay_out_coverage
from styleid.questions.strangers.words import write_strangers, write_unknown
from styleid.report import panel
from styleid.report.numbers import write_params
from styleid.report.page import TEMPLATES, data_uri, embed_json
from styleid.report.palette import tidy
from styleid.runs.fit.choose import choose_picks, said_score
from styleid.runs.fit.page_data import collect_page_data
from styleid.runs.fit.page_trust import (
    tabulate_calibration,
    tabulate_hidden,
    tabulate_sets,
    tabulate_strangers,
)
from styleid.runs.fit.words_trust import write_trust_cautions
from styleid.runs.fit.words_views import write_views

_CARD_SIDE = 160
_CARDS = 8

_CALIBRATIONS = {
    "temperature": "probabilities, by one temperature learned on pictures that the head had not seen",
    "sigmoid": "probabilities, by a sigmoid for each label learned on pictures that the head had not seen",
    "identity": "as the head gives them: not probabilities",
}


def render_page(run: RunData) -> str:
    """Render the report of a run as one HTML page; pictures that are gone leave gaps.

    Its content security policy forbids all scripts but its own, and all requests.
    """
    result = run.result
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        result=result,
        headline=write_headline(result),
        cautions=[*write_cautions(result), *write_trust_cautions(result)],
        findings=write_findings(result),
        metrics=tabulate_metrics(result),
        confusion=tabulate_confusion(result),
        label_rows=tabulate_labels(result),
        folds=tabulate_folds(result),
        projection=None if run.projection is None else describe_projection(run.projection),
        projection_note=None if run.projection is None else run.projection.note,
        curves=lay_out_curves(run.curves),
        box={"WIDTH": panel.WIDTH, "HEIGHT": panel.HEIGHT, "LEFT": panel.LEFT, "RIGHT": panel.RIGHT},
        cards=_cards(run),
        measured=_measured(result),
        notes=[tidy(note) for note in result["notes"]],
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=digest,
        data=Markup(embed_json(collect_page_data(run))),
        **_trust(result),
    )


def _trust(result: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare what the page says of single answers."""
    said_of = {"calibration": write_calibration(result)}
    for key, of, write in (
        ("unknown", result["unknown"], write_unknown),
        ("strangers", result["strangers"], write_strangers),
        ("sets", result["label_sets"], write_sets),
    ):
        said_of[key] = [] if of is None else write(result)
    return {
        "calibrated": is_calibrated(result),
        "score_word": score_word(result),
        "score_words": score_word(result, full=True),
        "said_of": said_of,
        "learning_said": "" if result["learning_curve"] is None else write_learning(result),
        "calibration": tabulate_calibration(result),
        "hidden_rows": tabulate_hidden(result),
        "stranger_rows": tabulate_strangers(result),
        "sets": tabulate_sets(result),
        "reliability": lay_out_reliability(result),
        "coverage": lay_out_coverage(result),
        "learning": lay_out_learning(result),
    }


def _cards(run: RunData) -> list[dict[str, Any]]:
    """Prepare the prediction grid: three rows of pictures."""
    picks = choose_picks(run, _CARDS)
    rows = (
        ("Surest, and right", picks.right),
        ("Surest, and wrong", picks.wrong),
        ("Most doubtful: the two best scores are closest", picks.doubtful),
    )
    labels, scores = [tidy(label) for label in run.result["labels"]], said_score(run)
    made = []
    for title, chosen in rows:
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
    """List how the numbers came about, as pairs of a name and a text."""
    protocols = {
        "cv": "cross-validation: each picture was scored by a head that had not seen it, nor its group",
        "holdout": "holdout: the scored pictures were kept apart from all training",
    }
    scored, pictures = count_scored(result), int(result["n_images"])
    learned = "" if scored == pictures else f" of {pictures:,}"
    pairs = [
        ("Protocol", protocols.get(result["protocol"], result["protocol"])),
        (
            "Pictures",
            f"{scored:,}{learned} scored; {result['n_groups']:,} groups in all; "
            f"{result['n_excluded']:,} left out",
        ),
        (
            "Head",
            result["head"] + (f" ({write_params(result['head_params'])})" if result["head_params"] else ""),
        ),
        ("Target", result["target"]),
        ("Scores", _CALIBRATIONS.get(result["calibration"]["method"], "")),
        (
            "One-vs-rest",
            "one label against the rest, each by itself: scores need not add up to 1" * result["one_vs_rest"],
        ),
        ("Intervals", "95 %, from resampling whole groups"),
        ("Seed", str(result["seed"])),
        ("Backbone", f"{result['backbone']}, {result['descriptor']}"),
        ("Views", write_views(result)),
        ("Weights", result["weights_digest"]),
        ("Vector space", result["space"]),
        ("Time", ", ".join(f"{name} {value:.1f} s" for name, value in result["timing_seconds"].items())),
        ("Versions", ", ".join(f"{name} {value}" for name, value in result["versions"].items())),
        ("Run", f"{result['run']}, {result['created']}"),
    ]
    return [(name, tidy(str(text))) for name, text in pairs if text]
