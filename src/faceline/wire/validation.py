"""The constraints of the service model, all of them at once, in the service's words (B71-B76).

`1 validation error detected: Value 'x' at 'jobId' failed to satisfy constraint: Member must ...`; several broken rules
stand in model order of the members, depth first, joined by "; ".
"""

from collections.abc import Iterator

import msgspec

from faceline.wire.constraints import Structure


class ValidationError(Exception):
    """Constraints are broken. `text` is the service's message."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def validate(request: msgspec.Struct, shape: Structure) -> None:
    """Raises ValidationError when `request` breaks any rule of `shape`."""
    complaints = list(_complaints(request, shape, ""))
    if complaints:
        noun = "error" if len(complaints) == 1 else "errors"
        raise ValidationError(f"{len(complaints)} validation {noun} detected: {'; '.join(complaints)}")


def _complaints(value: object, shape: Structure, parent: str) -> Iterator[str]:
    for member in shape.members:
        inner = getattr(value, member.attribute)
        path = parent + member.path
        if inner is None:
            if member.required:
                yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        elif isinstance(member.shape, Structure):
            yield from _complaints(inner, member.shape, f"{path}.")
        else:
            shown = _shown(inner)
            for rule in member.shape.broken_rules(inner):
                yield f"Value '{shown}' at '{path}' failed to satisfy constraint: {rule}"


def _shown(value: object) -> str:
    """A value as Java prints it."""
    match value:
        case bytes():
            return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case tuple():
            return f"[{', '.join('null' if each is None else str(each) for each in value)}]"
        case _:
            return str(value)
