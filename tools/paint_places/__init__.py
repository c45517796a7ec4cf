"""The painter of the built-in places: boxes, cards and planes in linear light, seen through a lens."""
