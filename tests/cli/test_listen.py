"""Where the API listens, and to whom it may be opened."""

import socket

import pytest

from faceline.cli.listen import LISTEN_FD, address_of, check_exposure, healthy, listening_socket
from faceline.settings import Settings, SettingsError
from tests.cli.health import answering


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_needs_no_accounts(host: str) -> None:
    """B32."""
    check_exposure(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "faces.example.com", ""])  # noqa: S104 - refused
def test_others_need_accounts(host: str) -> None:
    """B32."""
    with pytest.raises(SettingsError, match="needs --credentials"):
        check_exposure(Settings(host=host))
    check_exposure(Settings(host=host, credentials="keys.toml"))


def test_port_0_takes_a_free_one_and_says_which() -> None:
    settings = Settings(port=0)
    with listening_socket(settings) as one, listening_socket(settings) as two:
        addresses = {address_of(listener, settings) for listener in (one, two)}
        assert addresses == {f"http://127.0.0.1:{listener.getsockname()[1]}" for listener in (one, two)}
        assert len(addresses) == 2


def test_addresses_of_version_6_and_tls() -> None:
    settings = Settings(host="::1", port=0, tls_cert="cert.pem", tls_key="key.pem")
    try:
        listener = listening_socket(settings)
    except SettingsError:
        pytest.skip("no IPv6 on this machine's loopback")
    with listener:
        assert address_of(listener, settings) == f"https://[::1]:{listener.getsockname()[1]}"


def test_a_port_in_use_is_one_line() -> None:
    with listening_socket(Settings(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"^cannot listen on 127.0.0.1 port {port}: Address already in use$"):
            listening_socket(Settings(port=port))


def test_an_address_of_another_machine_is_one_line() -> None:
    with pytest.raises(SettingsError, match=r"^cannot listen on 192\.0\.2\.1 port 0: "):
        listening_socket(Settings(host="192.0.2.1", port=0, credentials="keys.toml"))


def test_a_socket_of_the_parent_is_taken_over_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening_socket(Settings(port=0)) as parents:
        monkeypatch.setenv(LISTEN_FD, str(parents.fileno()))
        inherited = listening_socket(Settings(port=0))
        assert inherited.getsockname() == parents.getsockname()
        inherited.detach()
        with listening_socket(Settings(port=0)) as own:
            assert own.getsockname() != parents.getsockname()


@pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False), (404, False)])
def test_health_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch, status: int, expected: bool) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with answering(status) as listener:
        assert healthy(address_of(listener, Settings())) is expected


def test_nobody_there_is_not_healthy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert not healthy(f"http://127.0.0.1:{taken.getsockname()[1]}")
