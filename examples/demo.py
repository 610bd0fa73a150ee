"""The main job on this machine: make a sample video, start the server, ask it as a user of AWS would, stop it.

Writes demo-out/faces.json (every face with every attribute) and demo-out/faces.jpg (a strip of annotated frames).
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples import sample_video
from examples.strip import draw_strip

OUT = Path("demo-out")
BUCKET = "videos"
READY_SECONDS = 60


@contextmanager
def server(state: Path, buckets: Path) -> Iterator[str]:
    """Run the whole service; gives its address, stops it at the end."""
    command = [sys.executable, "-m", "faceline", "serve", "--port", "0", "--log-level", "warning"]
    command += ["--data", str(state), "--buckets", str(buckets)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if "http://" not in line:
                sys.exit("demo: the server did not start")
            yield line[line.index("http://") :].strip()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def ask(address: str, key: str) -> None:
    """Run the example script unmodified; only its environment says where the service is."""
    environment = os.environ | {
        "AWS_ENDPOINT_URL_REKOGNITION": address,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }
    script = Path(__file__).with_name("faces_in_video.py")
    arguments = [BUCKET, key, "--json", str(OUT / "faces.json")]
    subprocess.run([sys.executable, str(script), *arguments], env=environment, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, help="a video of your own instead of the sample")
    video: Path | None = parser.parse_args().video
    if video is not None and not video.is_file():
        sys.exit(f"demo: there is no file {video}")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bucket = Path(folder, "buckets", BUCKET)
        bucket.mkdir(parents=True)
        copy = bucket / (video.name if video else "astronaut.mp4")
        if video is None:
            sample_video.render(copy)
        else:
            shutil.copyfile(video, copy)
        with server(Path(folder, "state"), bucket.parent) as address:
            print(f"server at {address}", flush=True)
            ask(address, copy.name)
        draw_strip(copy, json.loads((OUT / "faces.json").read_text()), OUT / "faces.jpg")
    print(f"wrote {OUT / 'faces.json'} and {OUT / 'faces.jpg'}")


if __name__ == "__main__":
    main()
