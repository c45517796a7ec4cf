"""The augmented set: real, rendered and translated people as one COCO data set with provenance and loss weights."""
