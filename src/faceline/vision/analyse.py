"""Frames in, faces out: the whole of vision behind one class."""

from collections.abc import Sequence

import cv2
import numpy as np

from faceline.domain.face import Face, order_of_faces
from faceline.domain.job import FaceAttributes
from faceline.vision.box import box_of, service_box
from faceline.vision.detect import BlazeDetector, Detector
from faceline.vision.geometry import Pixels
from faceline.vision.landmarks import landmarks_of
from faceline.vision.manifest import Manifest
from faceline.vision.mesh import FaceMesh, Mesher
from faceline.vision.network import Network
from faceline.vision.pose import PoseFitter
from faceline.vision.quality import quality_of
from faceline.vision.settings import VisionSettings


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
        return [self._faces(frame, group) for frame, group in zip(frames, meshes, strict=True)]

    def _faces(self, frame: Pixels, meshes: Sequence[FaceMesh]) -> tuple[Face, ...]:
        if not meshes:
            return ()
        height, width = frame.shape[:2]
        poses = self._poses.poses(np.stack([mesh.points for mesh in meshes]))
        faces = []
        for mesh, pose in zip(meshes, poses, strict=True):
            pixels = service_box(mesh.bounds)
            faces.append(
                Face(
                    box=box_of(pixels, width, height),
                    score=mesh.flag,
                    landmarks=landmarks_of(mesh.points, width, height),
                    pose=pose,
                    quality=quality_of(frame, pixels),
                )
            )
        return tuple(sorted(faces, key=order_of_faces))


def _detector(manifest: Manifest, settings: VisionSettings) -> Detector:
    network = Network(manifest.network(settings.detector_network), settings.runtime)
    return BlazeDetector(network, settings.detector)
