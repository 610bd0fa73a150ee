"""docs/commands.md, from the command line itself."""

from collections.abc import Iterator

import click

from faceline.cli.main import commands
from faceline.settings import FIELDS
from tools.pages.markdown import code, generated, table

INTRODUCTION = """
# Commands

`faceline COMMAND --help` shows the same. "Settings" are the options of [settings.md](settings.md).

"""


def visible() -> Iterator[tuple[str, click.Command]]:
    """Every command that is not hidden, groups and their members, by its full name."""
    yield from _below("faceline", commands)


def own_options(command: click.Command) -> list[click.Option]:
    """The options of a command that are not settings of the installation."""
    shared = {*FIELDS, "config"} if takes_settings(command) else set()
    return [option for option in command.params if isinstance(option, click.Option) and option.name not in shared]


def takes_settings(command: click.Command) -> bool:
    """Whether a command takes all settings."""
    return any(parameter.name == "config" for parameter in command.params)


def page() -> str:
    """The whole page."""
    parts = [generated("`src/faceline/cli`"), INTRODUCTION.rstrip("\n") + "\n"]
    for name, command in visible():
        parts.append(f"\n## {name}\n\n{_text(command)}\n\n```\n{_usage(name, command)}\n```\n")
        if options := own_options(command):
            header = ("option", "default", "meaning")
            parts.append("\n" + table(header, (_row(option) for option in options)))
        if takes_settings(command):
            parts.append("\nTakes all settings and `--config FILE`.\n")
    return "".join(parts)


def _below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for child in command.commands.values():
            if not child.hidden:
                yield from _below(f"{name} {child.name}", child)


def _text(command: click.Command) -> str:
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _usage(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    return " ".join([name, *command.collect_usage_pieces(context)])


def _row(option: click.Option) -> tuple[str, str, str]:
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    default = str(option.default) if option.show_default and option.default is not None else ""
    kind = f" One of {', '.join(option.type.choices)}." if isinstance(option.type, click.Choice) else ""
    return names, code(default), f"{option.help or ''}{kind}".strip()
