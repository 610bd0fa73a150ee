"""How the service sees geometry, fitted on its recorded answers: landmarks, box, pose, quality, gaze."""
