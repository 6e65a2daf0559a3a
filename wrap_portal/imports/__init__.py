"""Imports in two steps: staged and previewed, then applied in one transaction or not at all."""
