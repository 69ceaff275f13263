"""The commands that call the recording service: sign, start, pause, resume, stop, query, set-callback."""

from __future__ import annotations

import json
import os
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timeline.cli.console import print_json, talk
from timeline.errors import ParameterError
from timeline.publish import check_output, disk_errors, write_text
from timeline.sinks import path_text, terminal_text

if TYPE_CHECKING:
    from timeline.service.backends import Backend
    from timeline.service.client import RecordingClient
    from timeline.service.messages import Accepted, Whiteboard
    from timeline.service.secrets import Credentials

NO_FILE = 40002
PARTS_MISSING = 3
"""Exit status of a task that ended without any file: no camera was on."""

Task = Annotated[str, typer.Argument(help="The task, as start printed it.", metavar="TASK")]
Keys = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        envvar="TIMELINE_KEYS",
        help="JSON file with sdk_app_id, tic_key and, for UserSigs, user_sig_key; chmod 600. The environment "
        "(TIMELINE_SDK_APP_ID, TIMELINE_TIC_KEY, TIMELINE_USER_SIG_KEY) wins.",
    ),
]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        envvar="TIMELINE_JOURNAL",
        help="File that all calls are appended to; by default in the user's state folder.",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="TIMELINE_SERVICE_URL",
        help="Where the service is, if not at Tencent's address: a simulator or a proxy of yours.",
    ),
]


class Api(StrEnum):
    """Which service is meant."""

    TIC = "tic"
    TIW = "tiw"


