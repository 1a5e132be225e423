"""``result.json`` of the forgetting study: its numbers, as others read them."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styleid.data.views.names import views_text
from styleid.rows.training_set import TrainingSet
from styleid.runs.finished import DECIDING
from styleid.studies.forgetting.options import ForgettingOptions
from styleid.studies.forgetting.runs import Job
from styleid.studies.forgetting.scores import gather, score_learner
from styleid.studies.forgetting.tasks import Task
from styleid.studies.forgetting.words import THEIRS, answers, headline
from styleid.vectors.store.space import Space

FORMAT_VERSION = 1
Json = dict[str, Any]


def forgetting_result(
    name: str,
    options: ForgettingOptions,
    space: Space,
    data: TrainingSet,
    tasks: Mapping[int, Sequence[Task]],
    done: Mapping[Job, NDArray[np.int64]],
) -> Json:
    """Put a study into plain values, as documented in ``docs/formats.md``; `tasks` are by seed."""
    labels, orders = options.labels, options.all_orders()
    every = [task for of_seed in tasks.values() for task in of_seed]
    ratio = float(np.mean([len(task.test) / len(task.train) for task in every]))
    n_groups = min(len(np.unique(data.components[task.test])) for task in every)
    scores = {
        learner: score_learner(
            gather(done, learner, options.seeds_of(learner), orders, len(labels)),
            labels,
            ratio,
            n_groups,
            options.seed,
        )
        for learner in options.learners
    }
    return {
        "format_version": FORMAT_VERSION,
        "study": "forgetting",
        "run": name,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "headline": headline(scores),
        "answers": [
            answer for learner, of in scores.items() for answer in answers(of, learner, options.shared_others)
        ],
        "theirs": THEIRS,
        "labels": list(labels),
        "orders": [[labels[place] for place in order] for order in orders],
        "seeds": {learner: options.seeds_of(learner) for learner in options.learners},
        "recipes": {learner: _recipe(options, learner) for learner in options.learners},
        "tasks": {
            label: {
                "n_train": _mean_size([task.train for task in every if task.label == label]),
                "n_test": _mean_size([task.test for task in every if task.label == label]),
            }
            for label in labels
        },
        "test_ratio": ratio,
        "learners": scores,
        "options": asdict(options),
        "n_images": len(data.manifest),
        "n_groups": len(np.unique(data.components)),
        "n_excluded": data.n_excluded,
        "space": space.id,
        "views": views_text(data.views),
        "backbone": space.identity["backbone"],
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in DECIDING},
        },
        "notes": list(data.notes),
    }


def _mean_size(rows: Sequence[NDArray[np.int64]]) -> float:
    return float(np.mean([len(of_seed) for of_seed in rows]))


def _recipe(options: ForgettingOptions, learner: str) -> Json:
    params = options.untrained(learner, 0).get_params()
    del params["random_state"]  # each job has its own
    return {
        name: asdict(value) if name == "augmentation" else value for name, value in sorted(params.items())
    }
