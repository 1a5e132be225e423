"""What holds of every question: measure, JSON, findings, sections, plots, also where nothing can be measured.

The contexts are private: no public name asks one question alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from questions_cases import CheckedSet, fit_context, show_fit

from styleid.evaluate.resample import plain
from styleid.questions.base import (
    CHECK,
    CLAIM,
    FIT,
    NOTE,
    SEVERITIES,
    Answer,
    Finding,
    Question,
    Section,
    load_questions,
    show_all,
)
from styleid.report.page import render_part

#: Enough pictures for every measure, and so few that next to nothing can be measured.
SIZES = {"enough": (24, 3), "few": (2, 2)}
FORMATS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=SIZES)
def fitted(request: pytest.FixtureRequest) -> tuple[str, dict[str, Answer], Any]:
    """A fit's answers, and what its page shows."""
    n, k = SIZES[request.param]
    context = fit_context(n, k)
    answers = {question.name: question.measure(context) for question in load_questions(FIT)}
    return request.param, answers, show_fit(context, answers)


@pytest.fixture(scope="module", params=("whole", "files gone"))
def checked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Answer], Any]:
    """An audit's answers, and what its page shows."""
    made = CheckedSet(tmp_path_factory.mktemp("checked"), gone=request.param == "files gone")
    answers = {question.name: question.measure(made.context) for question in load_questions(CHECK)}
    return request.param, answers, made.show(answers)


def hold(question: Question, answer: Answer, shown: Any) -> None:
    """Check everything that the registry promises of one question."""
    assert answer.record, "a question reports something"
    for key in answer.record:
        assert f"`{key}`" in FORMATS, f"docs/formats.md does not say what {key} means"
    written = json.dumps(plain(answer.record), allow_nan=False)
    assert json.loads(written).keys() == answer.record.keys()
    assert all(isinstance(note, str) and "\n" not in note for note in answer.notes)
    for finding in question.findings(shown.result):
        assert isinstance(finding, Finding)
        assert finding.severity in SEVERITIES
        assert finding.severity == NOTE or finding.kind in CLAIM, "what does it do to the claim?"
        assert finding.text.endswith((".", "?"))
    assert all(isinstance(line, str) and line for line in question.summary(shown.result))
    for section in question.sections(shown):
        assert isinstance(section, Section)
        assert section.template.parent.name == question.name, "a question shows itself"
        html = render_part(section.template, section.values)
        assert html.strip().endswith("</section>")
        assert "nan" not in html.split()
        assert ">None<" not in html
    for name, draw in question.plots.items():
        png = draw(shown)
        assert name.endswith(".png")
        assert png is None or png.startswith(b"\x89PNG")


@pytest.mark.parametrize("question", load_questions(FIT), ids=list(FIT))
def test_a_question_of_a_fit_keeps_its_contract(
    question: Question, fitted: tuple[str, dict[str, Answer], Any]
) -> None:
    _, answers, shown = fitted
    hold(question, answers[question.name], shown)


@pytest.mark.parametrize("question", load_questions(CHECK), ids=list(CHECK))
def test_a_question_of_a_set_keeps_its_contract(
    question: Question, checked: tuple[str, dict[str, Answer], Any]
) -> None:
    _, answers, shown = checked
    hold(question, answers[question.name], shown)


def test_what_could_not_be_measured_is_none_and_says_so(
    fitted: tuple[str, dict[str, Answer], Any],
) -> None:
    size, answers, shown = fitted
    result = shown.result
    if size == "enough":
        assert result["label_sets"] is not None
        assert result["leakage_gap"] is not None
        assert result["unknown"]["hidden"]
        assert answers["label_sets"].kept is not None, "the rule that ships"
    else:
        assert result["label_sets"] is None
        assert result["learning_curve"]["gain"] is None
        assert answers["label_sets"].kept is None
    assert answers["strangers"].kept is not None


def test_no_two_questions_report_the_same_key(fitted: tuple[str, dict[str, Answer], Any]) -> None:
    keys = [key for answer in fitted[1].values() for key in answer.record]
    assert len(keys) == len(set(keys))


def test_the_same_context_gives_the_same_answers() -> None:
    first, second = (
        {question.name: plain(question.measure(context).record) for question in load_questions(FIT)}
        for context in (fit_context(12, 3), fit_context(12, 3))
    )
    assert first == second


def test_questions_are_listed_once_and_lie_where_their_names_say() -> None:
    questions = [*load_questions(FIT), *load_questions(CHECK)]
    assert [question.name for question in questions] == [*FIT, *CHECK]
    folders = {
        path.name
        for path in Path(__file__).parents[2].joinpath("styleid", "questions").iterdir()
        if (path / "question.py").exists()
    }
    assert folders == {*FIT, *CHECK}, "a question that no registry names is asked by nobody"
    names = [name for question in questions for name in question.plots]
    assert len(names) == len(np.unique(names)) + 1, "only scores.png is drawn for a fit and for a set"


def test_a_section_without_a_place_comes_last(tmp_path: Path) -> None:
    made = CheckedSet(tmp_path, gone=True)
    shown = made.show({question.name: question.measure(made.context) for question in load_questions(CHECK)})
    names = [section.name for section in show_all(CHECK, shown, ())]
    assert [section.name for section in show_all(CHECK, shown, names[1:])] == [*names[1:], names[0]]


def test_intervals_rest_on_components_not_on_pictures() -> None:
    context = fit_context(24, 3)  # 36 components of two
    answers = {q.name: q.measure(context).record for q in load_questions(FIT) if q.name != "projection"}
    assert answers["label_sets"]["label_sets"].coverage.n_components == 36
    assert answers["strangers"]["unknown"]["curve"][0].accuracy.n_components == 36
    assert answers["scores"]["per_label"]["ann"]["n_groups"] == 12
    calibration = answers["calibration"]["calibration"]
    for stage in ("before", "after"):
        assert any(point.n_groups < point.n for point in calibration[stage].curve)


def test_the_record_of_strangers_has_the_keys_of_the_formats_page() -> None:
    context = fit_context(12, 3)
    (strangers,) = (q for q in load_questions(FIT) if q.name == "strangers")
    worth = {"auroc", "fpr_at_95_tpr", "recognised", "false_alarms"}
    rest = {"kind", "false_alarm", "hidden", "curve", "named"}
    assert set(strangers.measure(context).record["unknown"]) == worth | rest
