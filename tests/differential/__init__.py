"""Runs code before and after a migration against one fake launchctl, and compares."""
