"""The colours of drawings and charts, as matplotlib and the page's CSS write them."""

INK, RULE, GREY, PALE = "#1f2530", "#d6d2c8", "#8a8f98", "#f4f5f7"
TEAL, ORANGE, VIOLET = "#0f8b99", "#d9731a", "#8c50be"
SERIES = (TEAL, ORANGE, VIOLET, "#5c7f2b", "#b5405c", "#3f6fb5", "#9a7b1e", GREY)
# many usual people behind few rare ones
USUAL, RARE = "#9dbccf", "#d1495b"


def rgb(colour: str) -> tuple[int, int, int]:
    """`#rrggbb` as 0..255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
