"""The report of a lesson: its numbers are the tables', both languages are whole, and nothing leads out."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import timeline
from tests.builders import lesson, result_bytes, result_rows, roster, row
from tests.conftest import Cli
from tests.hostile_names import NAMES
from tests.talk_lessons import ROLES, class_of_four, heard, with_files
from timeline.analysis.measure import Measures, measure_lesson, stacked_measures
from timeline.analysis.people import people_of
from timeline.analysis.pseudonyms import pseudonymised
from timeline.analysis.rules import MetricRules
from timeline.analysis.table import Table
from timeline.errors import OutputExistsError, ParameterError
from timeline.findings import FINDING_KINDS, Severity
from timeline.model import Timeline
from timeline.report import charts
from timeline.report.column_words import COLUMNS_ZH
from timeline.report.finding_words import FINDINGS_ZH, LOST_ZH
from timeline.report.page import report_html, write_report
from timeline.report.words import TEXTS
from timeline.roster import Person, Roster

SAMPLES = Path(__file__).parents[1] / "sample_results"
GUIDE = SAMPLES / "guide_example.json"
ROSTER = SAMPLES / "lesson" / "roster.csv"
MOST_BYTES = 2_000_000
VOID = {"meta", "input"}


class Page(HTMLParser):
    """What a parser finds in a page; elements that do not close in order are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.data: list[tuple[str, int, str, str]] = []  # column, row, value, what is read
        self.strings: list[tuple[tuple[str, ...], str]] = []  # elements around, what is read
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag not in VOID:
            self._open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        opened, given = self._open.pop()
        assert opened == tag
        del given

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "data":
            facts = self._open[-1][1]
            self.data.append((facts["data-column"], int(facts["data-row"]), facts["value"], data))
        self.strings.append((tuple(tag for tag, _ in self._open), data))

    @property
    def visible(self) -> str:
        """All that can be read, in both languages."""
        return "".join(text for inside, text in self.strings if "style" not in inside)

    def words(self, language: str) -> list[str]:
        """What the elements of a language say."""
        return re.findall(rf'<span class="{language}" lang="[\w-]+">(.*?)</span>', self.text)

    def of(self, tag: str, style: str = "") -> list[dict[str, str]]:
        return [
            facts for name, facts in self.tags if name == tag and style in facts.get("class", "").split(" ")
        ]


def page(read: Timeline, measures: Measures | None = None, **options: Any) -> Page:
    return Page(report_html(read, measures or measure_lesson(read), **options))


def told(column: str, text: str, unit: str) -> tuple[float, float]:
    """Return the least and the most that a number can be which is told as *text*."""
    text = text.replace("\u00a0", " ")
    if text.endswith("%"):
        if text[0] in "<>":
            return (0, 0.01) if text[0] == "<" else (0.99, 1)
        return (float(text[:-1]) - 0.5) / 100 - 1e-9, (float(text[:-1]) + 0.5) / 100 + 1e-9
    if text.endswith(" s"):
        return float(text[:-2]) * 1000 - 50.001, float(text[:-2]) * 1000 + 50.001
    if text.endswith((" dB", " LUFS")):
        number, _ = text.replace("−", "-").split(" ")
        half = 0.05 if "." in number else 0.5
        return float(number) - half - 1e-9, float(number) + half + 1e-9
    if unit == "ms":
        seconds = sum(int(part) * 60**power for power, part in enumerate(reversed(text.split(":"))))
        return seconds * 1000 - 500, seconds * 1000 + 500
    half = 0.05 if "." in text else 0
    return float(text) - half - 1e-9, float(text) + half + 1e-9


def check_numbers(found: Page, measures: Measures) -> None:
    """Every number on the page is the value that its element names, and is told as that value."""
    assert found.data
    for column, number, value, text in found.data:
        table, _, name = column.partition(".")
        exact = list(measures.tables[table].rows())[number][name]
        assert exact is not None, column
        if isinstance(exact, str):
            assert value == exact == text
        elif isinstance(exact, bool):
            assert (value, text) == (str(exact).lower(), "✓" if exact else "✗")
        else:
            assert float(value) == exact
            unit = measures.tables[table].schema.column(name).unit
            if unit != "Unix ms":
                least, most = told(column, text, unit)
                assert least <= exact <= most, (column, exact, text)


