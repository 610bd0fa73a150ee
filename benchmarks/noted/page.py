"""The page of the clips."""

from benchmarks.noted.bad import BadResult
from benchmarks.noted.originals import ClipResult, Share, total
from benchmarks.noted.variants import VariantResult

HEAD = """<!-- made by `python -m benchmarks.noted`; do not edit -->
# Clips: what is found, held against what people noted

Every clip was analysed at 2 samples a second with all attributes, each sample by itself (no smoothing over time).
*One face* counts the samples inside the intervals in which a person, looking at the clip, saw exactly one face: how
many of them gave exactly one. Attributes are counted over those samples, where the notes state a value. The clips are
test material and are not part of the project.
"""

BAD_HEAD = """
## Broken and hostile files

Each file was given to a process of its own. The message is the one line that a person reads; memory is the peak of the
whole process with its networks.

| file | outcome | message | peak memory, MiB |
| --- | --- | --- | ---: |
"""


def page(clips: list[ClipResult], variants: list[VariantResult], bad: list[BadResult]) -> str:
    """The whole page in Markdown."""
    return HEAD + _originals(clips) + _variants(variants) + BAD_HEAD + "".join(map(_bad_row, bad))


def _share(share: Share) -> str:
    return f"{share.right} / {share.of}" if share.of else ""


def _percent(share: Share) -> str:
    return f"{share.right} of {share.of} ({100 * share.right / share.of:.1f} %)" if share.of else "none"


def _originals(clips: list[ClipResult]) -> str:
    one = total([clip.one for clip in clips])
    false_faces = sum(clip.false_faces or 0 for clip in clips)
    empty = [clip for clip in clips if clip.false_faces is not None]
    lines = [
        "",
        f"- Exactly one face where exactly one was noted: {_percent(one)}.",
        f"- Of the others {sum(clip.none for clip in clips)} gave none and {sum(clip.many for clip in clips)} more.",
        f"- {len(empty)} clips without a face: {false_faces} false faces in {sum(c.samples for c in empty)} samples.",
        *(
            f"- {name.capitalize()} as noted: {_percent(total([getattr(clip, name) for clip in clips]))}"
            for name in ("gender", "eyeglasses", "sunglasses", "beard", "mustache")
        ),
        "",
        "| clip | samples | faces | one face | gender | eyeglasses | sunglasses | beard | mustache |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {clip.file} | {clip.samples} | {clip.faces} | "
            + ("no face in it" if clip.false_faces is not None else _share(clip.one))
            + f" | {_share(clip.gender)} | {_share(clip.eyeglasses)} | {_share(clip.sunglasses)} | {_share(clip.beard)}"
            f" | {_share(clip.mustache)} |"
            for clip in clips
        ),
    ]
    return "\n".join(lines) + "\n"


def _variants(variants: list[VariantResult]) -> str:
    same = Share(
        sum(2 * variant.same for variant in variants),
        sum(variant.faces + variant.original_faces for variant in variants),
    )
    lines = [
        "",
        "## Other encodings of the same pictures",
        "",
        "Each sample is compared with the original's frame of the moment that the variant's time relation names.",
        "A face is the same when the boxes overlap with an IoU of at least 0.8.",
        f"Faces of either side that have their partner on the other: {_percent(same)}.",
        "",
        "| variant | what it varies | samples | faces | faces of the original | same | mean IoU |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {variant.file.removeprefix('variants/')} | {variant.varies} | {variant.samples} | {variant.faces} |"
            f" {variant.original_faces} | {variant.same} | {variant.mean_iou:.3f} |"
            for variant in variants
        ),
    ]
    return "\n".join(lines) + "\n"


def _bad_row(result: BadResult) -> str:
    return f"| {result.file} | {result.outcome} | {result.line} | {result.peak_mib} |\n"
