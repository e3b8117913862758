"""Finds host-bound debt in a TypeScript monorepo, rewrites it behind ports, proves none is left."""

__version__ = "0.1.0"
