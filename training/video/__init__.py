"""Videos in and out: reading, writing, and people drawn into them."""
