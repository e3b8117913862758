"""A second node, rehearsed on this machine: another user, home, name and network, and a trace."""
