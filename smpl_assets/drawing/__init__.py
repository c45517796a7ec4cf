"""How every picture of the project looks: colours, poses, bodies, sheets, charts."""
