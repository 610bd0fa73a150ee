"""NextTokens (B131-B135): sealed, bound to account and job, good for a day."""

import base64
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faceline.db.engine import Database, open_database
from faceline.domain.faults import Refused, RequestFault
from faceline.results.token import PageTokens
from tests.db.fixtures import HandClock
from tests.jobs.material import ACCOUNT

JOB, OTHER_JOB = "ab" * 32, "ac" * 32
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

quick = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _refused(tokens: PageTokens, token: str, account: str = ACCOUNT, job_id: str = JOB) -> bool:
    with pytest.raises(Refused) as caught:
        tokens.read(token, account, job_id)
    return caught.value.fault is RequestFault.PAGE_TOKEN


@quick
@given(st.integers(0, 2**63))
def test_a_token_carries_its_position(database: Database, position: int) -> None:
    tokens = PageTokens.of(database)
    token = tokens.issue(ACCOUNT, JOB, position)
    assert re.fullmatch(r"[A-Za-z0-9+/]{72}", token)
    assert tokens.read(token, ACCOUNT, JOB) == position


@quick
@given(st.integers(0, 71), st.sampled_from(LETTERS + "=-_ é"))
def test_any_changed_letter_is_refused(database: Database, place: int, letter: str) -> None:
    tokens = PageTokens.of(database)
    token = tokens.issue(ACCOUNT, JOB, 1000)
    edited = token[:place] + letter + token[place + 1 :]
    assert edited == token or _refused(tokens, edited)


@quick
@given(
    st.one_of(st.text(max_size=100), st.text(LETTERS, min_size=72, max_size=72), st.binary(min_size=54, max_size=54))
)
def test_anything_else_is_refused(database: Database, other: str | bytes) -> None:
    text = base64.b64encode(other).decode() if isinstance(other, bytes) else other
    assert _refused(PageTokens.of(database), text)


@pytest.mark.parametrize(
    "edit", [lambda t: t[:-1], lambda t: t + "=", lambda t: t + "\n", lambda t: t[4:], str.swapcase]
)
def test_other_spellings_are_refused(database: Database, edit: Callable[[str], str]) -> None:
    tokens = PageTokens.of(database)
    assert _refused(tokens, edit(tokens.issue(ACCOUNT, JOB, 5)))


def test_a_token_is_bound_to_its_job_and_account(database: Database) -> None:
    tokens = PageTokens.of(database)
    token = tokens.issue(ACCOUNT, JOB, 5)
    assert _refused(tokens, token, job_id=OTHER_JOB)
    assert _refused(tokens, token, account="111111111111")
    assert _refused(tokens, token, account=ACCOUNT + JOB[:1], job_id=JOB[1:])


def test_a_token_lives_a_day(database: Database, clock: HandClock) -> None:
    tokens = PageTokens.of(database)
    token = tokens.issue(ACCOUNT, JOB, 5)
    clock.move(24 * 3600 - 0.001)
    assert tokens.read(token, ACCOUNT, JOB) == 5
    clock.move(0.001)
    assert _refused(tokens, token)


def test_a_token_holds_across_restarts_but_not_across_installations(
    database: Database, database_url: str, clock: HandClock
) -> None:
    token = PageTokens.of(database).issue(ACCOUNT, JOB, 5)
    restarted = open_database(database_url, clock)
    assert PageTokens.of(restarted).read(token, ACCOUNT, JOB) == 5
    restarted.close()
    assert _refused(PageTokens(bytes(32), database), token)