class TestNumbers:
    @given(result_rows())
    def test_each_is_a_value_of_a_table(self, rows: list[dict[str, Any]]) -> None:
        """Of random lessons, with and without roles."""
        for people in (None, roster(amy="teacher", bo="student", cy="student")):
            read = lesson(*rows, roster=people)
            measures = measure_lesson(read, roster=people)
            check_numbers(page(read, measures), measures)

    @pytest.mark.parametrize(
        "options", [{}, {"lost_ms": 90_000}, {"deaf_to": ["bo"]}, {"deaf_to": ["lin"]}, {"silent": True}]
    )
    def test_each_is_so_of_talk(self, options: dict[str, Any]) -> None:
        read = class_of_four()
        measures = heard(read, **options)

        check_numbers(page(read, measures), measures)

    def test_a_wrong_one_is_seen(self) -> None:
        """The check is not blind."""
        read = timeline.load(GUIDE)
        measures = measure_lesson(read)
        wrong = report_html(read, measures).replace(">56%<", ">57%<")

        with pytest.raises(AssertionError):
            check_numbers(Page(wrong), measures)

    def test_the_guides_example(self) -> None:
        """By hand."""
        found = page(timeline.load(GUIDE))
        of_users = {
            (column, number): text for column, number, _, text in found.data if column[:6] == "users."
        }

        assert of_users["users.camera_on_ms", 0] == "20:00"
        assert of_users["users.camera_on_ratio_lesson", 1] == "56%"
        assert of_users["users.first_on_ms", 1] == "5:00"
        assert ("lessons.paused_ms", 0, "60000", "1:00") in found.data

    def test_each_shown_column_is_explained(self) -> None:
        """With its unit, in the words of its schema and in Chinese."""
        read = class_of_four()
        measures = heard(read)
        found = page(read, measures)
        explained = found.text.partition('id="computed_caption"')[2].partition("</table>")[0]
        shown = {column for column, _, _, _ in found.data} - {
            "lessons.generator",
            "lessons.rules",
            "lessons.result_sha256",
        }

        assert len(shown) > 60
        for column in shown:
            table, _, name = column.partition(".")
            assert f"<code>{column}</code>" in explained
            assert COLUMNS_ZH[column] in explained
            assert re.sub("['\"<>&]", "", measures.tables[table].schema.column(name).text)[:20] in re.sub(
                "&.*?;", "", explained
            )

    def test_all_rules_are_listed(self) -> None:
        """With their values."""
        text = page(timeline.load(GUIDE)).text

        assert "<code>late_after_ms</code></dt><dd>300000<" in text
        assert text.count("</dt><dd>") >= len(dataclasses.fields(MetricRules))


