"""What networks are fed in training: images, augmentation, batches."""
