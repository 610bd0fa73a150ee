"""ClientRequestTokens: the same request sent twice is one job (B106-B108).

A token is looked up before the limit of open jobs, so that a replay succeeds while the account is full. It lives seven
days from its Start, whatever became of the job. The caller holds the account's lock, so that of any number of equal
Starts at one moment exactly one makes the job.
"""

from sqlalchemy import Connection, delete, insert, select

from faceline.db.clock import DAY_MS
from faceline.db.tables import request_token
from faceline.domain.faults import Refused, RequestFault

TOKEN_LIFE_MS = 7 * DAY_MS


def replayed(connection: Connection, account: str, token: str, fingerprint: str, now: int) -> str | None:
    """The job that this token started, if it still lives.

    Raises Refused(TOKEN_REUSED) when the token was used with other parameters.
    """
    known = connection.execute(
        select(request_token.c.fingerprint, request_token.c.job_id).where(
            request_token.c.account == account, request_token.c.token == token, request_token.c.expires_at > now
        )
    ).one_or_none()
    if known is None:
        return None
    if known.fingerprint != fingerprint:
        raise Refused(RequestFault.TOKEN_REUSED)
    return str(known.job_id)


def remember(connection: Connection, account: str, token: str, fingerprint: str, job_id: str, now: int) -> None:
    """Bind the token to the job for seven days; an expired row of the same token gives way."""
    connection.execute(delete(request_token).where(request_token.c.account == account, request_token.c.token == token))
    connection.execute(
        insert(request_token).values(
            account=account, token=token, fingerprint=fingerprint, job_id=job_id, expires_at=now + TOKEN_LIFE_MS
        )
    )
