"""UMAP compiles for many seconds: it is started before the first test here, and looked at when it is done."""

from __future__ import annotations

import pytest
from report_cases import clusters

from styleid.questions.projection.measure import ProjectionHandle


@pytest.fixture(scope="session", autouse=True)
def _started(request, tmp_path_factory):
    if not any("umap_twins" in item.fixturenames for item in request.session.items):
        yield None
        return
    scratch = tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        first, second = ProjectionHandle(clusters(), 3), ProjectionHandle(clusters(), 3)
    with first, second:
        yield first, second, scratch


@pytest.fixture
def umap_twins(_started):
    """Two projections of the same rows with the same seed, and the folder they had for temporary files."""
    return _started
