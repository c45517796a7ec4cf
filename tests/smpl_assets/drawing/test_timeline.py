from smpl_assets.drawing.timeline import Line, Span, spans, timeline_svg
from smpl_assets.drawing.track_colours import track_colour


def test_runs_of_equal_tracks():
    assert spans([0, 0, None, 0, 3, 3]) == (Span(0, 1, 0), Span(3, 3, 0), Span(4, 5, 3))
    assert spans([]) == spans([None]) == ()


def test_a_swap_is_a_change_of_colour_within_a_line():
    svg = timeline_svg([Line("person <1>", spans([0, 0, 4, 4]), (Span(0, 3, 0),)), Line("person 2", spans([4, 4, 0, 0]))], 4)
    first = svg.split("person 2")[0]
    assert track_colour(0) in first
    assert track_colour(4) in first
    assert "track 4, 2 to 3" in first
    assert "<1>" not in svg
