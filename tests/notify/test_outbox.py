"""The outbox: at least once, growing pauses, an end after a day, and nobody held up."""

import threading
from collections.abc import Callable, Iterator

import pytest

from faceline.db.clock import HOUR_MS, SECOND_MS
from faceline.db.errors import DatabaseUnavailable
from faceline.domain.faults import JobFault
from faceline.domain.job import NotificationChannel
from faceline.notify.message import Message
from faceline.notify.outbox import Deliveries, Delivery, DeliveryState, Outbox
from faceline.notify.publisher import Undelivered
from tests.db.fixtures import HandClock
from tests.jobs.material import TOPIC, House, a_request, with_tag

OTHER = NotificationChannel("arn:aws:sns:eu-west-1:000000000000:others", "arn:aws:iam::000000000000:role/any")


class Recorder:
    """A publisher that remembers; `answer` may raise instead."""

    def __init__(self, answer: Callable[[Message], None] = lambda _: None) -> None:
        self.told: list[Message] = []
        self.answer = answer
        self._lock = threading.Lock()

    def publish(self, message: Message) -> None:
        with self._lock:
            self.told.append(message)
        self.answer(message)


def refuse(_: Message) -> None:
    raise Undelivered("the receiver is down")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def outbox(house: House, recorder: Recorder) -> Iterator[Outbox]:
    made = Outbox(house.database, recorder)
    yield made
    made.close()


def _deliver(house: House, recorder: Recorder) -> int:
    """One round of a notifier, waited for."""
    notifier = Outbox(house.database, recorder)
    begun = notifier.deliver_due()
    notifier.close()
    return begun


def _ended(house: House, channel: NotificationChannel = TOPIC, tag: str | None = None) -> str:
    request = a_request(channel=channel)
    return house.succeeded(with_tag(request, tag) if tag else request)


def _delivery(house: House, job_id: str) -> Delivery:
    return Deliveries(house.database).of([job_id])[job_id]


def test_a_message_is_delivered_once_and_says_so(house: House, recorder: Recorder, clock: HandClock) -> None:
    job_id = _ended(house, tag="t1")
    clock.move(1)
    assert _deliver(house, recorder) == 1
    assert _deliver(house, recorder) == 0
    (message,) = recorder.told
    assert (message.topic_arn, message.role_arn, message.job_id) == (TOPIC.topic_arn, TOPIC.role_arn, job_id)
    assert message.body == (
        f'{{"JobId":"{job_id}","Status":"SUCCEEDED","API":"StartFaceDetection","JobTag":"t1",'
        f'"Timestamp":{clock.now_ms - SECOND_MS},"Video":{{"S3ObjectName":"a.mp4","S3Bucket":"films"}}}}'
    )
    delivery = _delivery(house, job_id)
    assert (delivery.state, delivery.attempts, delivery.error) == (DeliveryState.DELIVERED, 1, "")
    assert delivery.delivered_at is not None


def test_a_failed_job_is_told_too(house: House, recorder: Recorder) -> None:
    lease = house.ready_to_finish(a_request(channel=TOPIC))
    house.leases.failed_attempt(lease, JobFault.NOT_DECODABLE)
    _deliver(house, recorder)
    assert '"Status":"FAILED"' in recorder.told[0].body


def test_nothing_leaves_before_the_job_has_ended(house: House, recorder: Recorder) -> None:
    house.ready_to_finish(a_request(channel=TOPIC))
    assert _deliver(house, recorder) == 0
    assert recorder.told == []


def test_pauses_grow_and_the_message_stays_the_same(house: House, recorder: Recorder, clock: HandClock) -> None:
    recorder.answer = refuse
    job_id = _ended(house)
    pauses = []
    for _ in range(14):
        assert _deliver(house, recorder) == 1
        waited = 0.0
        while _delivery(house, job_id).due_at.timestamp() * 1000 > clock.now_ms:
            assert _deliver(house, recorder) == 0
            step = max(0.5, _delivery(house, job_id).due_at.timestamp() - clock.now_ms / 1000)
            clock.move(step)
            waited += step
        pauses.append(waited)
    assert pauses[:5] == pytest.approx([2, 4, 8, 16, 32])
    assert pauses == sorted(pauses)
    assert max(pauses) == pytest.approx(1800)
    delivery = _delivery(house, job_id)
    assert (delivery.state, delivery.attempts, delivery.error) == (DeliveryState.DUE, 14, "the receiver is down")
    assert Deliveries(house.database).undelivered() == 1
    assert len(set(recorder.told)) == 1, "the same MessageId every time"
    recorder.answer = lambda _: None
    assert _deliver(house, recorder) == 1
    assert _delivery(house, job_id).state is DeliveryState.DELIVERED
    assert Deliveries(house.database).undelivered() == 0


def test_it_gives_up_after_a_day_and_says_so(house: House, recorder: Recorder, clock: HandClock) -> None:
    recorder.answer = refuse
    job_id = _ended(house)
    began = clock.now_ms
    while _delivery(house, job_id).state is DeliveryState.DUE:
        _deliver(house, recorder)
        clock.move(1800)
    assert 24 * HOUR_MS <= clock.now_ms - began <= 25 * HOUR_MS
    assert _delivery(house, job_id).state is DeliveryState.GIVEN_UP
    assert _delivery(house, job_id).error == "the receiver is down"
    assert _deliver(house, recorder) == 0
    assert house.job(job_id).state == "SUCCEEDED", "the job is not affected (B111)"


