"""How the gateway says no: in the form that OpenAI's clients read."""

from __future__ import annotations

from starlette.responses import JSONResponse

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}


class Refused(Exception):  # noqa: N818  no failure: an answer
    """A request that does not go on to the model server.

    Parameters
    ----------
    status
        The HTTP status.
    why
        One sentence.
    retry_after_s
        When it may be tried again; 0: that is not said.
    """

    def __init__(self, status: int, why: str, *, retry_after_s: int = 0) -> None:
        super().__init__(status, why)
        self.status = status
        self.why = why
        self.retry_after_s = retry_after_s

    def response(self, request_id: str) -> JSONResponse:
        """Return the answer to it."""
        headers = {"X-Request-Id": request_id}
        if self.status == 401:  # noqa: PLR2004
            headers["WWW-Authenticate"] = "Bearer"
        if self.retry_after_s:
            headers["Retry-After"] = str(self.retry_after_s)
        kind = _KINDS.get(self.status, "server_error")
        error = {"message": self.why, "type": kind, "code": self.status}
        return JSONResponse({"error": error}, self.status, headers)
