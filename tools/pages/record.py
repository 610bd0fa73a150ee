"""Puts the output of the demo and of the commands into the pages that show it, and the demo's picture beside it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from PIL import Image

from examples import demo, faces_in_video, sample_video
from tools.pages.catalogue import ROOT
from tools.pages.places import filled

PICTURE = ROOT / "docs" / "images" / "faces.jpg"
PICTURE_WIDTH = 960
CSV_LETTERS = 110
LARGEST_PICTURE_BYTES = 200_000
_FOLDER = "FOLDER"


def record() -> None:
    """Run everything and write README.md, the pages and the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = folder / "astronaut.mp4"
        sample_video.render(video)
        shutil.copy(ROOT / "examples" / "astronaut.jpg", folder / "portrait.jpg")
        outputs = {"demo": _demo(folder)} | _analyses(folder) | _jobs(folder)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        page.write_text(filled(page.read_text(encoding="utf-8"), outputs), encoding="utf-8")


def _demo(folder: Path) -> str:
    output = _run("-m", "examples.demo", folder=folder)
    with Image.open(folder / demo.OUT / "faces.jpg") as sheet:
        height = round(sheet.height * PICTURE_WIDTH / sheet.width)
        PICTURE.parent.mkdir(exist_ok=True)
        sheet.resize((PICTURE_WIDTH, height), Image.Resampling.LANCZOS).save(PICTURE, quality=80, optimize=True)
    if PICTURE.stat().st_size > LARGEST_PICTURE_BYTES:
        sys.exit(f"{PICTURE} has {PICTURE.stat().st_size} bytes, more than {LARGEST_PICTURE_BYTES}")
    return "\n".join(line for line in output.splitlines() if not line.startswith("server at"))


def _analyses(folder: Path) -> dict[str, str]:
    one_sample = ("--attributes", "DEFAULT", "--sample-rate", "1/10", "--json", "-")
    document = _faceline(folder, "analyze", "astronaut.mp4", *one_sample)
    table = _faceline(folder, "analyze", "astronaut.mp4", "--attributes", "DEFAULT", "--csv", "-")
    return {
        "analyze-video": _faceline(folder, "analyze", "astronaut.mp4"),
        "analyze-picture": _faceline(folder, "analyze", "portrait.jpg"),
        "analyze-json": _run("-m", "json.tool", "--indent", "1", folder=folder, text=document),
        "analyze-csv": "\n".join(f"{line[:CSV_LETTERS]}..." for line in table.splitlines()[:3]),
    }


def _jobs(folder: Path) -> dict[str, str]:
    """What the operator sees of a job that succeeded and of one that failed."""
    bucket = folder / "buckets" / demo.BUCKET
    bucket.mkdir(parents=True)
    shutil.move(folder / "astronaut.mp4", bucket)
    (bucket / "letter.mp4").write_text("Dear reader, this is no video.\n")
    state = folder / "state"
    with demo.server(state, bucket.parent) as address:
        rekognition = boto3.client(
            "rekognition",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",  # noqa: S106 - the server checks no signature without a credentials file
        )
        faces_in_video.wait(rekognition, faces_in_video.start(rekognition, demo.BUCKET, "astronaut.mp4"))
        letter = faces_in_video.start(rekognition, demo.BUCKET, "letter.mp4")
        try:
            faces_in_video.wait(rekognition, letter)
        except RuntimeError as failure:
            print(f"letter.mp4, as it should: {failure}")
    return {
        "jobs-list": _faceline(folder, "jobs", "list", "--data", str(state)),
        "jobs-show": _faceline(folder, "jobs", "show", letter[:12], "--data", str(state)),
    }


def _faceline(folder: Path, *arguments: str) -> str:
    return _run("-m", "faceline", *arguments, folder=folder)


def _run(*arguments: str, folder: Path, text: str = "") -> str:
    """Standard output of a Python program that runs in `folder`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.replace(str(folder), _FOLDER)
