"""Attacks by kind: what a hostile or unusual repository must not achieve."""
