"""U-GAT-IT: rendered person to photographed person, labels kept."""
