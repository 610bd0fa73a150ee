"""Settings from the command line, the environment and a file; every wrong one is one line."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from faceline.cli.checks import check_api, check_settings, check_worker, make_data_dir
from faceline.cli.compose import vision_settings
from faceline.cli.main import commands, main
from faceline.cli.options import description, settings_options
from faceline.domain.weights import WeightsProfile
from faceline.settings import FIELDS, Settings, SettingsError, environment_of, load


def through_click(words: list[str], environment: Mapping[str, str]) -> Settings:
    """The settings that a command gets."""
    got: list[Settings] = []

    @click.command()
    @settings_options
    def command(settings: Settings) -> None:
        got.append(settings)

    result = CliRunner().invoke(command, words, env=dict(environment), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return got[0]


def test_options_go_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "faceline.toml"
    file.write_text('port = 1001\nworkers = 3\nretention_days = 2.5\nbucket = ["a=/a"]\n')
    environment = {"FACELINE_PORT": "1002", "FACELINE_WORKERS": "4", "FACELINE_CONFIG": str(file)}
    settings = through_click(["--port", "1003"], environment)
    assert (settings.port, settings.workers, settings.retention_days) == (1003, 4, 2.5)
    assert settings.bucket == ("a=/a",)
    assert settings.max_open_jobs == 1000


def test_lists_are_repeated_options_or_words_or_json() -> None:
    assert through_click(["--bucket", "a=/a", "--bucket", "b=/b,c"], {}).bucket == ("a=/a", "b=/b,c")
    assert through_click([], {"FACELINE_CODECS": "h264, vp9,"}).codecs == ("h264", "vp9")
    assert through_click([], {"FACELINE_BUCKET": '["b=/b,c"]'}).bucket == ("b=/b,c",)


def test_switches_can_be_set_and_taken_back() -> None:
    assert through_click(["--extended"], {}).extended
    assert not through_click(["--no-extended"], {"FACELINE_EXTENDED": "true"}).extended


def test_the_weights_profile_is_one_of_two() -> None:
    assert through_click([], {}).weights_profile is WeightsProfile.RESEARCH
    assert through_click(["--weights-profile", "permissive"], {}).weights_profile is WeightsProfile.PERMISSIVE
    assert through_click([], {"FACELINE_WEIGHTS_PROFILE": "permissive"}).weights_profile is WeightsProfile.PERMISSIVE
    assert vision_settings(Settings(weights_profile=WeightsProfile.PERMISSIVE)).profile is WeightsProfile.PERMISSIVE


def test_children_get_the_same_settings_by_their_environment() -> None:
    settings = Settings(
        bucket=("a=/x,y", "b=/ü z"),
        port=0,
        extended=True,
        retention_days=0.25,
        webhook=("arn:aws:sns:a=http://b?c=d",),
        weights_profile=WeightsProfile.PERMISSIVE,
    )
    assert load({}, environment_of(settings)) == settings
    assert load({}, environment_of(Settings())) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "99999", "port"),
        ("PORT", "many", "port"),
        ("WORKERS", "-1", "workers"),
        ("LOG_LEVEL", "loud", "log_level is 'loud'"),
        ("S3_ADDRESSING", "odd", "s3_addressing is 'odd'"),
        ("WEBHOOK", "arn", "webhook is 'arn'"),
        ("BUCKET", "=x", "bucket is '=x'"),
        ("BUCKET", "[", "is no list"),
        ("TLS_CERT", "x", "tls_cert and tls_key go together"),
        ("WEIGHTS_PROFILE", "free", "Invalid enum value 'free' - at `$.weights_profile`"),
        ("EXTENDED", "perhaps", "extended"),
        ("CONFIG", "/none.toml", "settings file /none.toml"),
    ],
)
def test_a_wrong_setting_is_one_line_and_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"FACELINE_{variable}", value)
    monkeypatch.setattr("sys.argv", ["faceline", "serve"])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    assert (left.value.code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("faceline: ")
    assert said in err


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--port", "x"],
        ["serve", "--unknown"],
        ["serve", "--weights-profile", "free"],
        ["serve", "more"],
        ["unknown"],
        ["jobs", "show"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_code_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["faceline", *words])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("Usage: ")


def test_an_unknown_key_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faceline.toml"
    file.write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="prot"):
        load({}, {}, str(file))


def test_looking_at_jobs_makes_no_database(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["faceline", "jobs", "list", "--data", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith(f"faceline: there is no database in {tmp_path}/none")
    assert list(tmp_path.iterdir()) == []


def test_every_command_and_option_is_explained() -> None:
    silent = []
    for name, command in walk(commands):
        silent += [name] * (not command.get_short_help_str())
        silent += [
            f"{name} {parameter.name}"
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.help
        ]
    assert silent == []
    assert all(description(name).endswith(".") for name in FIELDS)


def walk(group: click.Group, prefix: str = "") -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        found.append((f"{prefix}{name}", command))
        if isinstance(command, click.Group):
            found += walk(command, f"{prefix}{name} ")
    return found


@pytest.mark.parametrize("check", [check_api, check_worker])
def test_folders_of_buckets_must_be_there(tmp_path: Path, check: Callable[[Settings], None]) -> None:
    check(Settings(buckets=str(tmp_path), bucket=(f"a={tmp_path}",)))
    for wrong in (Settings(buckets=str(tmp_path / "none")), Settings(bucket=(f"a={tmp_path}/none",))):
        with pytest.raises(SettingsError, match=f"^there is no folder {tmp_path}/none to take buckets from$"):
            check(wrong)


def test_codecs_must_be_known() -> None:
    check_worker(Settings(codecs=("h264", "vp9")))
    with pytest.raises(SettingsError, match=r"^codec 'h265' is not offered; there are h264, hevc, "):
        check_worker(Settings(codecs=("h264", "h265")))


def test_webhooks_must_be_addresses_of_the_web() -> None:
    check_worker(Settings(webhook=("arn=https://example.com/x",)))
    with pytest.raises(SettingsError, match="not an http or https address"):
        check_worker(Settings(webhook=("arn=file:///etc/passwd",)))


def test_a_credentials_file_is_read_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('[[key]]\naccess_key = "A"\nsecret_key = "hidden"\naccount = "12"\n')
    with pytest.raises(SettingsError) as refused:
        check_api(Settings(credentials=str(file)))
    assert "account" in str(refused.value)
    assert "hidden" not in str(refused.value)
    file.write_text('[[key]]\naccess_key = "A"\nsecret_key = "hidden"\naccount = "123456789012"\n')
    check_api(Settings(credentials=str(file)))


def test_a_certificate_and_its_key_are_tried(tmp_path: Path) -> None:
    cert, key, other, locked = (tmp_path / name for name in ("cert.pem", "key.pem", "other.pem", "locked.pem"))
    write_certificate(cert, key)
    write_certificate(tmp_path / "other-cert.pem", other)
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    locked.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    check_api(Settings(tls_cert=str(cert), tls_key=str(key)))
    for wrong in (other, locked, tmp_path / "none", cert):
        with pytest.raises(SettingsError, match=f"^certificate {cert} with key {wrong}: "):
            check_api(Settings(tls_cert=str(cert), tls_key=str(wrong)))


def write_certificate(cert: Path, key: Path) -> None:
    """A certificate for localhost, signed by itself."""
    private, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    signed = dated.sign(private, hashes.SHA256())
    cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def test_the_folder_of_state_is_for_nobody_else(tmp_path: Path) -> None:
    make_data_dir(Settings(data=str(tmp_path / "deep" / "data")))
    assert (tmp_path / "deep" / "data").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=f"^data folder {tmp_path}/file/data cannot be made: Not a directory$"):
        make_data_dir(Settings(data=str(tmp_path / "file" / "data")))


def test_the_default_settings_are_fit_to_run() -> None:
    check_settings(Settings())
