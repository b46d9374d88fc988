"""The copy that is mutated behaves like the original, and a mutant is told by the statement that it changed."""

from __future__ import annotations

from tests.mutation.run import Change, changed, equivalents, without_properties

CLASS = '''
class It:
    @property
    def one(self) -> int:
        """The first."""
        if self:
            return 1
        return 0

    @property
    def two(self) -> int:
        return 2

    def three(self) -> int:
        return self.one + self.two


AFTER = It()
'''


def test_a_property_is_one_without_a_decorator():
    text = without_properties(CLASS)
    assert "@" not in text
    scope: dict[str, object] = {}
    exec(text, scope)  # it is the text above
    it = scope["AFTER"]
    assert [getattr(it, "one"), getattr(it, "two"), it.three()] == [1, 2, 3]  # type: ignore[attr-defined]  # noqa: B009


def test_a_mutant_is_told_by_what_it_changed():
    text = "def x__f__mutmut_orig(a):\n    b = 1\n    return b\n\n\ndef x__f__mutmut_1(a):\n    b = 2\n    return b\n"
    assert list(changed(text, "core/it")) == [("x__f__mutmut_1", Change("core/it: _f", "b = 1", "b = 2"))]


def test_equivalents_give_their_reason():
    assert all(equivalents().values())
