"""Repositories that mean harm, one file a kind of it."""
