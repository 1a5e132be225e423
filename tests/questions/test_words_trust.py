from __future__ import annotations

import pytest
from report_cases import make_result
from trust_cases import (
    calibration,
    label_sets,
    learning_curve,
    metric,
    no_trust,
    scores,
    strangers,
    unknown,
)

from styleid.questions.base import FIT, load_questions
from styleid.questions.calibration.words import write_calibration
from styleid.questions.label_sets.words import write_sets
from styleid.questions.more_pictures.words import write_learning
from styleid.questions.run_data import score_word
from styleid.questions.strangers.words import write_strangers, write_unknown

LABELS = ["ann", "ben", "cy"]


def trust_cautions(result):
    """What speaks against trusting a single answer."""
    asked = [
        load_questions(FIT)[list(FIT).index(name)] for name in ("calibration", "label_sets", "strangers")
    ]
    return [finding.text for question in asked for finding in question.findings(result)]


@pytest.fixture
def result():
    return make_result(LABELS, [[90, 5, 5], [15, 80, 5], [28, 2, 70]], accuracy=0.80)


def with_ece(result, before, after):
    for stage, value in (("before", before), ("after", after)):
        result["calibration"][stage]["ece"] = value
    return result


def test_what_a_score_means_is_told_from_the_nearest_bin(result):
    curve = [
        {"score": s, "accuracy": a, "low": a - 0.1, "high": a + 0.1, "n": 30, "n_groups": 9}
        for s, a in ((0.5, 0.4), (0.74, 0.61), (0.89, 0.7))
    ]
    result["calibration"]["after"]["curve"] = curve
    assert write_calibration(result)[0] == (
        "Of 100 answers with a probability near 0.74, 61 were right (95 % interval 51 to 71): it promised "
        "more."
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            metric(0.13, 0.02),
            metric(0.03, 0.01),
            "made the calibration error smaller: 0.130 before, 0.030 after",
        ),
        (
            metric(0.03, 0.01),
            metric(0.13, 0.02),
            "made the calibration error larger: 0.030 before, 0.130 after",
        ),
        (
            metric(0.05, 0.02),
            metric(0.03, 0.01),
            "cannot be told from so many pictures (calibration error 0.050 before, 0.030 after)",
        ),
    ],
)
def test_calibration_helped_harmed_or_neither(result, before, after, words):
    assert words in write_calibration(with_ece(result, before, after))[1]


def test_without_intervals_nothing_is_said_of_the_effect(result):
    assert len(write_calibration(with_ece(result, metric(None), metric(0.1)))) == 1


def test_uncalibrated_scores_are_never_called_probabilities(result):
    result["calibration"] = calibration("identity")
    (sentence,) = write_calibration(result)
    assert sentence.startswith("Of 100 answers with a score near 0.7")
    assert (score_word(result), score_word(result, full=True)) == ("score", "score, not a probability")
    assert any("not probabilities" in caution for caution in trust_cautions(result))


def test_calibrated_scores_are_probabilities(result):
    assert score_word(result) == score_word(result, full=True) == "probability"


def test_nothing_to_warn_of(result):
    assert trust_cautions(result) == []


def test_as_little_as_there_may_be_is_not_warned_of_twice(result):
    (only,) = trust_cautions(result | no_trust())
    assert "not probabilities" in only


@pytest.mark.parametrize(("lean", "words"), [(0.1, "too high"), (-0.1, "too low"), (0.0, "wrong")])
def test_probabilities_that_are_off_after_calibration(result, lean, words):
    result["calibration"]["after"] = scores(0.1, lean)
    (caution,) = trust_cautions(result)
    assert caution == (
        f"Its probabilities are {words} even after calibration: off by 0.100 on average, where exact ones "
        "would seem off by 0.021."
    )


def test_what_a_perfect_head_would_show_is_no_caution(result):
    result["calibration"]["after"] = scores(0.1, 0.1) | {"ece_if_perfect": 0.08}
    assert trust_cautions(result) == []


def test_sets_tell_coverage_size_and_who_is_held_least(result):
    result["label_sets"] = label_sets(LABELS, 0.9)
    assert write_sets(result) == [
        "Sets made to hold the true label for 90 of 100 pictures hold it for 90 (95 % interval 87 to 93).",
        "A set holds 1.90 of 3 labels on average (95 % interval 1.75 to 2.05); 41 of 100 sets hold a single "
        "one.",
        "Held clearly less often than that: “ann” (80).",
    ]


