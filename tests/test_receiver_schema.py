"""The receiver against its own OpenAPI document: requests that a machine makes up of it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from timeline.service.messages import TaskAnswer
from timeline.service.receiver import ReceiverServer, make_receiver
from timeline.service.secrets import make_credentials


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A receiver on loopback."""
    folder: Path = tmp_path_factory.mktemp("receiver")
    keys = make_credentials(1400000000, tic_key="k" * 32, callback_key="c" * 16)

    def query(task_id: str) -> TaskAnswer:
        return TaskAnswer(task_id, "recording", {}, 1)

    server = ReceiverServer(make_receiver(folder, keys, query=query))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    time.sleep(0.1)
    yield server.url.removesuffix("/callback")
    server.shut_down()
    thread.join()


@pytest.mark.slow
def test_no_made_up_request_breaks_the_receiver(url: str) -> None:
    """Valid and invalid ones: never a 5xx, and an answer that the document describes."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in GenerationMode:

            @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(generation_mode=mode))
            def one(case: Case[Any]) -> None:
                nonlocal tried
                tried += 1
                response = case.call(base_url=url)
                case.validate_response(
                    response,
                    checks=[not_a_server_error, status_code_conformance, response_schema_conformance],
                )

            with contextlib.suppress(Unsatisfiable):  # nothing is wrong that the document can tell
                one()

    assert tried > 100
