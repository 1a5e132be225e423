"""Which views a fit looks at, and how they are pooled: what was asked, or what was embedded last."""

from __future__ import annotations

from dataclasses import replace

from styleid.data.views import CENTER, augment_number, parse_views, views_text
from styleid.runs.options import FitOptions
from styleid.vectors.pooling import MEAN, check_pool
from styleid.vectors.spaces import embedded_views
from styleid.vectors.store import SpaceStore


def with_views(options: FitOptions, store: SpaceStore) -> FitOptions:
    """Return the options with views and pooling settled.

    Parameters
    ----------
    options : FitOptions
        Without views: those embedded last into the store's space are meant, augmented ones left aside, since
        these are made to learn from and not to be judged by; the centre where nothing is recorded.
    store : SpaceStore
        The vectors.

    Returns
    -------
    FitOptions
        ``views`` in their shortest words, and ``pool`` ``mean`` where there is one view: nothing to vote on.

    Raises
    ------
    InputError
        If there is no such view or pooling.
    """
    check_pool(options.pool)
    text = options.views
    if text is None:
        recorded = parse_views(embedded_views(store.root, store.space) or CENTER)
        text = views_text(view for view in recorded if augment_number(view) is None) or CENTER
    views = parse_views(text)
    return replace(options, views=views_text(views), pool=options.pool if len(views) > 1 else MEAN)
