"""Stand-ins for host tools that this machine lacks."""
