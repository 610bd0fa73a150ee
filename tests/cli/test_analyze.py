"""`faceline analyze`: its documents, tables and summaries, and how it fails."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from faceline.cli.main import commands
from tests.api.judge import complaints
from tests.live.processes import PATIENCE_S
from tests.live.serving import clean_environment

# Without a server there is no job and no bucket to name.
NO_JOB = ["$.JobId is missing", "$.Video is missing"]


def analyze(*words: str | Path) -> Result:
    return CliRunner().invoke(commands, ["analyze", *map(str, words)])


def document(*words: str | Path) -> dict[str, Any]:
    """The only line of JSON that an analysis writes."""
    result = analyze("--json", "-", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    (line,) = result.stdout.splitlines()
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "faceline", "analyze", *map(str, words)]


def table(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0
    return list(csv.DictReader(io.StringIO(result.stdout, newline="")))


def times(answer: dict[str, Any]) -> list[int]:
    return [element["Timestamp"] for element in answer["Faces"]]


def test_a_video_gives_the_shape_of_get_face_detection(clip: Path) -> None:
    answer = document(clip)
    assert sorted(complaints(answer, "GetFaceDetectionResponse")) == NO_JOB
    assert (answer["JobStatus"], answer["VideoMetadata"]["DurationMillis"]) == ("SUCCEEDED", 3000)
    assert times(answer) == [0, 500, 1000, 1500]
    assert {len(element["Face"]) for element in answer["Faces"]} == {15}


def test_default_leaves_the_attributes_out(clip: Path) -> None:
    answer = document("--attributes", "DEFAULT", clip)
    assert {len(element["Face"]) for element in answer["Faces"]} == {5}
    assert {len(element["Face"]["Landmarks"]) for element in answer["Faces"]} == {5}


def test_extended_adds_what_the_service_leaves_out_of_videos(clip: Path) -> None:
    """B148."""
    plain, extended = document(clip), document("--extended", clip)
    added = [
        set(more["Face"]) - set(less["Face"]) for less, more in zip(plain["Faces"], extended["Faces"], strict=True)
    ]
    assert added == [{"FaceOccluded", "EyeDirection"}] * len(added)
    assert sorted(complaints(extended, "GetFaceDetectionResponse")) == NO_JOB


def test_a_picture_gives_the_shape_of_detect_faces(astronaut: Path) -> None:
    answer = document(astronaut)
    assert complaints(answer, "DetectFacesResponse") == []
    assert [len(face) for face in answer["FaceDetails"]] == [17]
    (plain,) = document("--attributes", "DEFAULT", astronaut)["FaceDetails"]
    assert len(plain) == 5


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("1", [0, 1000]),
        ("1/2", [0]),
        ("2.5", [0, 400, 800, 1200, 1600, 2800]),
        ("all", [*range(0, 1900, 100), *range(2600, 3000, 100)]),
    ],
)
def test_sample_rates(clip: Path, rate: str, expected: list[int]) -> None:
    assert times(document("--attributes", "DEFAULT", "--sample-rate", rate, clip)) == expected


def test_several_inputs_give_a_document_each_in_order(clip: Path, astronaut: Path, text: Path) -> None:
    missing = text.with_name("missing.mp4")
    inputs = [text, astronaut, missing, clip]
    result = analyze("--attributes", "DEFAULT", "--json", "-", *inputs)
    assert result.exit_code == 1
    broken, picture, absent, video = map(json.loads, result.stdout.splitlines())
    not_a_video = "The object is not a video that can be opened."
    assert broken == {"Error": {"File": str(text), "Code": "NOT_A_VIDEO", "Message": not_a_video}}
    assert absent["Error"]["File"] == str(missing)
    assert absent["Error"]["Message"] == "No such file or directory"
    assert set(picture) == {"FaceDetails"}
    assert len(video["Faces"]) == 4
    assert result.stderr.splitlines() == [
        f"faceline: {text}: {not_a_video}",
        f"faceline: {missing}: No such file or directory",
    ]


def test_documents_and_tables_go_to_files_at_once(clip: Path, tmp_path: Path) -> None:
    as_json, as_csv = tmp_path / "faces.json", tmp_path / "faces.csv"
    result = analyze("--json", as_json, "--csv", as_csv, clip)
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads(as_json.read_text()) == document(clip)
    assert as_csv.read_bytes().decode() == analyze("--csv", "-", clip).stdout_bytes.decode()


def test_the_table_has_one_row_per_face_and_one_column_per_value(clip: Path) -> None:
    rows, faces = table(analyze("--csv", "-", clip)), document(clip)["Faces"]
    assert list(rows[0])[:7] == ["time_s", "left", "top", "width", "height", "confidence", "roll_deg"]
    for row, element in zip(rows, faces, strict=True):
        face = element["Face"]
        assert row["time_s"] == f"{element['Timestamp'] / 1000:.3f}"
        assert row["file"] == clip.name
        expected = {
            **{name.lower(): face["BoundingBox"][name] for name in ("Left", "Top", "Width", "Height")},
            **{f"{name.lower()}_deg": face["Pose"][name] for name in ("Roll", "Yaw", "Pitch")},
            **{name.lower(): face["Quality"][name] for name in ("Brightness", "Sharpness")},
            **{emotion["Type"].lower(): emotion["Confidence"] for emotion in face["Emotions"]},
            **{f"{point['Type']}_{axis.lower()}": point[axis] for point in face["Landmarks"] for axis in "XY"},
            "confidence": face["Confidence"],
            "age_low": face["AgeRange"]["Low"],
            "age_high": face["AgeRange"]["High"],
            "mouth_open_confidence": face["MouthOpen"]["Confidence"],
        }
        assert {name: float(row[name]) for name in expected} == pytest.approx(expected, abs=1e-3)
        assert (row["gender"], row["emotion"]) == (face["Gender"]["Value"], face["Emotions"][0]["Type"])
        assert row["eyes_open"] == str(face["EyesOpen"]["Value"]).lower()


def test_the_table_of_default_has_no_columns_of_attributes(clip: Path) -> None:
    rows = table(analyze("--csv", "-", "--attributes", "DEFAULT", clip))
    assert len(rows) == 4
    assert not {"gender", "age_low", "emotion", "smile", "face_occluded"} & set(rows[0])
    assert {"left", "chinBottom_x", "file"} <= set(rows[0])


def test_a_picture_has_no_time_in_the_table(astronaut: Path) -> None:
    (row,) = table(analyze("--csv", "-", astronaut))
    assert (row["time_s"], row["file"], row["face_occluded"]) == ("", "astronaut.jpg", "false")


def test_without_an_output_a_summary_is_printed(clip: Path, astronaut: Path) -> None:
    result = analyze(clip, astronaut)
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0].startswith("clip.mp4: h264 in QuickTime / MOV, 480 x 270 px, 10.00 frames/s, 3.00 s; 4 faces in 6 ")
    assert lines[1].startswith("      0.00 -     1.50 s  1 face: ")
    assert lines[2] == "      2.00 -     2.50 s  no face"
    assert lines[3] == "astronaut.jpg: picture, 512 x 512 px, 1 face"
    assert "years" in lines[4]


LEFT_OUT = (
    "faceline: weights profile permissive: AgeRange, Smile, Eyeglasses, Sunglasses, Gender, Beard, Mustache, EyesOpen, "
    "MouthOpen, Emotions, FaceOccluded are left out, as the weights that tell them were trained on pictures published "
    "for research\n"
)


def test_what_the_permissive_profile_cannot_tell_is_absent_and_said_once(clip: Path, astronaut: Path) -> None:
    result = analyze("--weights-profile", "permissive", "--extended", "--json", "-", clip, astronaut)
    assert (result.exit_code, result.stderr) == (0, LEFT_OUT)
    video, picture = map(json.loads, result.stdout.splitlines())
    members = {"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence", "EyeDirection"}
    assert [set(element["Face"]) for element in video["Faces"]] == [members] * 4
    assert [set(face) for face in picture["FaceDetails"]] == [members]
    assert sorted(complaints(video, "GetFaceDetectionResponse")) == NO_JOB
    assert complaints(picture, "DetectFacesResponse") == []


def test_the_table_of_the_permissive_profile_has_empty_cells(astronaut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The columns are those of any other table; the variable chooses as the option does."""
    (full,) = table(analyze("--csv", "-", astronaut))
    monkeypatch.setenv("FACELINE_WEIGHTS_PROFILE", "permissive")
    (row,) = table(analyze("--csv", "-", astronaut))
    assert list(row) == list(full)
    empty = {name for name, value in row.items() if value == ""} - {"time_s", "track"}
    assert {"age_low", "gender", "smile_confidence", "emotion", "happy", "face_occluded"} <= empty
    assert {name for name in row if name.startswith(("eye_", "chin", "yaw"))}.isdisjoint(empty)
    assert len(empty) == 29
    summary = analyze(astronaut)
    assert summary.stdout.splitlines()[1].endswith(" % of the picture, frontal")


