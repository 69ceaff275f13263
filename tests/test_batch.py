"""Work on many items over any executor; names, shards, ledgers and summaries of a batch."""

from __future__ import annotations

import csv
import io
import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.batch import run
from timeline.batch.ledger import FOLDER_NAME, LedgerWriter, read_ledger
from timeline.batch.lessons import find_lessons
from timeline.batch.names import LessonFacts, check_pattern, each_once, name_of, safe_name
from timeline.batch.rows import LessonRow
from timeline.batch.shards import Shard, parse_shard
from timeline.batch.summary import COLUMNS, summary_csv, summary_html
from timeline.errors import ParameterError

# --- run -------------------------------------------------------------------------------------------------


def third(n: int) -> float:
    """Fail for 0."""
    return 3 / n


def deadly(n: int) -> int:
    """End the worker at 13."""
    if n == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return n * n


def deadly_once(place: tuple[str, int]) -> int:
    """End the worker at 13 the first time, and say each time that it was begun."""
    folder, n = place
    if n == 13 and not (Path(folder) / "died").exists():
        (Path(folder) / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def processes(workers: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def loky() -> Executor:
    from loky import get_reusable_executor

    executor: Executor = get_reusable_executor(2)
    return executor


@pytest.mark.parametrize(
    "make",
    [lambda: None, lambda: ThreadPoolExecutor(3), processes, pytest.param(loky, marks=pytest.mark.slow)],
    ids=["here", "threads", "processes", "loky"],
)
def test_each_item_has_one_outcome_whatever_works(make: Callable[[], Executor | None]) -> None:
    """Values and errors; an error is no end."""
    executor = make()
    outcomes = list(run(range(200), third, executor=executor, chunk=7))
    if executor is not None:
        executor.shutdown()

    assert sorted(outcome.item for outcome in outcomes) == list(range(200))
    (failed,) = [outcome for outcome in outcomes if not outcome.is_fine]
    assert (failed.item, failed.error_type, failed.message) == (0, "ZeroDivisionError", "division by zero")
    assert "third" in failed.traceback_text
    assert {outcome.item: outcome.value for outcome in outcomes if outcome.is_fine} == {
        n: 3 / n for n in range(1, 200)
    }


class Plain(Executor):
    """Has only `submit`, with positional arguments, and counts what is under way."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(4)
        self.under_way = self.most = self.submitted = 0
        self.lock = threading.Lock()

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert not kwargs
        with self.lock:
            self.under_way += 1
            self.submitted += 1
            self.most = max(self.most, self.under_way)
        future = self.pool.submit(function, *args)
        future.add_done_callback(self.done)
        return future

    def done(self, _: Future[Any]) -> None:
        with self.lock:
            self.under_way -= 1

    def map(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("map takes all at once")


@pytest.mark.parametrize("ordered", [False, True])
def test_no_more_is_under_way_than_the_window(ordered: bool) -> None:
    """An endless input is read as work goes on."""
    executor, read = Plain(), itertools.count()
    outcomes = run(read, abs, executor=executor, chunk=5, window=6, ordered=ordered)
    taken = list(itertools.islice(outcomes, 100))
    outcomes.close()  # type: ignore[attr-defined]

    assert len(taken) == 100
    assert executor.most <= 6
    assert next(read) <= 100 + 5 * 6 * 3


def slow_first(n: int) -> int:
    time.sleep(0.2 if n == 0 else 0)
    return n


def test_outcomes_come_in_order_where_that_is_wanted() -> None:
    """Though the first item is the slowest."""
    outcomes = run(range(50), slow_first, executor=ThreadPoolExecutor(4), chunk=3, ordered=True)

    assert [outcome.item for outcome in outcomes] == list(range(50))


def test_an_item_that_kills_its_worker_is_one_outcome() -> None:
    """A new pool takes its place, and all others are worked on, each given once."""
    outcomes = list(run(range(40), deadly, executor=processes, chunk=8))

    assert Counter(outcome.item for outcome in outcomes) == Counter(range(40))
    assert [(o.item, o.error_type) for o in outcomes if not o.is_fine] == [(13, "BrokenProcessPool")]


@pytest.mark.slow
def test_an_item_whose_worker_was_killed_once_is_tried_again(tmp_path: Path) -> None:
    """It was not its fault."""
    outcomes = list(run([(str(tmp_path), n) for n in range(30)], deadly_once, executor=processes, chunk=8))

    assert sorted(outcome.value or 0 for outcome in outcomes) == list(range(30))


@pytest.mark.slow
def test_a_pool_of_ones_own_that_breaks_says_what_was_under_way() -> None:
    """It takes no more work at all."""
    with processes() as pool, pytest.raises(BrokenExecutor) as caught:
        list(run(range(40), deadly, executor=pool, chunk=8))

    assert "items" in caught.value.__notes__[0]
    assert "13" in caught.value.__notes__[0]


@pytest.mark.slow
def test_what_cannot_be_pickled_is_an_outcome() -> None:
    """The item that cannot, and no other."""
    items: list[Any] = [1, 2, threading.Lock(), 4]
    outcomes = list(run(items, type, executor=processes, chunk=2))

    assert len(outcomes) == 4
    assert [outcome.item for outcome in outcomes if not outcome.is_fine] == [items[2]]


@pytest.mark.parametrize("more", [{"chunk": 0}, {"window": 0}])
def test_odd_sizes_are_refused(more: dict[str, int]) -> None:
    """Before any work."""
    with pytest.raises(ParameterError, match="at least 1"):
        run([1], abs, **more)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_dask_cluster_of_processes_loses_nothing_with_a_worker(tmp_path: Path) -> None:
    """A real one on loopback; a worker is killed on the way, and equal items are worked on (pure=False)."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        executor = client.get_executor(pure=False)
        items = [(str(tmp_path), n) for n in [*range(60), *range(60)]]
        outcomes = list(run(items, deadly_once, executor=executor, chunk=4))

    assert Counter(outcome.value for outcome in outcomes) == Counter([*range(60), *range(60)])


# --- names, lessons, shards ------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_names_are_legal_on_every_system(text: str) -> None:
    """No separators, no controls, no reserved names, no dots or blanks at the end, at most 120 bytes."""
    name = safe_name(text)

    assert name
    assert len(name.encode()) <= 130
    assert not set(name) & set('<>:"/\\|?*') | {c for c in name if ord(c) < 32}
    assert name[0] not in ".-~"
    assert name[-1] not in ". "
    assert name.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    assert safe_name(name) == name


@given(st.lists(st.sampled_from(["a", "A", "b", "a-2", "a-3"]), max_size=30))
def test_each_name_is_given_once(names: list[str]) -> None:
    """Whatever the case, and names that are there keep their first place."""
    unique = each_once(names)

    assert len({name.casefold() for name in unique}) == len(names)
    assert all(made.startswith(name) for made, name in zip(unique, names, strict=True))


def test_a_name_by_a_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room and day, of this machine's time zone."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        facts = LessonFacts("maths", "1234", "g68c", 1558653140000)
        assert name_of("{room_id}_{date}_{time}_{task_id}", facts) == "1234_2019-05-24_07-12_g68c"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("pattern", ["{room}", "plain", "{room_id", "room_id}", "{}", ""])
def test_other_patterns_are_refused(pattern: str) -> None:
    """With the fields that there are."""
    with pytest.raises(ParameterError, match="--name"):
        check_pattern(pattern)


def test_lessons_are_found_in_all_their_forms(tmp_path: Path) -> None:
    """Folders, folders of folders, files, tables; each once and in order."""
    for name in ("b", "a"):
        (tmp_path / "week" / name).mkdir(parents=True)
        (tmp_path / "week" / name / "result.json").touch()
    (tmp_path / "week" / "c.json").touch()
    (tmp_path / "t.csv").write_text(
        '\ufeffResult, media ,roster,output,more\nweek/a,m,,"First, lesson",x\n\nweek/missing,,r.csv,\n',
        "utf-8",
    )

    entries = find_lessons([tmp_path / "week" / "b", tmp_path / "week", tmp_path / "t.csv"])

    assert [entry.own_name for entry in entries] == ["b", "a", "c", "a", "missing"]
    assert (entries[3].media, entries[3].roster, entries[3].output) == (tmp_path / "m", None, "First, lesson")
    assert entries[4].roster == tmp_path / "r.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"name\nx\n", "no column result"),
        (b"result,media\n,m\n", "line 2 names no result"),
        (b"\xff", "not UTF-8"),
        (b"", "no column result"),
    ],
)
def test_a_broken_table_is_one_line(text: bytes, said: str, tmp_path: Path) -> None:
    """It says what is wrong and where."""
    (tmp_path / "t.csv").write_bytes(text)

    with pytest.raises(ParameterError, match=said):
        find_lessons([tmp_path / "t.csv"])


