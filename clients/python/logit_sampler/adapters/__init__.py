"""Adapters: one module for each model host, imported by name. The host itself is imported by its module alone."""
