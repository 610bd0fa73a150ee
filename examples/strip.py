"""Draw an answer of GetFaceDetection onto the frames that it speaks of."""

from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageDraw, ImageFont

FRAME_WIDTH = 640
FRAMES = 8
COLUMNS = 2
BOX_COLOUR, POINT_COLOUR, TEXT_COLOUR = (80, 255, 120), (255, 210, 60), (255, 255, 255)


def frames_at(path: Path, timestamps_ms: list[int]) -> dict[int, Image.Image]:
    """The upright frames whose time, cut to a millisecond, is wanted."""
    wanted = set(timestamps_ms)
    found: dict[int, Image.Image] = {}
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            time_ms = int(frame.pts * frame.time_base * 1000) if frame.pts is not None and frame.time_base else -1
            if time_ms in wanted:
                found[time_ms] = frame.to_image().rotate(frame.rotation, expand=True)
    return found


def annotate(image: Image.Image, timestamp_ms: int, faces: list[dict[str, Any]]) -> Image.Image:
    """One frame, reduced, with its boxes, points and a line of words for every face."""
    scaled = image.resize((FRAME_WIDTH, round(image.height * FRAME_WIDTH / image.width)))
    draw = ImageDraw.Draw(scaled)
    font = ImageFont.load_default(size=13)
    width, height = scaled.size
    for face in faces:
        box = face["BoundingBox"]
        left, top = box["Left"] * width, box["Top"] * height
        right, bottom = left + box["Width"] * width, top + box["Height"] * height
        draw.rectangle((left, top, right, bottom), outline=BOX_COLOUR, width=2)
        for point in face["Landmarks"]:
            x, y = point["X"] * width, point["Y"] * height
            draw.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=POINT_COLOUR)
        words = _words(face)
        text_box = draw.textbbox((left, bottom + 3), words, font=font)
        draw.rectangle(text_box, fill=(0, 0, 0))
        draw.text((left, bottom + 3), words, fill=TEXT_COLOUR, font=font)
    draw.text(
        (8, 6), f"{timestamp_ms / 1000:.2f} s", fill=TEXT_COLOUR, font=font, stroke_width=2, stroke_fill=(0, 0, 0)
    )
    return scaled


def _words(face: dict[str, Any]) -> str:
    """What a face looks like; where a server does not tell it, how sure it is of the face."""
    if "AgeRange" not in face:
        return f"face, {face['Confidence']:.1f} %"
    age = face["AgeRange"]
    return f"{face['Gender']['Value']} {age['Low']}-{age['High']} {face['Emotions'][0]['Type']}"


def draw_strip(video: Path, answer: dict[str, Any], out: Path) -> None:
    """Write a sheet of up to eight annotated frames, evenly drawn from the times at which there are faces."""
    times = sorted({element["Timestamp"] for element in answer["Faces"]})
    chosen = [times[index * len(times) // FRAMES] for index in range(FRAMES)] if len(times) > FRAMES else times
    frames = frames_at(video, chosen)
    pictures = [
        annotate(frames[time], time, [element["Face"] for element in answer["Faces"] if element["Timestamp"] == time])
        for time in chosen
        if time in frames
    ]
    if not pictures:
        pictures = [Image.new("RGB", (FRAME_WIDTH, 40), (30, 30, 30))]
    rows = -(-len(pictures) // COLUMNS)
    height = pictures[0].height
    sheet = Image.new("RGB", (FRAME_WIDTH * min(COLUMNS, len(pictures)), height * rows))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, ((number % COLUMNS) * FRAME_WIDTH, (number // COLUMNS) * height))
    sheet.save(out, quality=88)