def test_a_message_of_a_server_that_was_off_for_days_is_tried_once(
    house: House, recorder: Recorder, clock: HandClock
) -> None:
    job_id = _ended(house)
    clock.move(3 * 24 * 3600)
    _deliver(house, recorder)
    assert _delivery(house, job_id).state is DeliveryState.DELIVERED


def test_a_receiver_that_hangs_holds_no_other_topic_up(house: House, outbox: Outbox, recorder: Recorder) -> None:
    hanging, let_go, told = threading.Event(), threading.Event(), threading.Event()

    def answer(message: Message) -> None:
        if message.topic_arn == TOPIC.topic_arn:
            hanging.set()
            assert let_go.wait(30)
        else:
            told.set()

    recorder.answer = answer
    for _ in range(20):
        _ended(house)
    outbox.deliver_due()
    assert hanging.wait(30)
    _ended(house, OTHER)
    assert outbox.deliver_due() == 1, "the hanging topic is not begun a second time"
    assert told.wait(30)
    let_go.set()


def test_a_topic_that_waits_for_a_thread_is_begun_once(house: House, recorder: Recorder) -> None:
    let_go = threading.Event()

    def wait(_: Message) -> None:
        assert let_go.wait(30)

    recorder.answer = wait
    _ended(house)
    _ended(house, OTHER)
    notifier = Outbox(house.database, recorder, threads=1)
    assert [notifier.deliver_due() for _ in range(3)] == [2, 0, 0]
    let_go.set()
    notifier.close()


def test_a_topic_is_served_by_one_notifier_at_a_time(house: House, recorder: Recorder) -> None:
    for _ in range(2):
        _ended(house)
    one, other = Outbox(house.database, recorder), Outbox(house.database, recorder)
    row = one._take(TOPIC.topic_arn)
    assert row is not None
    assert other._take(TOPIC.topic_arn) is None
    one._deliver(row)
    assert other._take(TOPIC.topic_arn) is not None
    one.close()
    other.close()


def test_a_failing_message_waits_and_newer_ones_of_its_topic_go_first(
    house: House, recorder: Recorder, clock: HandClock
) -> None:
    bad = _ended(house)

    def refuse_bad(message: Message) -> None:
        if message.job_id == bad:
            raise Undelivered("this one")

    recorder.answer = refuse_bad
    _deliver(house, recorder)
    clock.move(3)
    good = _ended(house)
    _deliver(house, recorder)
    assert [message.job_id for message in recorder.told] == [bad, good, bad]


def test_two_notifiers_do_not_deliver_twice(house: House, recorder: Recorder) -> None:
    jobs = [_ended(house, TOPIC if n % 2 else OTHER) for n in range(10)]
    notifiers = [Outbox(house.database, recorder) for _ in range(3)]
    for _ in range(3):
        for notifier in notifiers:
            notifier.deliver_due()
    for notifier in notifiers:
        notifier.close()
    assert sorted(message.job_id for message in recorder.told) == sorted(jobs)


def test_a_notifier_that_died_is_replaced(house: House, recorder: Recorder, clock: HandClock) -> None:
    job_id = _ended(house)
    dead = Outbox(house.database, recorder)
    assert dead._take(TOPIC.topic_arn) is not None
    assert _deliver(house, recorder) == 0
    clock.move(61)
    assert _deliver(house, recorder) == 1
    assert _delivery(house, job_id).attempts == 2
    dead.close()


def test_a_clock_that_jumps_back_holds_nothing_up(house: House, recorder: Recorder, clock: HandClock) -> None:
    recorder.answer = refuse
    _ended(house)
    _deliver(house, recorder)
    clock.move(-30 * 24 * 3600)
    recorder.answer = lambda _: None
    assert _deliver(house, recorder) == 1


def test_a_topic_that_was_just_emptied_is_left_alone(house: House, recorder: Recorder) -> None:
    notifier = Outbox(house.database, recorder)
    assert notifier._take(TOPIC.topic_arn) is None
    notifier.close()


def test_a_database_that_is_away_is_logged_and_costs_no_message(
    house: House, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(_: object) -> None:
        raise DatabaseUnavailable("the server closed the connection")

    _ended(house)
    notifier = Outbox(house.database, recorder)
    monkeypatch.setattr(notifier, "_take", away)
    notifier.deliver_due()
    notifier.close()
    captured = capsys.readouterr()
    assert "the server closed the connection" in captured.out + captured.err
    assert _deliver(house, recorder) == 1


def test_a_late_answer_does_not_undo_another_notifiers(house: House, recorder: Recorder, clock: HandClock) -> None:
    job_id = _ended(house)
    slow = Outbox(house.database, recorder)
    row = slow._take(TOPIC.topic_arn)
    assert row is not None
    clock.move(61)
    _deliver(house, recorder)
    before = _delivery(house, job_id)
    slow._put_back(row, "too late")
    assert _delivery(house, job_id) == before
    assert before.state is DeliveryState.DELIVERED
    slow.close()


def test_a_mistake_in_a_publisher_is_logged_and_the_message_kept(
    house: House, recorder: Recorder, clock: HandClock, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Message) -> None:
        raise ZeroDivisionError

    recorder.answer = broken
    job_id = _ended(house)
    _deliver(house, recorder)
    assert _delivery(house, job_id).state is DeliveryState.DUE
    captured = capsys.readouterr()
    assert "notifier_failed" in captured.out + captured.err
    clock.move(61)
    recorder.answer = lambda _: None
    _deliver(house, recorder)
    assert _delivery(house, job_id).state is DeliveryState.DELIVERED
