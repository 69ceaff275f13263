"""Names and roles of people: a CSV or JSON file of user_id, name and role."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeline.errors import RosterError
from timeline.findings import Finding, finding
from timeline.sinks import file_name

ROLES = ("teacher", "student", "assistant", "observer")
"""The roles that are known."""

_MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Person:
    """One line of a roster."""

    user_id: str
    name: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Roster:
    """People by user id, with what was odd about the file."""

    people: Mapping[str, Person]
    findings: tuple[Finding, ...] = ()


def read_roster(path: str | os.PathLike[str]) -> Roster:
    """Return the roster in a CSV file (with a header line) or a JSON file (a list of objects).

    Columns: ``user_id`` (required), ``name``, ``role`` (one of `ROLES`). Others are ignored.

    Raises:
        RosterError: It cannot be read, or has no ``user_id``.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise RosterError(f"{path}: cannot be read: {reason.lower()}") from error
    if len(data) > _MAX_BYTES:
        raise RosterError(f"{path}: has more than {_MAX_BYTES} bytes; so many are read at most")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RosterError(f"{path}: not UTF-8; save the roster as UTF-8") from None
    rows = _json_rows(text, path) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, path)
    people: dict[str, Person] = {}
    findings: list[Finding] = []
    for number, row in enumerate(rows, 1):
        user_id, name, role = (_text(row.get(key)) for key in ("user_id", "name", "role"))
        if user_id is None:
            raise RosterError(f"{path}: entry {number} has no user_id; each needs one")
        where = f"{file_name(path)}, entry {number}"
        if user_id in people:
            findings.append(finding("roster_duplicate", f"{where}: {user_id!r} is there twice", where=where))
            continue
        if role is not None and role.lower() not in ROLES:
            message = f"{where}: role {role!r} is not one of {', '.join(ROLES)}"
            findings.append(finding("role_unknown", message, where=where))
            role = None
        people[user_id] = Person(user_id, name, role.lower() if role else None)
    return Roster(people, tuple(findings))


def _csv_rows(text: str, path: Path) -> list[dict[str, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(text), skipinitialspace=True, strict=True)
        rows = [row for row in reader if any(_text(value) for value in row.values())]
    except csv.Error as error:
        raise RosterError(f"{path}: not CSV: {error}") from None
    if not reader.fieldnames or "user_id" not in [name.strip() for name in reader.fieldnames]:
        raise RosterError(f"{path}: the first line must name the columns: user_id, name, role")
    return [{str(key).strip(): value for key, value in row.items()} for row in rows]


def _json_rows(text: str, path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RosterError(f"{path}: not JSON: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RosterError(f"{path}: expected a list of objects with user_id, name and role")
    return rows


def _text(value: object) -> str | None:
    """Return a cell without blanks around it; None when nothing is left."""
    if value is None or isinstance(value, (dict, list, bool)):
        return None
    return str(value).encode("utf-8", "replace").decode("utf-8").strip() or None