def test_a_place_without_lessons_is_refused(tmp_path: Path) -> None:
    """A name that was mistyped is no empty batch."""
    with pytest.raises(ParameterError, match="neither"):
        find_lessons([tmp_path])
    with pytest.raises(ParameterError, match="no such file"):
        find_lessons([tmp_path / "nowhere"])


@given(st.lists(st.text(max_size=20), max_size=50), st.integers(1, 9))
def test_each_lesson_is_in_one_shard(names: list[str], count: int) -> None:
    """And always in the same."""
    assert all(sum(Shard(n, count).holds(name) for n in range(1, count + 1)) == 1 for name in names)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/2", "1/2/3", ""])
def test_other_shards_are_refused(text: str) -> None:
    """From 1 to n."""
    with pytest.raises(ParameterError, match="expected i/n"):
        parse_shard(text)


# --- ledger and summary ----------------------------------------------------------------------------------


def test_a_ledger_of_many_writers_tells_the_latest(tmp_path: Path) -> None:
    """Torn and foreign lines are passed over; what was only begun is known as such."""
    for status in ("failed", "done"):
        writer = LedgerWriter(tmp_path)
        writer.begin("render", "maths")
        writer.finish(LessonRow("maths", "render", status, "week/maths"))
        time.sleep(0.002)
    LedgerWriter(tmp_path).begin("render", "art")
    (tmp_path / FOLDER_NAME / "z.jsonl").write_bytes(b'{"name":"maths","status":"fai\n[]\n{"name":1}\n\xff\n')

    ledger = read_ledger(tmp_path)

    assert [(row.name, row.status) for row in ledger.rows.values()] == [("maths", "done")]
    assert ledger.begun == {("render", "maths"), ("render", "art")}


