"""From a request that has been read to its answer: authentication, operation, errors. No HTTP server, no event loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from faceline.api import errors
from faceline.api.accounts import ANONYMOUS, Caller
from faceline.api.catalogue import NOT_OFFERED
from faceline.api.message import Answer, Request
from faceline.api.operations import Operation
from faceline.api.sigv4 import SignatureRefused, Verifier
from faceline.domain.faults import Refused, RequestFault
from faceline.service.rates import RateLimit
from faceline.wire.serialization import SerializationError
from faceline.wire.validation import ValidationError

TARGET_PREFIX = "RekognitionService."


@dataclass(slots=True)
class Trace:
    """What the access log says of a request beside its answer."""

    request_id: str
    operation: str = ""
    account: str = ""


class Dispatcher:
    """Answers requests; may be used by many threads.

    operations   by name
    verifier     None where every caller is one account (B32)
    rates        asked once for each request of a known account
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        verifier: Verifier | None,
        rates: RateLimit,
        log: FilteringBoundLogger,
    ) -> None:
        self._operations = operations
        self._verifier = verifier
        self._rates = rates
        self._log = log

    def answer(self, request: Request, trace: Trace) -> Answer:
        """Never raises: whatever goes wrong is an answer, and a line in the log where it is our fault."""
        try:
            return self._answer(request, trace)
        except Exception:  # noqa: BLE001 - the outermost guard: a client never sees a traceback, the log does
            self._log.exception("request_failed", request_id=trace.request_id, operation=trace.operation)
            return errors.refusal(RequestFault.BROKEN)

    def _answer(self, request: Request, trace: Trace) -> Answer:
        operation = self._operation(request, trace)
        if isinstance(operation, Answer):
            return operation
        try:
            caller = self._caller(request)
            trace.account = caller.account
            self._rates.admit(caller.account)
            return Answer(200, operation.answer(caller, request.body))
        except SignatureRefused as refused:
            return errors.framework(refused.code, refused.text)
        except SerializationError as refused:
            return errors.serialization(refused.text)
        except ValidationError as refused:
            return errors.framework("ValidationException", refused.text)
        except Refused as refused:
            return self._refusal(refused, operation, trace)

    def _operation(self, request: Request, trace: Trace) -> Operation | Answer:
        target = request.headers.get("x-amz-target", "")
        name = target.removeprefix(TARGET_PREFIX)
        if name == target:
            return errors.unknown_operation()
        operation = self._operations.get(name)
        if operation is None:
            return errors.unknown_operation(name if name in NOT_OFFERED else "")
        trace.operation = name
        return operation

    def _caller(self, request: Request) -> Caller:
        return ANONYMOUS if self._verifier is None else self._verifier.verify(request)

    def _refusal(self, refused: Refused, operation: Operation, trace: Trace) -> Answer:
        if refused.fault not in operation.faults or refused.fault is RequestFault.BROKEN:
            self._log.error(
                "request_broken",
                request_id=trace.request_id,
                operation=operation.name,
                fault=refused.fault.name,
                detail=refused.detail,
                exc_info=refused,
            )
            return errors.refusal(RequestFault.BROKEN)
        return errors.refusal(refused.fault, refused.detail)


Answerer = Callable[[Request, Trace], Answer]
