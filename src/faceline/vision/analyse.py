"""Frames in, faces out: the whole of vision behind one class."""

from collections.abc import Sequence

import cv2
import numpy as np

from faceline.domain.face import Attributes, Face, Gaze, Pose, order_of_faces
from faceline.domain.job import FaceAttributes
from faceline.vision.attributes.appearance import AppearanceReader
from faceline.vision.attributes.converted import ConvertedReader
from faceline.vision.attributes.describe import describe
from faceline.vision.attributes.gaze import gazes
from faceline.vision.attributes.measures import measures
from faceline.vision.attributes.own import OwnReader
from faceline.vision.box import box_of, service_box
from faceline.vision.crops import cut
from faceline.vision.detect import Detector, MultiScaleDetector
from faceline.vision.geometry import Doubles, Pixels
from faceline.vision.landmarks import LandmarkModel, ratios
from faceline.vision.manifest import Manifest
from faceline.vision.mesh import POINTS, FaceMesh, Mesher, outermost
from faceline.vision.network import Network
from faceline.vision.numerics import logit, sigmoid
from faceline.vision.pose import PoseFitter
from faceline.vision.quality import quality_of
from faceline.vision.rows import BlazeRows, OwnRows
from faceline.vision.settings import AppearanceChoice, DetectorChoice, VisionSettings


class Analyser:
    """Finds and describes the faces of upright RGB frames.

    What is said about a frame depends on that frame alone: not on the frames beside it in a call, nor on how many
    there are. Networks are loaded once, on building it; one Analyser serves one thread.
    """

    def __init__(self, settings: VisionSettings | None = None) -> None:
        """Load the weights. Raises WeightsBroken, WeightsNotAdmitted or ProviderMissing."""
        settings = settings or VisionSettings()
        # OpenCV would start a thread per core; a slot is one core and its neighbours have theirs
        cv2.setNumThreads(1)
        manifest = Manifest.load(settings.weights, settings.profile)
        self._detector = _detector(manifest, settings)
        self._mesher = Mesher(Network(manifest.network("amesh"), settings.runtime), settings.mesh)
        self._poses = PoseFitter.load(manifest.array("canonical_face"))
        self._landmarks = LandmarkModel.load(manifest.array("service_shape"))
        self._reader = _reader(manifest, settings)
        self._verdict = settings.verdict

    def analyse(self, frames: Sequence[Pixels], attributes: FaceAttributes) -> list[tuple[Face, ...]]:
        """The faces of each frame, largest first (`order_of_faces`).

        frames       each (H, W, 3) uint8 RGB, upright; sizes may differ
        attributes   ALL fills `Face.gaze`, and `Face.attributes` where an appearance is read
        Raises       ValueError if a frame is not of that form.
        """
        for frame in frames:
            if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or not frame.size:
                raise ValueError(f"a frame must be (H, W, 3) uint8, not {frame.shape} {frame.dtype}")
        candidates = [self._detector.detect(frame) for frame in frames]
        meshes = self._mesher.meshes(frames, candidates)
        return [self._faces(frame, group, attributes) for frame, group in zip(frames, meshes, strict=True)]

    def _faces(self, frame: Pixels, meshes: Sequence[FaceMesh], attributes: FaceAttributes) -> tuple[Face, ...]:
        """The human faces among the meshes of one frame."""
        glance = self._reader.glance(_crops(frame, meshes, self._reader)) if self._reader else None
        human = glance.human if glance else np.array([mesh.flag for mesh in meshes])
        rows, scores = self._believed(meshes, human)
        meshes = [meshes[row] for row in rows]
        points = np.stack([mesh.points for mesh in meshes]) if meshes else np.zeros((0, POINTS, 3))
        landmarks = self._landmarks.landmarks(points)
        poses = self._poses.poses(points, self._landmarks.yaw_pitch(landmarks))
        directions: list[Gaze | None] = [None] * len(meshes)
        described: list[Attributes | None] = [None] * len(meshes)
        if attributes is FaceAttributes.ALL:
            directions = [*gazes(points, poses)]
            if self._reader and glance:
                values = measures(points)
                described = [*describe(self._reader.read(glance.only(rows), values))]
        faces = [
            _face(frame, *row) for row in zip(meshes, landmarks, scores, poses, directions, described, strict=True)
        ]
        return tuple(sorted(faces, key=order_of_faces))

    def _believed(self, meshes: Sequence[FaceMesh], human: Doubles) -> tuple[list[int], list[float]]:
        """Numbers of those meshes that are human faces, and the probability of each.

        human   (N,) chances of the meshes to be human faces by something else than the detector
        """
        verdict = self._verdict
        detected = logit(np.array([mesh.detection for mesh in meshes]))
        evidence = verdict.detector_weight * detected + verdict.human_weight * logit(human) + verdict.offset
        believed = [
            row for row in range(len(meshes)) if human[row] > verdict.human and evidence[row] > verdict.evidence
        ]
        rows = [believed[at] for at in outermost([meshes[row].bounds for row in believed], verdict.containment)]
        return rows, [float(score) for score in sigmoid(evidence[np.array(rows, np.int64)])]


def _crops(frame: Pixels, meshes: Sequence[FaceMesh], reader: AppearanceReader) -> Pixels:
    crops = np.zeros((len(meshes), reader.crop_side, reader.crop_side, 3), np.uint8)
    for row, mesh in enumerate(meshes):
        crops[row] = cut(frame, mesh.square(reader.crop_margin), reader.crop_side)
    return crops


def _face(
    frame: Pixels,
    mesh: FaceMesh,
    landmarks: Doubles,
    score: float,
    pose: Pose,
    gaze: Gaze | None,
    attributes: Attributes | None,
) -> Face:
    height, width = frame.shape[:2]
    pixels = service_box(mesh.bounds)
    return Face(
        box=box_of(pixels, width, height),
        score=score,
        landmarks=ratios(landmarks, width, height),
        pose=pose,
        quality=quality_of(frame, pixels),
        attributes=attributes,
        gaze=gaze,
    )


def _detector(manifest: Manifest, settings: VisionSettings) -> Detector:
    network = Network(manifest.network(settings.detector_network), settings.runtime)
    rows = OwnRows(network) if settings.detector_network is DetectorChoice.OWN else BlazeRows(network)
    return MultiScaleDetector(rows, settings.detector)


def _reader(manifest: Manifest, settings: VisionSettings) -> AppearanceReader | None:
    match settings.appearance:
        case AppearanceChoice.OWN:
            return OwnReader(manifest, settings.runtime)
        case AppearanceChoice.CONVERTED:
            return ConvertedReader(manifest, settings.runtime)
        case AppearanceChoice.NONE:
            return None