class TestPictures:
    @given(result_rows())
    def test_bars_are_the_spans(self, rows: list[dict[str, Any]]) -> None:
        """Each bar of the picture is a row of the table spans."""
        read = lesson(*rows)
        measures = measure_lesson(read)
        picture = page(read, measures).text.partition('id="picture_caption"')[2].partition("</table>")[0]
        drawn = [
            (int(start), int(start) + int(width)) for start, width in re.findall(r"M(\d+) 3h(\d+)v", picture)
        ]

        spans = [(one["start_ms"], one["end_ms"]) for one in measures.tables["spans"].rows()]
        assert Counter(drawn) == Counter(spans)

    @given(result_rows())
    def test_the_curve_is_the_table_of_concurrency(self, rows: list[dict[str, Any]]) -> None:
        """Its steps last as long as the table says."""
        read = lesson(*rows)
        measures = measure_lesson(read)
        curve = re.search(r'class="curve" d="M0 (\d+)([^"]*)"', page(read, measures).text)
        if not any(len(user.camera) for user in people_of(read)):
            assert curve is None
            return
        assert curve
        (values,) = measures.tables["lessons"].rows()
        lasted: Counter[int] = Counter()
        reached = 0
        for height, end in re.findall(r"V(\d+)H(\d+)", curve[2]):
            lasted[int(str(values["peak_concurrency"])) - int(height)] += int(end) - reached
            reached = int(end)
        table = {
            one["users_on_camera"]: one["duration_ms"]
            for one in measures.tables["concurrency"].rows()
            if one["duration_ms"]
        }
        assert {height: length for height, length in lasted.items() if length} == table

    def test_columns_of_the_split_are_the_bins(self) -> None:
        """Of each class as much as the table has, up to rounding."""
        read = class_of_four()
        measures = heard(read)
        figure = page(read, measures).text.partition('id="split_figure"')[2].partition("</figure>")[0]
        for column, style in (
            ("teacher_only_ms", "teacher"),
            ("students_only_ms", "students"),
            ("nobody_ms", "nobody"),
        ):
            (path,) = re.findall(rf'<path class="{style}" d="([^"]*)"', figure)
            drawn = {
                int(start): int(height) * int(width) / 1000
                for start, width, height in re.findall(r"M(\d+) -?\d+h(\d+)v(\d+)h", path)
            }
            bins = list(measures.tables["bins"].rows())
            assert drawn
            for one in bins:
                assert math.isclose(
                    drawn.get(int(str(one["bin_start_ms"])), 0), float(str(one[column])), abs_tol=61
                )

    def test_the_curve_of_waits_is_the_table(self) -> None:
        """It rises at each counted wait, to the share of waits that are at most so long."""
        read = class_of_four()
        measures = heard(read)
        figure = page(read, measures).text.partition('id="waits_figure"')[2].partition("</figure>")[0]
        (path,) = re.findall(r'<path class="line students" d="M0 1000(.*?)H\d+"', figure)
        waits = sorted(
            int(str(one["wait_ms"]))
            for one in measures.tables["waits"].rows()
            if one["kind"] == "wait_time_1" and one["is_counted"]
        )

        assert [int(at) for at, _ in re.findall(r"H(\d+)V(\d+)", path)] == waits == [2500, 3400, 4000]
        assert [int(height) for _, height in re.findall(r"H(\d+)V(\d+)", path)] == [667, 333, 0]
        assert 'class="limit" d="M3000 0' in figure

    def test_a_long_wait_is_counted_and_not_drawn(self) -> None:
        """The curve ends below 100 % then."""
        drawn = charts.shares_below([("students", [1000, 20_000])], 3000, 10_000, "waits_figure")

        assert 'd="M0 1000H1000V500H10000"' in drawn

    def test_very_many_bars_become_few(self) -> None:
        """Nothing of what is on is lost."""
        spans = [(start, start + 500) for start in range(0, 10_000_000, 1000)]
        bars = re.findall(r"M(\d+) 3h(\d+)v", charts.strip(spans, 10_000_000, "camera"))

        assert len(bars) <= charts.MOST_BARS
        assert sum(int(width) for _, width in bars) >= 5_000_000

    def test_very_many_steps_become_few(self) -> None:
        """The highest of each thousandth stays."""
        levels = [(start, start + 100, 1 + start // 100 % 2) for start in range(0, 1_000_000, 100)]
        (line,) = re.findall(r'class="curve" d="([^"]*)"', charts.steps(levels, 1_000_000, 2, "x"))

        assert line.count("H") == 1000
        assert set(re.findall(r"V(\d)", line)) == {"0"}


class TestWhatIsMissing:
    def test_without_media_a_sentence_says_why(self) -> None:
        """And nothing of talk is drawn or counted."""
        found = page(timeline.load(GUIDE))

        assert TEXTS["speech_none"].en in found.visible
        assert not [facts for _, facts in found.tags if facts.get("id") in {"split", "turns", "board"}]

    def test_deaf_files_are_another_sentence(self) -> None:
        """With what is wrong with each."""
        read = timeline.load(GUIDE)
        found = page(read, with_files(measure_lesson(read), "no sound <b>", None))

        assert TEXTS["speech_deaf"].en in found.visible
        assert "camera:u0: no sound <b>" in found.visible
        assert "camera:u1: " not in found.visible

    def test_for_how_long_a_voice_is_lost_is_said(self) -> None:
        """And nothing of it where none is."""
        read = class_of_four()
        found = page(read, heard(read, lost_ms=90_000))

        assert "For 1:30 a file of somebody’s voice is missing, too short or damaged." in found.visible
        assert ("lessons.talk_lost_ms", 0, "90000", "1:30") in found.data
        assert "somebody’s voice is missing" not in page(read, heard(read)).visible

    def test_files_that_are_used_in_parts_are_told(self) -> None:
        """One is 15 s short, of another the sound is damaged; half a second less is as declared."""
        read = class_of_four()
        measures = with_files(heard(read), None, None, None)
        rows = [dict(row) for row in measures.tables["files"].rows()]
        rows[0]["duration_drift_ms"], rows[1]["damage"], rows[2]["duration_drift_ms"] = -15_000, 3, -499
        files = Table(measures.tables["files"].schema, rows)
        found = page(read, Measures(dict(measures.tables) | {"files": files}, measures.rules))

        assert "used as far as they go: 2." in found.visible
        assert "camera:u0: 0:15 shorter than declared" in found.visible
        assert "camera:u1: sound damaged" in found.visible
        assert "camera:u2" not in found.visible

    def test_without_roles_there_are_no_sides(self) -> None:
        """Talk and silence are there all the same."""
        read = class_of_four(roles={})
        found = page(read, heard(read))

        assert TEXTS["split_no_roles"].en in found.visible
        assert not [column for column, _, _, _ in found.data if "teacher" in column or "student" in column]
        assert "lessons.nobody_ms" in {column for column, _, _, _ in found.data}

    def test_who_was_never_heard_is_counted(self) -> None:
        """And has no row of zeros."""
        read = class_of_four()
        found = page(read, heard(read, deaf_to=["cy"]))

        talks = {number for column, number, _, _ in found.data if column == "users.talk_ms"}
        assert talks == {0, 1, 2}
        assert "nothing is said of their talk: 1." in found.visible

    def test_a_dash_is_no_zero(self) -> None:
        """Who is only in the roster was never on camera: when is missing, how long is 0."""
        people = roster(amy="student", bo="student")
        read = lesson(row("amy"), roster=people)
        found = page(read, measure_lesson(read, roster=people))

        told = {(column, number): text for column, number, _, text in found.data}
        assert told["users.camera_on_ms", 1] == "0:00"
        assert ("users.first_on_ms", 1) not in told

    def test_nobody_is_ranked(self) -> None:
        """People stand by role, then as the table has them, whoever talks most."""
        read = class_of_four()
        found = page(read, heard(read))
        rows = [number for column, number, _, _ in found.data if column == "users.talk_ms"]
        names = [user["user_id"] for user in measure_lesson(read).tables["users"].rows()]

        assert [names[number] for number in rows] == ["lin", "amy", "bo", "cy"] == list(ROLES)

    def test_those_who_teach_stand_first(self) -> None:
        """Though students' cameras came first; these keep their order."""
        people = roster(amy="student", bo="student", lin="assistant")
        read = lesson(row("bo"), row("amy", 1000), row("lin", 2000), roster=people)
        found = page(read)

        rows = [number for column, number, _, _ in found.data if column == "users.camera_on_ms"]
        assert rows == [2, 0, 1]

    def test_grave_findings_are_told(self) -> None:
        """What they mean, how many, and what is merely good to know is not."""
        read = lesson(row("amy", 0, 20_000), row("amy", 5000, 5000), total_time=50_000)
        found = page(read)

        assert FINDINGS_ZH["clips_overlap"] in found.visible
        assert {"total_time_mismatch", "clips_overlap"} <= {
            text for inside, text in found.strings if inside[-1:] == ("code",)
        }


class TestLanguages:
    @pytest.mark.parametrize("key", TEXTS)
    def test_each_text_is_there_in_both(self, key: str) -> None:
        """With the same slots."""
        english, chinese = TEXTS[key]
        slots = [sorted(re.findall(r"\{\w+\}", text)) for text in (english, chinese)]

        assert slots[0] == slots[1]
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert not re.search("[\u4e00-\u9fff]", english)

    def test_each_grave_finding_has_chinese(self) -> None:
        """No more and no fewer."""
        grave = {code for code, kind in FINDING_KINDS.items() if kind.severity > Severity.INFO}

        assert set(FINDINGS_ZH) == grave

    def test_each_reason_why_a_file_is_lost_has_chinese(self) -> None:
        """Those of the code, but for codecs, which are named."""
        media = Path("timeline/media")
        texts = [(media / f"{name}.py").read_text() for name in ("gate", "probe", "scan", "examine")]
        reasons = {reason for text in texts for reason in re.findall(r'reason="([^"{]+)"', text)}

        assert set(LOST_ZH) == reasons | {"file missing"}

    def test_why_a_file_is_lost_is_said_in_both(self) -> None:
        read = class_of_four()
        found = page(read, with_files(heard(read), "file is empty", "codec {<b>"))

        assert "camera:u0: file is empty文件是空的" in found.visible
        assert "camera:u1: codec {<b>不支持的编码 {<b>" in found.visible

    def test_all_chinese_columns_are_columns(self) -> None:
        """None is left over."""
        tables = with_files(heard(class_of_four())).tables
        strangers = {
            column
            for column in COLUMNS_ZH
            if column.partition(".")[2] not in tables.get(column.partition(".")[0], ())
        }

        assert strangers == set()

    def test_whatever_is_said_is_said_in_both(self) -> None:
        read = class_of_four()
        found = page(read, heard(read))

        assert len(found.words("en")) == len(found.words("zh")) > 200

    @pytest.mark.parametrize(("language", "code"), [("en", "en"), ("zh", "zh-Hans"), (None, "en")])
    def test_one_is_chosen_first(self, language: str | None, code: str) -> None:
        found = page(timeline.load(GUIDE), language=language)
        (root,) = found.of("html")
        checked = [facts["id"] for facts in found.of("input") if "checked" in facts]

        assert root["lang"] == code
        assert checked == [f"language-{language or 'en'}"]

    def test_another_language_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="no language 'fr'"):
            page(timeline.load(GUIDE), language="fr")


@functools.cache
def structure(name: str) -> list[tuple[str, list[str]]]:
    """Return the elements of the page about two people of that name, with the names of their attributes."""
    people = Roster({"amy": Person("amy", name, "teacher"), "bo": Person("bo", name, None)})
    read = timeline.loads(result_bytes(row("amy"), row("bo", 2000)), roster=people)
    return [(tag, sorted(facts)) for tag, facts in page(read).tags]


class TestSafety:
    @pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
    def test_names_stay_names(self, name: str) -> None:
        """Whatever they are, the page has the same elements with the same attributes."""
        assert structure(name) == structure("plain")

    @pytest.mark.parametrize("name", ["</title><script>x</script>", '" onload="x', "https://x.example/"])
    def test_so_do_rooms_and_titles(self, name: str) -> None:
        read = lesson(row("amy"), room_id=name)
        found = page(read, measure_lesson(read, lesson_id=name), title=name)

        assert not found.of("script")
        assert not [facts for _, facts in found.tags if "onload" in facts]

    def test_nothing_leads_out(self) -> None:
        """No script, no link, no source, no picture: not even an attribute that could hold one."""
        read = class_of_four()
        found = page(read, heard(read))
        names = {name for _, facts in found.tags for name in facts}
        tags = {tag for tag, _ in found.tags}

        assert not names & {
            "href",
            "src",
            "srcset",
            "action",
            "style",
            "xlink:href",
            "data",
            "poster",
            "background",
        }
        assert not [name for name in names if name.startswith("on")]
        assert not tags & {"script", "a", "img", "link", "iframe", "object", "form", "use", "image", "base"}
        assert "url(" not in found.text
        assert "@import" not in found.text
        assert "http" not in found.text.replace('http-equiv="Content', "")

    def test_the_policy_lets_its_own_style_in_and_nothing_else(self) -> None:
        found = page(timeline.load(GUIDE))
        (policy,) = [
            m["content"] for m in found.of("meta") if m.get("http-equiv") == "Content-Security-Policy"
        ]
        style = "".join(text for inside, text in found.strings if "style" in inside)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

        assert policy == (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )

    def test_pseudonyms_name_nobody(self) -> None:
        """Neither in words nor in what is only heard."""
        read = timeline.load(SAMPLES / "lesson", roster=ROSTER)
        hidden = pseudonymised(read, "salt")
        text = report_html(hidden, measure_lesson(hidden))

        for track in read.tracks:
            for name in (track.user_id, track.label if track.user_id else None):
                assert name is None or not re.search(rf"\b{re.escape(name)}\b", text)
        assert read.room_id is not None
        assert f">{read.room_id}<" not in text

    def test_the_same_lesson_gives_the_same_bytes(self) -> None:
        pages = {report_html(read, heard(read)) for read in (class_of_four(), class_of_four())}

        assert len(pages) == 1


class TestSize:
    def test_three_hundred_people_in_three_hours(self) -> None:
        """The first of them are listed, the others counted, and the page is light."""
        rows = [
            row(f"u{user:03d}", start, 100_000)
            for user in range(300)
            for start in range(user * 500, 10_800_000 - 100_000, 300_000)
        ]
        found = page(lesson(*rows))

        assert len(found.text.encode()) < MOST_BYTES
        assert len([1 for column, _, _, _ in found.data if column == "users.camera_on_ms"]) == 40
        assert "… 260 more users" in found.visible
        assert "… 276 more streams" in found.visible


class TestWriting:
    def test_it_is_one_file(self, tmp_path: Path) -> None:
        read = timeline.load(GUIDE)
        write_report(read, measure_lesson(read), tmp_path / "report.html", title="Algebra")

        assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
        assert "<title>Class report · Algebra</title>" in (tmp_path / "report.html").read_text(
            encoding="utf-8"
        )

    def test_what_is_there_is_kept(self, tmp_path: Path) -> None:
        read = timeline.load(GUIDE)
        (tmp_path / "report.html").write_text("mine")

        with pytest.raises(OutputExistsError):
            write_report(read, measure_lesson(read), tmp_path / "report.html", overwrite=False)
        assert (tmp_path / "report.html").read_text() == "mine"

    def test_many_lessons_are_refused(self) -> None:
        read = timeline.load(GUIDE)
        both = stacked_measures([measure_lesson(read)] * 2)

        with pytest.raises(ParameterError, match="of one lesson"):
            report_html(read, both)


class TestCommand:
    @pytest.mark.usefixtures("measured_before")
    def test_it_writes_the_page_with_the_digest_of_the_result(self, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "report.html"
        answer = cli("report", SAMPLES / "lesson", "-o", out, "--roster", ROSTER, "--language", "zh")
        found = Page(out.read_text(encoding="utf-8"))
        digest = hashlib.sha256((SAMPLES / "lesson" / "result.json").read_bytes()).hexdigest()

        assert (answer.status, answer.out) == (0, "")
        assert found.of("html")[0]["lang"] == "zh-Hans"
        assert ("lessons.result_sha256", 0, digest, digest) in found.data
        assert "lessons.roster_users" in {column for column, _, _, _ in found.data}

    def test_what_is_there_needs_force(self, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "report.html"
        out.write_text("mine")

        assert cli("report", GUIDE, "-o", out).status == 2
        assert out.read_text() == "mine"
        assert cli("report", GUIDE, "-o", out, "--force").status == 0

    def test_the_result_itself_is_never_the_output(self, cli: Cli, tmp_path: Path) -> None:
        result = tmp_path / "result.json"
        result.write_bytes(GUIDE.read_bytes())

        assert cli("report", result, "-o", result, "--force").status == 2
        assert result.read_bytes() == GUIDE.read_bytes()

    def test_nor_is_the_result_of_a_folder(self, cli: Cli, tmp_path: Path) -> None:
        (tmp_path / "result.json").write_bytes(GUIDE.read_bytes())

        assert cli("report", tmp_path, "-o", tmp_path / "result.json", "--force").status == 2
        assert (tmp_path / "result.json").read_bytes() == GUIDE.read_bytes()

    def test_a_lesson_from_standard_input(self, cli: Cli, tmp_path: Path) -> None:
        answer = cli("report", "-", "-o", tmp_path / "report.html", stdin=GUIDE.read_bytes())

        assert answer.status == 0
        assert "<h1><bdi>lesson</bdi></h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")

    @pytest.mark.usefixtures("measured_before")
    def test_pseudonyms(self, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "report.html"
        cli("report", SAMPLES / "lesson", "-o", out, "--roster", ROSTER, "--pseudonymise", "salt")
        text = out.read_text(encoding="utf-8")
        names = [line.split(",")[:2] for line in ROSTER.read_text(encoding="utf-8").splitlines()[1:]]

        assert names
        assert [name for person in names for name in person if re.search(rf"\b{name}\b", text)] == []
        assert "result_sha256" not in "".join(re.findall(r'data-column="([^"]*)"', text))

    def test_late_is_from_the_start_of_the_class(self, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "report.html"
        cli("report", GUIDE, "-o", out, "--class-start", "1:00")
        found = Page(out.read_text(encoding="utf-8"))

        assert ("users.late_on_ms", 1, "240000", "4:00") in found.data

    @pytest.mark.parametrize("arguments", [["--language", "fr"], ["--pseudonymise", ""]])
    def test_misuse(self, cli: Cli, tmp_path: Path, arguments: list[str]) -> None:
        assert cli("report", GUIDE, "-o", tmp_path / "x.html", *arguments).status == 2
        assert not list(tmp_path.iterdir())
