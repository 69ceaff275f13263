"""The successor of the guide's service: Tencent's interactive whiteboard, version 2019-09-19.

Signed and sent by Tencent's own SDK (extra ``tiw``), which is kept with the service: signature v3 is long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from timeline.errors import ParameterError
from timeline.extras import needs_extra
from timeline.service.backends import CallPatience, Fault, Lost
from timeline.service.failures import Kind, kind_of
from timeline.service.messages import Call, Reply, StartOptions
from timeline.service.secrets import Credentials
from timeline.service.states import FAILED, STATES

with needs_extra("tiw"):
    import requests
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.tiw.v20190919.tiw_client import TiwClient
    from urllib3.exceptions import MaxRetryError, NewConnectionError

ENDPOINT = "https://tiw.tencentcloudapi.com"
_ACTIONS = {
    "start": "StartOnlineRecord",
    "pause": "PauseOnlineRecord",
    "resume": "ResumeOnlineRecord",
    "stop": "StopOnlineRecord",
    "query": "DescribeOnlineRecord",
    "set_callback": "SetOnlineRecordCallback",
}
_LOOPBACK = {"127.0.0.1", "localhost"}
_ITS_OWN = {"ClientNetworkError", "ServerNetworkError", "ClientError"}
"""Codes that the SDK makes up where the service said nothing."""


class TiwBackend:
    """Speaks to TIW.

    Args:
        credentials: The account; secret_id and secret_key sign calls. Where there is a callback_key, it is
            set along with the address of callbacks.
        base_url: Where the service is: https, or http on this machine.
        patience: How long to wait; the SDK has one limit for a connection and for the next bytes.
        clock: Gives the time in Unix seconds, for what is told; the SDK signs by the system's clock.

    Raises:
        ParameterError: A key is missing, or *base_url* cannot be used.
        MissingExtraError: The SDK is not installed.
    """

    name = "tiw"
    tells_pauses = True

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str = ENDPOINT,
        patience: CallPatience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        parts = urlsplit(base_url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not parts.hostname or not is_safe or parts.path.strip("/"):
            raise ParameterError("the address of TIW must be https://HOST, or http:// on this machine")
        waits_s = round((patience or CallPatience()).answer_s)
        profile = ClientProfile(
            httpProfile=HttpProfile(protocol=parts.scheme, endpoint=parts.netloc, reqTimeout=max(1, waits_s))
        )
        keys = Credential(credentials.need("secret_id"), credentials.need("secret_key"))
        self._client = TiwClient(keys, "", profile)
        self._callback_key = credentials.callback_key
        self._sdk_app_id = credentials.sdk_app_id
        self._clock = clock
        log = logging.getLogger("tencentcloud_sdk_common")
        if log.level == logging.NOTSET:  # at debug level it shows the UserSig
            log.setLevel(logging.INFO)

    def start_body(
        self, room_id: int, record_user_id: str, user_sig: str, options: StartOptions
    ) -> Mapping[str, Any]:
        """Return the parameters of StartOnlineRecord."""
        body: dict[str, Any] = {"SdkAppId": self._sdk_app_id, "RoomId": room_id}
        body |= {"RecordUserId": record_user_id, "RecordUserSig": user_sig}
        if options.group_id is not None:
            body["GroupId"] = options.group_id
        if options.whiteboard is not None:
            board = options.whiteboard
            told = {"Width": board.width_px, "Height": board.height_px, "InitParam": board.init_text()}
            body["Whiteboard"] = {name: value for name, value in told.items() if value is not None}
        return body | dict(options.extra)

    def task_body(self, task_id: str) -> Mapping[str, Any]:
        """Return the parameters of a call about one task."""
        return {"SdkAppId": self._sdk_app_id, "TaskId": task_id}

    def callback_body(self, url: str) -> Mapping[str, Any]:
        """Return the parameters of SetOnlineRecordCallback."""
        return {"SdkAppId": self._sdk_app_id, "Callback": url}

    def send(self, call: Call, random: int, shift_s: int) -> Reply:
        """Make one try through the SDK. TIW knows no random: it is ours alone, for log and journal."""
        if call.name == "set_callback" and call.body["Callback"] and self._callback_key is not None:
            key = self._callback_key.reveal()
            body = {"SdkAppId": self._sdk_app_id, "CallbackKey": key}
            reply = self._ask("SetOnlineRecordCallbackKey", body, random)
            if self.fault(reply):
                return reply
        return self._ask(_ACTIONS[call.name], call.body, random)

    async def send_async(self, call: Call, random: int, shift_s: int) -> Reply:
        """As `send`, in a thread: the SDK waits."""
        return await asyncio.to_thread(self.send, call, random, shift_s)

    def fault(self, reply: Reply) -> Fault | None:
        """Return what the service says is wrong."""
        error = reply.document["Response"].get("Error")
        return Fault(str(error.get("Code")), error.get("Message")) if isinstance(error, dict) else None

    def task_id(self, reply: Reply) -> str | None:
        """Return the task that a start made."""
        task_id = reply.document["Response"].get("TaskId")
        return task_id if isinstance(task_id, str) and task_id else None

    def state(self, reply: Reply) -> str | None:
        """Return the state that DescribeOnlineRecord tells."""
        fault = self.fault(reply)
        if fault is not None and kind_of(fault.code) == Kind.RECORDING_FAILED:
            return FAILED
        status = reply.document["Response"].get("Status")
        told = status.lower() if isinstance(status, str) else None
        return told if told in STATES else None

    def close(self) -> None:
        """Nothing is kept open."""

    async def close_async(self) -> None:
        """Nothing is kept open."""

    def _ask(self, action: str, body: Mapping[str, Any], random: int) -> Reply:
        try:
            document = self._client.call_json(action, dict(body))
        except TencentCloudSDKException as error:
            if error.get_code() in _ITS_OWN:
                raise _lost(error) from error
            said = {"Code": error.get_code(), "Message": error.get_message()}
            document = {"Response": {"Error": said, "RequestId": error.get_request_id()}}
        except requests.RequestException as error:
            raise Lost("the connection broke", was_sent=True) from error
        except (ValueError, KeyError, TypeError) as error:
            raise Lost("bytes that are no answer of the service", was_sent=True, is_garbled=True) from error
        if not isinstance(document, dict) or not isinstance(document.get("Response"), dict):
            raise Lost("JSON that is no answer of the service", was_sent=True, is_garbled=True)
        return Reply(document, random, round(self._clock() * 1000))


def _lost(error: TencentCloudSDKException) -> Lost:
    """Return the failure of a try, by what the SDK made its error of."""
    if error.get_code() == "ServerNetworkError":
        return Lost("a status that is not 200", was_sent=True, is_garbled=True)
    cause = error.__context__
    if isinstance(cause, requests.ConnectTimeout):
        return Lost("no connection in time", was_sent=False)
    inner = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    if isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError):
        return Lost("no connection", was_sent=False)
    return Lost(
        "no answer in time" if isinstance(cause, requests.Timeout) else "the connection broke", was_sent=True
    )
