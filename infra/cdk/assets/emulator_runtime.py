"""Runs one function on the emulator: what Lambda's own runtime does around `awslambdaric`.

It is packed beside the code and started by `bootstrap`. awslambdaric imports the handler, builds
the context and reports faults by class; only its two calls to the Runtime API are made here. Its
own client waits 40 ms for each event, because the emulator answers in two small packets of which
the second is held until the first is acknowledged. And the emulator waits 50 ms for a line of
log after each invocation, so this ends each with one, as Lambda does.
"""

import http.client
import os
import socket
import sys
from typing import Any

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient

INVOCATION = "/2018-06-01/runtime/invocation"
ACKNOWLEDGE_AT_ONCE = getattr(socket, "TCP_QUICKACK", None)  # Linux only; elsewhere it is slower


class EmulatorClient(LambdaRuntimeClient):  # type: ignore[misc]
    """The Runtime API over one connection that stays open."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._connection = http.client.HTTPConnection(address)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def wait_next_invocation(self) -> InvocationRequest:
        """Wait for an event."""
        answer = self._call("GET", f"{INVOCATION}/next")
        if answer.status != http.HTTPStatus.OK:
            sys.exit(0)  # the emulator has given this environment up
        header = answer.headers.get
        return InvocationRequest(
            invoke_id=header("Lambda-Runtime-Aws-Request-Id"),
            x_amzn_trace_id=header("Lambda-Runtime-Trace-Id"),
            invoked_function_arn=header("Lambda-Runtime-Invoked-Function-Arn"),
            deadline_time_in_ms=int(answer.headers["Lambda-Runtime-Deadline-Ms"]),
            client_context=None,
            cognito_identity=None,
            tenant_id=None,
            content_type=header("Content-Type"),
            event_body=answer.read(),
            invocation_id=None,
        )

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: str | bytes,
        content_type: str = "application/json",
        invocation_id: str | None = None,  # noqa: ARG002 - awslambdaric's signature
    ) -> None:
        """Hand the answer over."""
        body = result_data if isinstance(result_data, bytes) else result_data.encode()
        self._end(invoke_id, "response", body, {"Content-Type": content_type})

    def post_invocation_error(
        self,
        invoke_id: str,
        error_response_data: str,
        xray_fault: str,  # noqa: ARG002
        invocation_id: str | None = None,  # noqa: ARG002 - awslambdaric's signature
    ) -> None:
        """Hand the fault over; its class is in the report."""
        self._end(invoke_id, "error", error_response_data.encode(), {})

    def _end(self, invoke_id: str, outcome: str, body: bytes, headers: dict[str, str]) -> None:
        print(f"END RequestId: {invoke_id}", flush=True)
        self._call("POST", f"{INVOCATION}/{invoke_id}/{outcome}", body, headers).read()

    def _call(self, method: str, path: str, *request: Any) -> http.client.HTTPResponse:
        self._connection.request(method, path, *request)
        if ACKNOWLEDGE_AT_ONCE is not None:
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, ACKNOWLEDGE_AT_ONCE, 1)
        return self._connection.getresponse()


if __name__ == "__main__":
    try:
        bootstrap.run(os.environ["_HANDLER"], EmulatorClient(os.environ["AWS_LAMBDA_RUNTIME_API"]))
    except (ConnectionError, http.client.HTTPException):
        sys.exit(0)  # the emulator is gone
