"""What happens on a board: pictures whose truth is known, drawn and through a real encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.small_pictures import decoded, encoded, plain, profile_of, whole
from timeline.analysis.board import BOARD_COLUMNS, PAGE_COLUMNS, board_of, board_row, page_rows
from timeline.analysis.picture import PIXELS, SHAPE, Gray, Piece
from timeline.interval import spans_of


def page(number: int) -> Gray:
    """Return a slide: half of it is a pattern of its own."""
    blocks = np.random.default_rng(number).integers(0, 2, (12, 16), dtype=np.uint8) * 200
    return np.kron(blocks, np.ones((10, 10), dtype=np.uint8)) + np.uint8(30)


def held(gray: Gray, seconds: float) -> list[Gray]:
    return [gray] * int(4 * seconds)


def writing(gray: Gray, seconds: int, row: int = 20) -> list[Gray]:
    """A stroke on a page that grows by 4 x 5 pixels four times a second."""
    pictures, sheet = [], gray.copy()
    for number in range(4 * seconds):
        left = number * 4 % 156
        sheet = sheet.copy()
        sheet[row : row + 5, left : left + 4] = 0
        pictures.append(sheet)
    return pictures


def pages(*pieces: Piece) -> list[int]:
    """When pages are turned, ms."""
    return [at_ms for at_ms, _ in board_of(pieces).pages]


class TestActivity:
    def test_a_still_board_is_not_active(self) -> None:
        row = board_row("whiteboard", board_of([whole(profile_of(held(page(1), 11)))]))

        assert (row["board_seen_ms"], row["board_active_ms"], row["board_active_ratio"]) == (10_000, 0, 0)
        assert (row["longest_static_ms"], row["ink_per_min"]) == (10_000, None)

    def test_writing_is_active_and_says_how_much(self) -> None:
        """From 5 s to 10 s, 80 pixels a second; at 11 s the last picture of 20 s is there."""
        sheets = writing(plain(255), 5)
        board = board_of([whole(profile_of([*held(plain(255), 5), *sheets, *held(sheets[-1], 10.25)]))])
        row = board_row("whiteboard", board)

        # The first stroke is there at 5.0 s: 20 pixels in the second before, 80 in each of four, then 60.
        assert board.active.tolist() == [[4000, 10_000]]
        assert row["board_active_ratio"] == 0.3
        assert row["ink_per_min"] == pytest.approx(400 / PIXELS * 10)
        assert row["longest_static_ms"] == 10_000

    @pytest.mark.parametrize(("pixels", "is_active"), [(10, True), (9, False)])
    def test_ten_pixels_are_active(self, pixels: int, is_active: bool) -> None:
        """Of 19 200: 0.0005 of them are 9.6."""
        other = plain(255)
        other.flat[:pixels] = 255 - 13
        board = board_of([whole(profile_of([*held(plain(255), 3), *held(other, 3)]))])

        assert (len(board.active) == 1) is is_active

    def test_twelve_levels_of_grey_are_no_change(self) -> None:
        """That is what a codec does."""
        board = board_of([whole(profile_of([*held(plain(200), 3), *held(plain(212), 3)]))])

        assert len(board.active) == 0


class TestPages:
    def test_flips_are_counted_when_they_come_up(self) -> None:
        """Back to the first page is one too."""
        profile = profile_of([*held(page(1), 4), *held(page(2), 3), *held(page(1), 3)])

        assert pages(whole(profile)) == [4000, 7000]

    def test_a_page_must_stay(self) -> None:
        """A second; what is leafed over does not count, and a picture is worth nothing."""
        profile = profile_of(
            [*held(page(1), 4), *held(page(2), 0.75), *held(page(3), 0.75), *held(page(4), 3)]
        )

        assert pages(whole(profile)) == [5500]
        assert pages(whole(profile_of([*held(page(1), 4), *held(page(2), 1), *held(page(1), 3)]))) == []

    def test_an_animation_is_one_page_when_it_stops(self) -> None:
        """As many pixels change in each of its pictures."""
        film = [page(100 + number) for number in range(40)]

        assert pages(whole(profile_of([*held(page(1), 4), *film, *held(page(2), 4)]))) == [14_000]
        assert pages(whole(profile_of([*held(page(1), 4), *film, *held(page(1), 4)]))) == []

    def test_writing_all_over_a_page_is_no_page_change(self) -> None:
        """Though in the end more than a quarter of it is ink."""
        pictures, sheet = [], plain(255)
        for row in range(0, 100, 5):
            pictures += writing(sheet, 9, row)
            sheet = pictures[-1]
        assert np.count_nonzero(sheet < 100) > 0.25 * PIXELS

        assert pages(whole(profile_of([*held(plain(255), 2), *pictures]))) == []

    def test_a_page_that_is_written_on_at_once_is_counted(self) -> None:
        """Strokes are small enough to be still."""
        profile = profile_of([*held(page(1), 4), *writing(page(2), 10)])

        assert pages(whole(profile)) == [4000]

    @pytest.mark.parametrize(("pixels", "is_page"), [(4800, True), (4799, False)])
    def test_a_quarter_of_the_pixels_make_a_page(self, pixels: int, is_page: bool) -> None:
        other = plain(255)
        other.flat[:pixels] = 0

        assert (pages(whole(profile_of([*held(plain(255), 3), *held(other, 3)]))) == [3000]) is is_page

    def test_a_flip_is_no_ink(self) -> None:
        """It is active time, though."""
        row = board_row("b", board_of([whole(profile_of([*held(page(1), 4), *held(page(2), 4.25)]))]))

        assert (row["board_active_ms"], row["page_changes"], row["ink_per_min"]) == (1000, 1, None)
        assert row["time_per_page_ms"] == 4000


class TestFiles:
    def test_a_new_file_is_no_page_change(self) -> None:
        """If it goes on with the page that was there."""
        first, second = (profile_of(held(page(1), 5)) for _ in range(2))

        assert pages(whole(first), whole(second, 5000)) == []

    def test_another_page_in_a_new_file_is_one(self) -> None:
        """At its start; after a hole too."""
        first, second = profile_of(held(page(1), 5)), profile_of(held(page(2), 5))

        assert pages(whole(first), whole(second, 9000)) == [9000]

    def test_a_file_without_a_still_picture_is_passed_over(self) -> None:
        first, film = profile_of(held(page(1), 5)), profile_of([page(100 + number) for number in range(20)])

        assert pages(whole(first), whole(film, 5000), whole(first, 10_000)) == []

    def test_only_what_plays_counts(self) -> None:
        """From 3 s on, for 4 s: the flip at 2 s and the one at 8 s do not play."""
        profile = profile_of([*held(page(1), 2), *held(page(2), 3), *held(page(3), 3), *held(page(4), 3)])
        board = board_of([Piece(profile, 100_000, 104_000, 3000)])

        assert [at_ms for at_ms, _ in board.pages] == [102_000]
        assert board.seen.tolist() == [[100_000, 104_000]]
        assert board.active.tolist() == [[101_000, 102_000]]

    def test_what_could_not_be_decoded_is_not_still(self) -> None:
        """Of ten seconds those from 2.5 to 6.5 s were not seen, nor are the seconds that they reach into."""
        board = board_of([whole(profile_of(held(page(1), 10.25), unseen=[(2500, 6500)]))])

        assert board.seen.tolist() == [[0, 2000], [7000, 10_000]]

    def test_still_time_goes_on_over_a_switch_of_files(self) -> None:
        profile = profile_of(held(page(1), 5.25))
        row = board_row("b", board_of([whole(profile), Piece(profile, 5020, 10_270, 0)]))

        assert row["longest_static_ms"] == 10_020


class TestRows:
    def test_talk_of_teachers_while_the_board_is_active(self) -> None:
        """Active from 4 s to 10 s; a teacher is heard from 5 s on and speaks for 2 of these 5 s."""
        sheets = writing(plain(255), 5)
        board = board_of([whole(profile_of([*held(plain(255), 5), *sheets, *held(sheets[-1], 5)]))])
        row = board_row("b", board, spans_of([(8000, 13_000)]), spans_of([(5000, 20_000)]))

        assert row["board_talk_ratio"] == 0.4
        assert board_row("b", board)["board_talk_ratio"] is None

    def test_columns_are_those_of_the_schema(self) -> None:
        board = board_of([whole(profile_of([*held(page(1), 4), *held(page(2), 4)]))])
        (row,) = page_rows("b", board)

        assert list(row) == [column.name for column in PAGE_COLUMNS]
        for one in (board, board_of([])):
            assert list(board_row("b", one)) == [column.name for column in BOARD_COLUMNS]

    def test_a_board_that_could_not_be_looked_at_has_no_figures(self) -> None:
        row = board_row("b", board_of([]))

        assert {name for name, value in row.items() if value is not None} == {"track_id"}


@pytest.mark.parametrize(("size", "crf"), [("640x480", 28), ("1280x960", 23)])
def test_a_board_through_a_real_encoder(tmp_path: Path, size: str, crf: int) -> None:
    """A still page, writing, a flip, a still page, a flip back: seconds to one second, pages to a picture."""
    sheets = writing(page(1), 5)
    pictures = [*held(page(1), 6), *sheets, *held(sheets[-1], 4), *held(page(2), 6), *held(page(1), 5)]
    small = decoded(encoded(tmp_path / "board.mp4", pictures, size=size, crf=crf))
    assert small[0].shape == SHAPE
    board = board_of([whole(profile_of(small))])

    assert np.allclose([at_ms for at_ms, _ in board.pages], [15_000, 21_000], atol=250)
    assert np.allclose(board.active, [[5000, 11_000], [14_000, 15_000], [20_000, 21_000]], atol=1000)
