"""Face detection for stored video with the API of Amazon Rekognition, on your own machine."""
