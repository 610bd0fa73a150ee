"""AWS JSON 1.1 as Rekognition speaks it: request shapes, their validation, and the bytes of answers. No HTTP."""