def test_sets_of_all_labels_say_nothing(result):
    result["label_sets"]["size"] = {"value": 3.0, "low": 3.0, "high": 3.0}
    assert "Every set holds all 3 labels: such sets say nothing." in write_sets(result)


def test_sets_that_hold_less_than_they_promise(result):
    result["label_sets"] = label_sets(LABELS, 0.82)
    (caution,) = trust_cautions(result)
    assert "for 82 of 100 pictures instead of 90" in caution
    result["label_sets"]["coverage"] = metric(0.88, 0.03)  # the interval holds the level
    assert trust_cautions(result) == []


def test_many_labels_held_too_seldom_are_counted(result):
    names = [f"n{i}" for i in range(9)]
    result["label_sets"] = label_sets(names, 0.7)
    result["label_sets"]["by_label"]["n8"] = None
    assert "“n0” (60), “n1” (62), “n2” (64), and 5 more." in write_sets(result)[-1]


@pytest.mark.parametrize(
    ("recognised", "auroc", "verdict", "caution"),
    [
        (0.06, 0.5, "is no better than chance", "is no better than chance"),
        (0.12, 0.72, "It mostly does not work", "about 88 get a known name"),
        (
            0.5,
            0.8,
            "It works in part",
            "often fails: of 100 pictures by a hand it has never seen, about 50 get",
        ),
        (0.9, 0.89, "It mostly works", ""),
    ],
)
def test_unknown_hands(result, recognised, auroc, verdict, caution):
    result["unknown"] = unknown(LABELS, recognised, auroc)
    told = write_unknown(result)
    assert (
        f"{100 * recognised:.0f} of 100 pictures by a hand it had never seen (mean over 3 labels" in told[0]
    )
    assert ("only" in told[0]) == (recognised < 0.25)
    assert verdict in told[1]
    assert f"from {auroc - 0.1:.2f} for “ann” to {auroc + 0.1:.2f} for “cy”" in told[2]
    assert told[3].startswith("5 of 100 known pictures were called unknown by mistake (95 % interval 3 to 7)")
    cautions = trust_cautions(result)
    assert [caution in line for line in cautions] == [True] * bool(caution)


@pytest.mark.parametrize(("recognised", "warned"), [(0.74, True), (0.75, False)])
def test_the_box_stands_until_three_of_four_strangers_are_recognised(result, recognised, warned):
    result["unknown"] = unknown(LABELS, recognised, 0.9)
    assert any("None of these" in line for line in trust_cautions(result)) == warned


def test_labels_that_are_told_alike_are_not_ranked(result):
    result["unknown"] = unknown(LABELS, 0.9, 1.0)
    for hidden in result["unknown"]["hidden"]:
        hidden["auroc"] = metric(1.0, 0.0)
    assert write_unknown(result)[2] == "AUROC (0.5 is chance, 1 is best): 1.00 for each of the 3."


@pytest.mark.parametrize(
    ("score", "words"), [(0.4, "less."), (0.6, "as far as can be told."), (0.8, "more.")]
)
def test_a_probability_is_held_against_what_happened(result, score, words):
    point = {"score": score, "accuracy": 0.6, "low": 0.5, "high": 0.7, "n": 30, "n_groups": 9}
    result["calibration"]["after"]["curve"] = [point]
    assert write_calibration(result)[0].endswith(words)


def test_without_a_mistake_calibration_is_not_judged(result):
    point = {"score": 0.95, "accuracy": 1.0, "low": 0.8, "high": 1.0, "n": 30, "n_groups": 9}
    result["calibration"]["after"]["curve"] = [point]
    told = write_calibration(with_ece(result, metric(0.0, 0.0), metric(0.05, 0.01)))
    assert told[1:] == ["It made no mistake here, so nothing shows how sure it is when it errs."]


def test_a_perfect_score_leaves_nothing_to_gain(result):
    result["learning_curve"] = learning_curve(0.0, 0.0)
    result["learning_curve"]["points"][-1]["score"] = 1.0
    assert write_learning(result) == (
        "There is nothing left to gain on these pictures: the curve ends at 1, the best there is."
    )


