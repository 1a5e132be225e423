"""Which views of a picture a model looks at: those it was made from."""

from __future__ import annotations

from styleid.data.views import CENTER, parse_views
from styleid.errors import BundleError, InputError
from styleid.model.bundle import Bundle
from styleid.vectors.pooling import MEAN, VOTE


def views_of(bundle: Bundle) -> tuple[tuple[str, ...], str]:
    """Return the names of the views a model looks at, and how they are pooled.

    A model that names no views was made from centre views. Raises `BundleError` if the views are not known
    here, or are not as many as the model's heads take.
    """
    text, pool = str(bundle.options.get("views") or CENTER), str(bundle.options.get("pool") or MEAN)
    try:
        views = parse_views(text)
    except InputError as error:
        raise BundleError(
            f"the model looks at the views {text!r}, which this styleid does not know; install a newer one "
            "or fit again",
            views=text,
        ) from error
    if bundle.n_views != (len(views) if pool == VOTE else 1):
        raise BundleError(
            f"expected heads of the views {text!r} (pool {pool}), found some of {bundle.n_views} side by "
            "side; the model was changed: fit it anew",
            views=text,
        )
    return views, pool
