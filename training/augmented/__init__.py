"""The augmented set: real, rendered, translated and drawn people as one COCO data set with provenance and loss weights."""
