"""From characters to lines of a legal size, without a picture."""

from tests.core.documents import zones
from video.vision import assembly
from video.vision.recognizer import Glyph

LINES = zones.passport()


def row(
    text: str, *, pitch: float = 20.0, sure: float = 0.99, places: list[int] | None = None
) -> list[Glyph]:
    columns = places or list(range(len(text)))
    return [
        Glyph(character, 50 + pitch * column, ((character, sure),))
        for character, column in zip(text, columns, strict=True)
    ]


def test_whole_lines_are_taken_as_they_are() -> None:
    found = assembly.best([row(line) for line in LINES])
    assert found is not None
    assert found.lines == LINES
    assert found.passes
    assert assembly.certainty(found) > 0.9


def test_a_caption_above_is_not_the_first_line() -> None:
    caption = row("SIGNATUREOFTHEBEARERQOLYNQOIYNYZ", pitch=27)
    found = assembly.best([caption, *(row(line) for line in LINES)])
    assert found is not None
    assert (found.first_row, found.lines) == (1, LINES)


def test_lines_that_do_not_begin_together_are_not_one_zone() -> None:
    shifted = [Glyph(glyph.character, glyph.place + 100, glyph.masses) for glyph in row(LINES[1])]
    assert assembly.best([row(LINES[0]), shifted]) is None


def test_a_character_that_was_not_seen_is_a_filler_that_nobody_is_sure_of() -> None:
    """The whole line is the ruler: the gap is where it is, not at the end."""
    missing = LINES[0].index("<<", 5)
    text = LINES[0][:missing] + LINES[0][missing + 1 :]
    places = [column for column in range(44) if column != missing]
    found = assembly.best([row(text, places=places), row(LINES[1])])
    assert found is not None
    assert found.lines == LINES
    assert assembly.certainty(found) == 0


def test_two_characters_in_one_column_are_counted() -> None:
    text = LINES[0] + "<"
    found = assembly.best([row(text, places=[*range(44), 43]), row(LINES[1])])
    assert found is not None
    assert (found.lines, found.surplus) == (LINES, 1)


def test_without_a_whole_line_the_edges_are_the_ruler() -> None:
    cut = [column for column in range(44) if column != 30]
    rows = [row("".join(line[column] for column in cut), places=cut) for line in LINES]
    found = assembly.best(rows)
    assert found is not None
    assert found.lines[0] == LINES[0]


def test_noise_behind_the_names_is_filler() -> None:
    found = assembly.best([row(LINES[0][:30] + "K<S" + LINES[0][33:]), row(LINES[1])])
    assert found is not None
    assert found.lines == LINES


def test_a_state_that_does_not_exist_is_the_likeliest_that_does() -> None:
    seen = row(LINES[0])
    seen[4] = Glyph("2", seen[4].place, (("2", 0.6), ("Z", 0.3)))
    assert assembly.best([seen, row(LINES[1])]).lines == LINES  # type: ignore[union-attr]
    seen[2] = Glyph("X", seen[2].place, (("X", 0.6), ("K", 0.39)))
    found = assembly.best([seen, row(LINES[1])])
    assert found is not None
    assert found.lines == LINES


def test_letters_without_digits_that_hold_are_no_zone() -> None:
    found = assembly.best(
        [
            row("PAGREEMENTONTHEUSEOFAREGISTRATIONCERTIFICATE"),
            row("BETWEENTHEAUTHORITYANDITSSUBSCRIBERANDOTHERS"),
        ]
    )
    assert found is None or not found.is_zone


def test_nothing_is_nothing() -> None:
    assert assembly.best([]) is None
    assert assembly.best([row("TOO"), row("SHORT")]) is None