def test_default_misses_nothing_under_the_permissive_profile(astronaut: Path) -> None:
    result = analyze("--weights-profile", "permissive", "--attributes", "DEFAULT", "--json", "-", astronaut)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--sample-rate", "0", "x.mp4"],
        ["--sample-rate", "often", "x.mp4"],
        ["--sample-rate", "1/0", "x.mp4"],
        ["--sample-rate", "nan", "x.mp4"],
        ["--sample-rate", "1001", "x.mp4"],
        ["--attributes", "SOME", "x.mp4"],
        ["--weights-profile", "free", "x.mp4"],
        ["--json", "-", "--csv", "-", "x.mp4"],
        ["--json", "out", "--csv", "out", "x.mp4"],
        ["--unknown", "x.mp4"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_code_2(words: Sequence[str]) -> None:
    result = analyze(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: ")


def test_an_input_is_never_overwritten(clip: Path, tmp_path: Path) -> None:
    link, before = tmp_path / "link.json", clip.read_bytes()
    link.symlink_to(clip)
    for option in ("--json", "--csv"):
        assert analyze(option, link, clip).exit_code == 2
    assert clip.read_bytes() == before


def test_an_output_that_cannot_be_written_is_code_1(clip: Path, tmp_path: Path) -> None:
    result = analyze("--json", tmp_path / "none" / "faces.json", clip)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: cannot write {tmp_path}/none/faces.json: No such file or directory\n"


def test_piped_it_is_silent_but_for_its_answer(clip: Path) -> None:
    words = command("--attributes", "DEFAULT", "--json", "-", clip)
    done = subprocess.run(words, check=True, capture_output=True, env=clean_environment(), timeout=PATIENCE_S)
    assert done.stderr == b""
    assert json.loads(done.stdout)["JobStatus"] == "SUCCEEDED"


def test_a_reader_that_goes_away_is_no_error(clip: Path) -> None:
    """As `faceline analyze ... | head -c 1` does; every frame, so that the answer is larger than a pipe."""
    words = command("--sample-rate", "all", "--csv", "-", clip, clip, clip, clip)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1) == b"t"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE_S) == 1


def test_on_a_terminal_a_bar_shows_how_far_it_is(clip: Path) -> None:
    """With the file's name, and gone at the end; what is piped meanwhile stays clean."""
    mine, theirs = pty.openpty()
    words = command("--sample-rate", "all", "--json", "-", clip)
    environment = clean_environment(TERM="xterm-256color", COLUMNS="120")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        answer, _ = process.communicate(timeout=PATIENCE_S)
    shown = _all_of(mine)
    assert json.loads(answer)["JobStatus"] == "SUCCEEDED"
    assert b"clip.mp4" in shown
    assert b"%" in shown
    assert shown.endswith((b"\x1b[2K", b"\x1b[?25h", b"\r"))


def _all_of(descriptor: int) -> bytes:
    """What a terminal has been sent; it answers EIO once nobody holds its other side."""
    parts = []
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(65536):
                parts.append(part)
        except OSError:
            pass
    return b"".join(parts)