Service = Annotated[
    Api,
    typer.Option(
        "--api", envvar="TIMELINE_SERVICE_API", help="Which service: tic, the guide's, or tiw, its successor."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print an object instead of a line.")]


def default_journal() -> Path:
    """Return where the journal is kept if nobody says otherwise."""
    state = os.environ.get("XDG_STATE_HOME", "")
    home = Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state"
    return home / "timeline" / "journal.jsonl"


def credentials_of(keys: Path | None) -> Credentials:
    """Return the account that the options and the environment name."""
    from timeline.service.secrets import read_credentials

    return read_credentials(keys)


def journal_of(journal: Path | None) -> Path:
    """Return the journal to write to; the folder of the default one is made."""
    if journal is not None:
        return journal
    path = default_journal()
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def client_of(keys: Path | None, journal: Path | None, url: str | None, api: Api) -> RecordingClient:
    """Return the client that the options describe."""
    credentials = credentials_of(keys)
    from timeline.service.client import RecordingClient

    return RecordingClient(
        credentials, journal=journal_of(journal), backend=backend_of(api, credentials, url)
    )


def backend_of(api: Api, credentials: Credentials, url: str | None) -> Backend:
    """Return what speaks to the service that is meant."""
    if api is Api.TIW:
        from timeline.service.tiw import ENDPOINT, TiwBackend

        return TiwBackend(credentials, base_url=url or ENDPOINT)
    from timeline.service.tic import BASE_URL, TicBackend

    return TicBackend(credentials, base_url=url or BASE_URL)


def sign(
    keys: Keys = None,
    valid_s: Annotated[int, typer.Option("--valid", min=1, help="How long it counts, in seconds.")] = 120,
    expire_unix_s: Annotated[
        int | None, typer.Option("--expire", min=1, help="Until when it counts, in Unix seconds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a signature, as the service wants it in the address of a request.

    Example: timeline service sign --valid 120
    """
    from timeline import service

    key = credentials_of(keys).need("tic_key")
    until_s = expire_unix_s if expire_unix_s is not None else int(time.time()) + valid_s
    made = service.sign(key, until_s)
    if as_json:
        print_json({"expire_time": until_s, "sign": made})
    else:
        print(f"expire_time={until_s}&sign={made}")


def start(
    room_id: Annotated[int, typer.Argument(help="The room to record.", metavar="ROOM")],
    keys: Keys = None,
    journal: JournalFile = None,
    url: Address = None,
    api: Service = Api.TIC,
    group_id: Annotated[
        str | None, typer.Option("--group-id", help="IM group of the whiteboard, if not the room's number.")
    ] = None,
    record_user_id: Annotated[
        str | None,
        typer.Option("--record-user", help="The user that records; by default a new one is made up."),
    ] = None,
    user_sig_file: Annotated[
        Path | None,
        typer.Option("--user-sig", help="File with the UserSig of --record-user; by default it is made."),
    ] = None,
    width_px: Annotated[
        int | None, typer.Option("--width", min=2, help="Width of the board's video.")
    ] = None,
    height_px: Annotated[
        int | None, typer.Option("--height", min=2, help="Height of the board's video.")
    ] = None,
    init_param: Annotated[
        str | None,
        typer.Option("--init-param", help="JSON object for the whiteboard; escaping is done here."),
    ] = None,
    extra: Annotated[
        str | None, typer.Option("--extra", help="JSON object with further members of the request.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start to record a room, and print the task.

    Example: timeline service start 1234 --width 1280 --height 720 --init-param '{"ratio": "16:9"}'
    """
    whiteboard = _whiteboard(width_px, height_px, init_param)
    more = _json_object(extra, "--extra")
    user_sig = _user_sig(user_sig_file)
    with client_of(keys, journal, url, api) as client:
        started = client.start(
            room_id,
            group_id=group_id,
            record_user_id=record_user_id,
            user_sig=user_sig,
            whiteboard=whiteboard,
            extra=more,
        )
    if as_json:
        print_json(
            {
                "task_id": started.task_id,
                "record_user_id": started.record_user_id,
                "at_unix_ms": started.at_unix_ms,
                "random": started.random,
            }
        )
    else:
        print(terminal_text(started.task_id))
    talk(f"recording room {room_id} as {started.record_user_id}; it begins in about 2 s")


def pause(
    task_id: Task,
    keys: Keys = None,
    journal: JournalFile = None,
    url: Address = None,
    api: Service = Api.TIC,
    as_json: AsJson = False,
) -> None:
    """Pause a recording.

    Example: timeline service pause g68cee8e90jcq4ogg8jb
    """
    with client_of(keys, journal, url, api) as client:
        _print_accepted(client.pause(task_id), as_json)


def resume(
    task_id: Task,
    keys: Keys = None,
    journal: JournalFile = None,
    url: Address = None,
    api: Service = Api.TIC,
    as_json: AsJson = False,
) -> None:
    """Resume a paused recording.

    Example: timeline service resume g68cee8e90jcq4ogg8jb
    """
    with client_of(keys, journal, url, api) as client:
        _print_accepted(client.resume(task_id), as_json)


def stop(
    task_id: Task,
    keys: Keys = None,
    journal: JournalFile = None,
    url: Address = None,
    api: Service = Api.TIC,
    as_json: AsJson = False,
) -> None:
    """Stop a recording; its files are made after that.

    Example: timeline service stop g68cee8e90jcq4ogg8jb
    """
    with client_of(keys, journal, url, api) as client:
        accepted = client.stop(task_id)
    _print_accepted(accepted, as_json)
    talk(f"the result comes later: timeline service query {terminal_text(task_id)} --wait 600 -o result.json")


def query(
    task_id: Task,
    keys: Keys = None,
    journal: JournalFile = None,
    url: Address = None,
    api: Service = Api.TIC,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, help="Ask again until the task has ended, for so many seconds.")
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File for the result of a finished task.", metavar="FILE"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--force", "-f", help="Replace the file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer.")] = False,
) -> None:
    """Print the state of a task; with -o, keep the result of a finished one.

    Exits with 3 where the task ended without any file (no camera was on), with 1 where it failed or is not
    finished though -o wants its result.

    Example: timeline service query g68cee8e90jcq4ogg8jb --wait 600 -o result.json
    """
    if output is not None:
        check_output(output, overwrite=overwrite)
    with client_of(keys, journal, url, api) as client:
        answer = client.wait(task_id, most_s=wait_s) if wait_s else client.query(task_id)
    if as_json:
        print_json(answer.document)
    else:
        print(answer.state)
    if answer.state == "failed":
        from timeline.results.advice import failure, number_of

        code = answer.error_code or 0
        talk(f"timeline: {failure(code, answer.error_text)}")
        raise typer.Exit(PARTS_MISSING if number_of(code, answer.error_text) == NO_FILE else 1)
    if output is None:
        return
    if not answer.is_finished:
        talk("timeline: there is no result yet; stop the task, or ask again with --wait 600")
        raise typer.Exit(1)
    write_text(output, answer.result_text(), overwrite=overwrite)
    talk(
        f"{path_text(output)}: the result; timeline show {path_text(output)} "
        f"--journal {path_text(journal or default_journal())}"
    )


def set_callback(
    callback_url: Annotated[
        str | None, typer.Argument(help="Where the service shall post; http or https.", metavar="URL")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove the address that is set.")] = False,
    keys: Keys = None,
    journal: JournalFile = None,
    url: Address = None,
    api: Service = Api.TIC,
    as_json: AsJson = False,
) -> None:
    """Set the address that the service calls back, for all recordings of the account.

    Example: timeline service set-callback https://example.org/tic/callback
    """
    if (callback_url is None) == (not delete):
        raise ParameterError("name an address, or --delete the one that is set")
    with client_of(keys, journal, url, api) as client:
        accepted = client.set_callback(callback_url) if callback_url else client.delete_callback()
    _print_accepted(accepted, as_json)


def _print_accepted(accepted: Accepted, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "call": accepted.call,
                "task_id": accepted.task_id,
                "at_unix_ms": accepted.at_unix_ms,
                "random": accepted.random,
                "had_ended": accepted.had_ended,
            }
        )
        return
    if accepted.had_ended:
        print("the task had ended by itself")
    else:
        print("accepted" if accepted.task_id is None else "accepted; it takes effect in about 2 s")


def _whiteboard(width_px: int | None, height_px: int | None, init_param: str | None) -> Whiteboard | None:
    from timeline.service.messages import Whiteboard

    if (width_px, height_px, init_param) == (None, None, None):
        return None
    return Whiteboard(width_px, height_px, _json_object(init_param, "--init-param"))


def _json_object(text: str | None, option: str) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ParameterError(f"{option} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ParameterError(f'{option} must be a JSON object, such as {{"ratio": "16:9"}}')
    return value


def _user_sig(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is no text of ASCII"
        raise ParameterError(f"{path}: {reason.lower()}; name a file with the UserSig") from error
