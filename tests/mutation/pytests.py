"""pytest as mutation testing runs it: quick tests only, the same ones each time, nothing remembered."""

from collections.abc import Sequence

import hypothesis
import pytest

# Not for a mutant: PostgreSQL, browsers, and what takes more than ten seconds.
_MARKED = "not postgres and not journey and not slow"
# The libraries are imported before pytest could rewrite their asserts: theirs are not what is tested.
_IGNORED = "ignore::pytest.PytestAssertRewriteWarning"
_ARGUMENTS = ["-x", "-m", _MARKED, "-W", _IGNORED, "-p", "no:cacheprovider", "-o", "addopts="]
_AS_TOLD = {True: ["-q", "--tb=short"], False: ["-p", "no:terminal"]}

PASSED, FAILED, INTERRUPTED, NO_TESTS = 0, 1, 2, 5

hypothesis.settings.register_profile("mutation", database=None, derandomize=True)


def run(paths: Sequence[str], plugin: object, *, told: bool = False) -> int:
    hypothesis.settings.load_profile("mutation")
    return int(pytest.main([*_ARGUMENTS, *_AS_TOLD[told], *paths], plugins=[plugin]))
