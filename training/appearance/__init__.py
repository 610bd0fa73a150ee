"""The appearance network: pictures to crops, crops to targets, targets to weights."""
