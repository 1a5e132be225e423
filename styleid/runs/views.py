"""Settle which views a fit looks at, and how they are pooled: as asked, or as embedded last."""

from __future__ import annotations

from dataclasses import replace

from styleid.data.views import CENTER, augment_number, parse_views, views_text
from styleid.runs.options import FitOptions
from styleid.vectors.pooling import MEAN, check_pool
from styleid.vectors.spaces import embedded_views
from styleid.vectors.store import SpaceStore


def with_views(options: FitOptions, store: SpaceStore) -> FitOptions:
    """Return the options with views and pooling settled.

    Without views, those embedded last are meant, or the centre where nothing is recorded. Augmented ones
    are left aside, since they are made to learn from and not to be judged by. One view has nothing to vote
    on and is pooled by ``mean``.
    """
    check_pool(options.pool)
    text = options.views
    if text is None:
        recorded = parse_views(embedded_views(store.root, store.space) or CENTER)
        text = views_text(view for view in recorded if augment_number(view) is None) or CENTER
    views = parse_views(text)
    return replace(options, views=views_text(views), pool=options.pool if len(views) > 1 else MEAN)
