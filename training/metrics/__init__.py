"""PCK, PCKh, OKS-AP and their breakdown by rarity."""
