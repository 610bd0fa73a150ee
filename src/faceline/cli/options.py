"""The options of every command that runs a role, made from the table of settings."""

import os
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, get_type_hints

import click
from msgspec import Meta

from faceline.settings import FIELDS, Settings, load

Command = Callable[..., None]


def description(name: str) -> str:
    """The sentence that explains a setting."""
    for meta in get_type_hints(Settings, include_extras=True)[name].__metadata__:
        if isinstance(meta, Meta) and meta.description:
            return meta.description
    raise LookupError(f"setting {name} has no description")


def _option(name: str) -> Callable[[Command], Command]:
    default = FIELDS[name].default
    flag = f"--{name.replace('_', '-')}"
    if isinstance(default, bool):
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=description(name))
    many = isinstance(default, tuple)
    shown = "" if default in ("", ()) else f"  [default: {','.join(default) if many else default}]"
    kind = str if many else type(default)
    choices = [each.value for each in type(default)] if isinstance(default, StrEnum) else []
    return click.option(
        flag,
        name,
        type=click.Choice(choices) if choices else kind,
        multiple=many,
        default=None,
        help=description(name) + shown,
        metavar=None if choices else kind.__name__.upper(),
    )


def settings_options(command: Command) -> Command:
    """Give a command all settings as options and, in their place, one argument `settings: Settings`."""

    @wraps(command)
    def with_settings(config: str | None, **options: Any) -> None:
        given = {name: value for name, value in options.items() if name in FIELDS and value not in (None, ())}
        rest = {name: value for name, value in options.items() if name not in FIELDS}
        command(settings=load(given, os.environ, config), **rest)

    wrapped: Command = with_settings
    for name in reversed(FIELDS):
        wrapped = _option(name)(wrapped)
    return click.option("--config", envvar="FACELINE_CONFIG", metavar="FILE", help="TOML file of settings.")(wrapped)
