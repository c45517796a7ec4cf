"""What the import contracts do not see: circles through imports that stand inside functions."""

from __future__ import annotations

import networkx

from pipeline.sources import CODE_ROOT, FIRST_PARTY, CodeCache, module_path


def test_no_module_imports_itself_over_others() -> None:
    graph, cache = networkx.DiGraph(), CodeCache()
    for path in (p for package in FIRST_PARTY for p in (CODE_ROOT / package).rglob("*.py")):
        parts = path.relative_to(CODE_ROOT).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        graph.add_edges_from((module, other) for other in cache.source(module, path)["imports"] if module_path(other))
    circles = {frozenset(c) for c in networkx.strongly_connected_components(graph) if len(c) > 1}
    assert not circles