def test_a_label_above_a_coin_is_needed_to_beat_chance(result):
    """A mean above 0.5 on few pictures: no label's own interval lies above a coin."""
    result["unknown"] = unknown(LABELS, 0.2, 0.6)
    for hidden in result["unknown"]["hidden"]:
        hidden["auroc"] = metric(0.6, 0.15)
    assert "chance" in write_unknown(result)[1]
    result["unknown"]["hidden"][1]["auroc"] = metric(0.9, 0.1)
    assert "chance" not in write_unknown(result)[1]


def test_one_hidden_label_is_named_and_nothing_is_averaged(result):
    result["unknown"] = unknown(["ann"], 0.8, 0.9)
    told = " ".join(write_unknown(result))
    assert "a hand it had never seen: “ann”, hidden from it (95 % interval 71 to 89)." in told
    assert "One hidden label says little about other hands." in told
    assert "average" not in told


def test_a_sample_of_the_labels_is_called_one(result):
    result["unknown"] = unknown(["ann", "cy"])
    assert "(mean over 2 of 3 labels, hidden in turn)" in write_unknown(result)[0]


def test_nothing_hidden_is_not_a_finding(result):
    result["unknown"] = unknown([])
    assert write_unknown(result)[0].startswith("No label could be hidden")
    assert trust_cautions(result) == []


def test_strangers_are_weighed_by_their_pictures(result):
    result["target"] = "ann"
    result["strangers"] = strangers(["ben", "cy"], 0.1)
    result["strangers"][0] |= {"called_target": metric(0.4), "n_images": 10}
    result["strangers"][1] |= {"called_target": metric(0.1), "n_images": 30}
    told = write_strangers(result)
    assert told[0] == (
        "By a hand it had never seen, 18 of 100 pictures were called “ann”; with that hand among the others "
        "in training, 6."
    )
    assert told[1] == "Most often “ben”: 40 (95 % interval 36 to 44)."
    (caution,) = trust_cautions(result)
    assert caution == (
        "A hand it has never seen is often called “ann”: “ben”, left out of training, for 40 of 100 pictures "
        "(95 % interval 36 to 44)."
    )


def test_strangers_seldom_called_are_no_caution(result):
    result |= {"target": "ann", "strangers": strangers(["ben", "cy"], 0.2)}  # 0.22, from 0.17
    assert trust_cautions(result) == []


def test_one_label_besides_the_target(result):
    result |= {"target": "ann", "strangers": []}
    assert write_strangers(result) == [
        "There is only one label besides the target, so none could be left out of training."
    ]
    assert trust_cautions(result) == []


def test_more_pictures(result):
    assert write_learning(result) == (
        "Twice as many pictures would likely add about 4.3 points (95 % interval 1.3 to 7.3 points)."
    )
    result["learning_curve"] = learning_curve(0.001, 0.0012)
    assert "(95 % interval of what twice as many would add: 0.0 to 0.2 points)" in write_learning(result)
    result["learning_curve"] = learning_curve(-0.01, 0.03)
    assert "−4.0 to 2.0 points" in write_learning(result)
    result["learning_curve"] |= {"gain": None, "gain_low": None, "gain_high": None, "note": "cannot tell: x"}
    assert write_learning(result) == "Cannot tell: x."


def test_strangers_of_whom_nothing_could_be_measured_are_left_out_of_the_average(result):
    result |= {"target": "cy", "strangers": strangers(["ann", "ben"], called=0.5)}
    result["strangers"][1] |= {"called_target": metric(None), "when_known": metric(None)}
    assert write_strangers(result)[0].startswith("By a hand it had never seen, 50 of 100 pictures")
    assert write_strangers(result)[1].startswith("Most often “ann”: 50")
    assert any("“ann”, left out of training, for 50" in line for line in trust_cautions(result))
    result["strangers"] = result["strangers"][1:]
    (only,) = write_strangers(result)
    assert "? of 100 pictures" in only
    assert not any("left out of training" in line for line in trust_cautions(result))


def test_a_calibrated_score_is_never_written_as_certain():
    result = {"calibration": calibration(), "less_baselines": {}}
    for point in result["calibration"]["after"]["curve"]:
        point["score"] = 0.9991
    assert write_calibration(result)[0].startswith("Of 100 answers with a probability near >0.99, ")


def test_a_guess_promises_nothing():
    behind = {"value": 0.0, "low": -0.1, "high": 0.1}
    for less, promised in (({}, True), ({"majority": {"accuracy": behind}}, False)):
        said = write_calibration({"calibration": calibration(), "less_baselines": less})[0]
        assert ("promise" in said) == promised
