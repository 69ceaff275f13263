"""The command service simulate."""

from __future__ import annotations

import threading
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from timeline.cli.console import talk
from timeline.errors import ParameterError

if TYPE_CHECKING:
    from timeline.service.simulated_callbacks import SentCallback
    from timeline.service.simulated_faults import SeenRequest


class Style(StrEnum):
    """How callbacks look."""

    TIC = "tic"
    TIW = "tiw"


def simulate(
    port: Annotated[
        int, typer.Option("--port", help="0 is any that is free.", min=0, max=65535, show_default=False)
    ] = 0,
    sdk_app_id: Annotated[
        int | None,
        typer.Option("--sdk-app-id", help="The account that it knows; by default a made-up one.", min=1),
    ] = None,
    tic_key: Annotated[
        str | None, typer.Option("--tic-key", help="Key of the account; by default a made-up one.")
    ] = None,
    latency: Annotated[
        float, typer.Option("--latency", help="Seconds until a call takes effect.", min=0, max=3600)
    ] = 2.0,
    processing: Annotated[
        float, typer.Option("--processing", help="Seconds from the stop to the result.", min=0, max=3600)
    ] = 3.0,
    retry: Annotated[
        float | None,
        typer.Option(
            "--retry", help="Seconds until a callback is repeated; 60 by default, 5 for tiw.", min=0, max=3600
        ),
    ] = None,
    lose: Annotated[float, typer.Option("--lose", help="Share of callbacks never sent.", min=0, max=1)] = 0.0,
    double: Annotated[
        float, typer.Option("--double", help="Share of callbacks sent twice at once.", min=0, max=1)
    ] = 0.0,
    reorder: Annotated[
        float, typer.Option("--reorder", help="Share of callbacks that others overtake.", min=0, max=1)
    ] = 0.0,
    delay: Annotated[
        float, typer.Option("--delay", help="Share of callbacks up to 30 s late.", min=0, max=1)
    ] = 0.0,
    seed: Annotated[
        int | None, typer.Option("--seed", help="The same disorder of callbacks each time.")
    ] = None,
    style: Annotated[
        Style, typer.Option("--style", help="Callbacks as in the guide (tic) or as its successor has them.")
    ] = Style.TIC,
    callback_key: Annotated[
        str, typer.Option("--callback-key", help="Signs callbacks of style tiw; without it they are not.")
    ] = "",
    no_media: Annotated[
        bool, typer.Option("--no-media", help="Results whose links lead nowhere; needs no ffmpeg.")
    ] = False,
) -> None:
    """Answer like the recording service, on this machine alone, until Ctrl-C.

    Example: timeline service simulate --port 8100 --latency 0.1 --lose 0.3 --seed 1
    """
    from timeline.service.simulated_callbacks import TIW_RULES, CallbackRules
    from timeline.service.simulator import SDK_APP_ID, TIC_KEY, Simulator

    if tic_key is not None and not tic_key.strip():
        raise ParameterError("--tic-key is empty; leave it out for a made-up one")
    rules = TIW_RULES if style == Style.TIW else CallbackRules()
    rules = replace(rules, lose=lose, double=double, reorder=reorder, delay=delay, seed=seed)
    rules = replace(rules, retry_s=rules.retry_s if retry is None else retry, callback_key=callback_key)
    app_id = sdk_app_id or SDK_APP_ID
    with Simulator(
        app_id,
        tic_key or TIC_KEY,
        port=port,
        latency_s=latency,
        processing_s=processing,
        callbacks=rules,
        media=not no_media,
        on_request=_say_request,
        on_callback=_say_callback,
    ) as simulator:
        shown_key = TIC_KEY if tic_key is None else "the key that you gave"
        talk(f"a simulator of the recording service, at {simulator.url}; nothing real is recorded")
        talk(f"account {app_id}, TicKey {shown_key}; Ctrl-C ends it. In another terminal:")
        talk(f"  export TIMELINE_SERVICE_URL={simulator.url} TIMELINE_SDK_APP_ID={app_id}")
        talk(f"  export TIMELINE_TIC_KEY='{shown_key}' TIMELINE_USER_SIG_KEY=simulated")
        talk("  timeline service start 1234")
        threading.Event().wait()


def _say_request(request: SeenRequest) -> None:
    answer = "no answer of the service" if request.error_code is None else f"error_code {request.error_code}"
    talk(f"{request.call}: {answer}, random {request.random}, task {request.task_id}")


def _say_callback(sent: SentCallback) -> None:
    if sent.attempt == 0:
        talk(f"callback {sent.what} of task {sent.task_id}: lost on purpose")
        return
    answer = "no answer" if sent.status is None else f"HTTP {sent.status}"
    done = "taken" if sent.is_taken else f"{answer}, not taken"
    talk(f"callback {sent.what} of task {sent.task_id}, try {sent.attempt}: {done}")
