"""NextToken: where the next page begins, sealed. Nothing is stored for it.

54 bytes, 72 letters of standard base64 (B132): version, position, expiry, and a MAC over them together with the account
and the JobId, which the request names anyway. The key lies in the database, so that a token holds across restarts and
on every server of the installation.
"""

import base64
import binascii
import hashlib
import hmac
import struct

from faceline.db.clock import DAY_MS
from faceline.db.engine import Database
from faceline.domain.faults import Refused, RequestFault

TOKEN_LETTERS = 72
TOKEN_LIFE_MS = DAY_MS  # B133

_VERSION = 1
_CLAIMS = struct.Struct(">BQQ")
_MAC_BYTES = 37
_KEY_NAME = "page token"


class PageTokens:
    """Makes and checks tokens.

    key   secret of at least 32 bytes
    """

    def __init__(self, key: bytes, database: Database) -> None:
        self._key = key
        self._database = database

    @classmethod
    def of(cls, database: Database) -> "PageTokens":
        """Tokens under the key that all servers on this database share."""
        return cls(database.secret(_KEY_NAME), database)

    def issue(self, account: str, job_id: str, position: int) -> str:
        """A token for the page that begins at `position`, good for 24 hours."""
        claims = _CLAIMS.pack(_VERSION, position, self._database.now() + TOKEN_LIFE_MS)
        return base64.b64encode(claims + self._mac(claims, account, job_id)).decode()

    def read(self, token: str, account: str, job_id: str) -> int:
        """The position in the token.

        Raises Refused(PAGE_TOKEN) for a token that is not ours, was edited, has expired, or was made for another job
        or account.
        """
        sealed = _decode(token)
        claims, mac = sealed[: _CLAIMS.size], sealed[_CLAIMS.size :]
        if not hmac.compare_digest(mac, self._mac(claims, account, job_id)):
            raise Refused(RequestFault.PAGE_TOKEN)
        version, position, expires_at = _CLAIMS.unpack(claims)
        if version != _VERSION or expires_at <= self._database.now():
            raise Refused(RequestFault.PAGE_TOKEN)
        return int(position)

    def _mac(self, claims: bytes, account: str, job_id: str) -> bytes:
        """HMAC-SHA-512, cut to fill the token's letters. The account's length stands first, so that no other split of
        the same letters gives the same text.
        """
        named = b"%d:%s%s" % (len(account.encode()), account.encode(), job_id.encode())
        return hmac.digest(self._key, claims + named, hashlib.sha512)[:_MAC_BYTES]


def _decode(token: str) -> bytes:
    """The bytes of a token; every other spelling of the same bytes is refused too."""
    if len(token) != TOKEN_LETTERS:
        raise Refused(RequestFault.PAGE_TOKEN)
    try:
        return base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(RequestFault.PAGE_TOKEN) from error
