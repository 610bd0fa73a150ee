"""Frames in, faces out: the whole of vision behind one class."""

from collections.abc import Sequence

import cv2
import numpy as np

from faceline.domain.face import Attributes, Face, Pose, order_of_faces
from faceline.domain.job import FaceAttributes
from faceline.vision.attributes.appearance import AppearanceReader, Glance
from faceline.vision.attributes.converted import ConvertedReader
from faceline.vision.attributes.describe import describe
from faceline.vision.attributes.measures import measures
from faceline.vision.attributes.own import OwnReader
from faceline.vision.box import box_of, service_box
from faceline.vision.crops import cut
from faceline.vision.detect import BlazeRows, Detector, MultiScaleDetector, OwnRows
from faceline.vision.geometry import Pixels
from faceline.vision.landmarks import landmarks_of
from faceline.vision.manifest import Manifest
from faceline.vision.mesh import POINTS, FaceMesh, Mesher, outermost
from faceline.vision.network import Network
from faceline.vision.numerics import logit, sigmoid
from faceline.vision.pose import PoseFitter
from faceline.vision.quality import quality_of
from faceline.vision.settings import AppearanceChoice, DetectorChoice, VisionSettings


class Analyser:
    """Finds and describes the faces of upright RGB frames.

    What is said about a frame depends on that frame alone: not on the frames beside it in a call, nor on how many
    there are. Networks are loaded once, on building it; one Analyser serves one thread.
    """

    def __init__(self, settings: VisionSettings | None = None) -> None:
        """Load the weights. Raises WeightsBroken or ProviderMissing."""
        settings = settings or VisionSettings()
        # OpenCV would start a thread per core; a slot is one core and its neighbours have theirs
        cv2.setNumThreads(1)
        manifest = Manifest.load(settings.weights)
        self._detector = _detector(manifest, settings)
        self._mesher = Mesher(Network(manifest.network("amesh"), settings.runtime), settings.mesh)
        self._poses = PoseFitter.load(manifest.array("canonical_face"))
        self._reader = _reader(manifest, settings)
        self._verdict = settings.verdict

    def analyse(self, frames: Sequence[Pixels], attributes: FaceAttributes) -> list[tuple[Face, ...]]:
        """The faces of each frame, largest first (`order_of_faces`).

        frames       each (H, W, 3) uint8 RGB, upright; sizes may differ
        attributes   ALL fills `Face.attributes`
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
        meshes, scores, glance = self._humans(frame, meshes)
        points = np.stack([mesh.points for mesh in meshes]) if meshes else np.zeros((0, POINTS, 3))
        poses = self._poses.poses(points)
        described: list[Attributes | None] = [None] * len(meshes)
        if attributes is FaceAttributes.ALL:
            values = measures(points)
            batch = self._reader.read(glance, values)
            described = [*describe(batch, values, points, poses)]
        faces = [_face(frame, *row) for row in zip(meshes, scores, poses, described, strict=True)]
        return tuple(sorted(faces, key=order_of_faces))

    def _humans(self, frame: Pixels, meshes: Sequence[FaceMesh]) -> tuple[list[FaceMesh], list[float], Glance]:
        """Those meshes that are human faces, the probability of each, and what the reader has seen of them."""
        verdict = self._verdict
        glance = self._reader.glance(self._crops(frame, meshes))
        evidence = logit(np.array([mesh.detection for mesh in meshes])) + logit(glance.human)
        believed = [
            row for row in range(len(meshes)) if glance.human[row] > verdict.human and evidence[row] > verdict.evidence
        ]
        rows = [believed[at] for at in outermost([meshes[row].bounds for row in believed], verdict.containment)]
        scores = sigmoid(evidence[np.array(rows, np.int64)])
        return [meshes[row] for row in rows], [float(score) for score in scores], glance.only(rows)

    def _crops(self, frame: Pixels, meshes: Sequence[FaceMesh]) -> Pixels:
        side = self._reader.crop_side
        crops = np.zeros((len(meshes), side, side, 3), np.uint8)
        for row, mesh in enumerate(meshes):
            crops[row] = cut(frame, mesh.square(self._reader.crop_margin), side)
        return crops


def _face(frame: Pixels, mesh: FaceMesh, score: float, pose: Pose, attributes: Attributes | None) -> Face:
    height, width = frame.shape[:2]
    pixels = service_box(mesh.bounds)
    return Face(
        box=box_of(pixels, width, height),
        score=score,
        landmarks=landmarks_of(mesh.points, width, height),
        pose=pose,
        quality=quality_of(frame, pixels),
        attributes=attributes,
    )


def _detector(manifest: Manifest, settings: VisionSettings) -> Detector:
    network = Network(manifest.network(settings.detector_network), settings.runtime)
    rows = OwnRows(network) if settings.detector_network is DetectorChoice.OWN else BlazeRows(network)
    return MultiScaleDetector(rows, settings.detector)


def _reader(manifest: Manifest, settings: VisionSettings) -> AppearanceReader:
    if settings.appearance is AppearanceChoice.OWN:
        return OwnReader(manifest, settings.runtime)
    return ConvertedReader(manifest, settings.runtime)