HOSTILE = LessonRow(
    "=cmd|'/c calc'!A0", "render", "failed", "<script>alert(1)</script>", reason='<img src=x onerror="a">',
    advice="javascript:alert(1)", log='logs/"><b>.log',
)  # fmt: skip


def test_the_table_is_no_formula_and_has_the_named_columns() -> None:
    """Those first that need a look."""
    fine = LessonRow("a", "render", "done", "a", length_ms=1000)
    rows = list(csv.DictReader(io.StringIO(summary_csv([fine, HOSTILE]), newline="")))

    assert tuple(rows[0]) == COLUMNS
    assert [row["name"] for row in rows] == ["'=cmd|'/c calc'!A0", "a"]


def test_no_string_of_a_lesson_is_markup_of_the_page() -> None:
    """Names, reasons and links."""
    page = summary_html([HOSTILE])

    assert "<script" not in page
    assert "<img" not in page
    assert 'href="./logs/%22%3E%3Cb%3E.log"' in page


def rows_of(statuses: Iterator[str]) -> list[LessonRow]:
    return [LessonRow(str(n), "render", status, "x") for n, status in enumerate(statuses)]


def test_a_page_without_trouble_says_so() -> None:
    """It is the news of the morning."""
    assert "No lesson needs a look." in summary_html(rows_of(iter(["done", "done"])))
    assert "Lessons that need a look" in summary_html(rows_of(iter(["done", "look"])))
