"""What the service model says of a value, and the service's words for a value that breaks it (B70-B91)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# Java's dot does not match these, and none of the model's patterns has a class that does: a value with one of them
# never matches as a whole. Looking for them first also keeps `.*` of a topic's pattern from trying every split of a
# hostile value that ends in a line feed.
_LINE_TERMINATOR = re.compile("[\n\r\u0085\u2028\u2029]")


@dataclass(frozen=True)
class Text:
    """A string: its length in characters, pattern (Java's, applied to the whole value, B91) and values."""

    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None
    values: tuple[str, ...] = ()

    java = "String"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern or "", re.ASCII)

    def broken_rules(self, value: str) -> Iterator[str]:
        """The rules that `value` breaks, in the service's words."""
        yield from length_rules(len(value), self.shortest, self.longest)
        if self.pattern is not None and (_LINE_TERMINATOR.search(value) or not self._pattern.fullmatch(value)):
            yield f"Member must satisfy regular expression pattern: {self.pattern}"
        if self.values and value not in self.values:
            yield f"Member must satisfy enum value set: [{', '.join(self.values)}]"


@dataclass(frozen=True)
class Integer:
    """A whole number of 32 bits."""

    smallest: int | None = None

    java = "Integer"

    def broken_rules(self, value: int) -> Iterator[str]:
        """The rules that `value` breaks, in the service's words."""
        if self.smallest is not None and value < self.smallest:
            yield f"Member must have value greater than or equal to {self.smallest}"


@dataclass(frozen=True)
class Blob:
    """Bytes, base64 in JSON (B13); the length counts decoded bytes (B88)."""

    shortest: int
    longest: int

    java = "ByteBuffer"

    def broken_rules(self, value: bytes) -> Iterator[str]:
        """The rules that `value` breaks, in the service's words."""
        yield from length_rules(len(value), self.shortest, self.longest)


@dataclass(frozen=True)
class Sequence:
    """A list of strings."""

    item: Text

    java = "List"

    def broken_rules(self, value: tuple[str | None, ...]) -> Iterator[str]:
        """The rules that items break, each once, in the service's words (B75)."""
        broken = dict.fromkeys(
            rule
            for each in value
            for rule in (("Member must not be null",) if each is None else self.item.broken_rules(each))
        )
        if broken:
            yield f"Member must satisfy constraint: [{', '.join(broken)}]"


@dataclass(frozen=True)
class Structure:
    """An object with members in model order."""

    members: "tuple[Member, ...]"

    java = "Map"


Shape = Text | Integer | Blob | Sequence | Structure


@dataclass(frozen=True)
class Member:
    """A member of a structure.

    name        on the wire, such as "S3Object"
    attribute   of the Struct that holds it, such as "s3_object"
    """

    name: str
    attribute: str
    shape: Shape
    required: bool = False

    @property
    def path(self) -> str:
        """The name as error texts show it: first letter lower (B72)."""
        return self.name[0].lower() + self.name[1:]


def length_rules(length: int, shortest: int | None, longest: int | None) -> Iterator[str]:
    """The rules of length that are broken, in the service's words."""
    if longest is not None and length > longest:
        yield f"Member must have length less than or equal to {longest}"
    if shortest is not None and length < shortest:
        yield f"Member must have length greater than or equal to {shortest}"
