"""How a rendered person looks: some eighty numbers and one seed for the grain, kept in `looks.json`.

Units: the face's own. The eyes stand near y = -0.17, the chin near y = 1; x is 0 at the nose. Colours are 0 to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ca_core.identifiers import Sex

# Below this a person has none of it: no glasses, no beard of that kind.
_OFF = {"glasses": 0.62, "moustache": 0.5, "goatee": 0.5, "whiskers": 0.55, "freckles": 0.5, "wrinkles": 0.2}


@dataclass(frozen=True, slots=True)
class Look:
    """One person's numbers. `relief` and `tint` are waves of height and colour that no named feature accounts for."""

    sex: Sex
    grain: int
    values: Mapping[str, float]
    relief: tuple[float, ...]
    tint: tuple[float, ...]

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def on(self, name: str) -> float:
        """Its strength, or 0 where the person has none of it."""
        value = self.values[name]
        least = _OFF[name]
        return 0.0 if value < least else (value - least) / (1 - least) * 0.6 + 0.4
